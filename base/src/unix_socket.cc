// SPDX-License-Identifier: Apache-2.0
#include "base/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/format.h"

namespace pathwise {

namespace {

// 0: some process accepts connections there; otherwise why none could be made.
int connect_error(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = connected || errno == EAGAIN ? 0 : errno;  // EAGAIN: it lives, with a full queue
  ::close(fd);
  return error;
}

}  // namespace

Result<void> check_unix_socket(const std::string& path, std::string_view program) {
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "socket: the path is empty");
  if (path.size() >= sizeof sockaddr_un{}.sun_path) {
    return fail(ErrorCode::kInvalidArgument,
                "socket {}: the path is longer than the {} characters that a socket may have", path,
                sizeof sockaddr_un{}.sun_path - 1);
  }
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return fail_errno(formatted("socket {}", path), error.value());
  const std::string directory = absolute.parent_path().string();
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return fail_errno(formatted("socket {}: directory {}", path, directory), errno);
  }
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return fail(ErrorCode::kAlreadyExists, "socket {}: there is a file of that name that is no socket", path);
  }
  const int problem = connect_error(path);
  if (problem == ENOENT || problem == ECONNREFUSED) return {};  // free, or left by a dead process
  if (problem != 0) return fail_errno(formatted("socket {}", path), problem);
  return fail(ErrorCode::kAlreadyExists, "socket {}: another {} answers on it", path, program);
}

}  // namespace pathwise
