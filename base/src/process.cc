// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace pathwise {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  // close(2) reports writes that failed late (NFS, quota).
  [[nodiscard]] int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(path, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> fill(Descriptor& file, const std::string& path, std::string_view text, unsigned mode) {
  if (auto written = write_all(file.get(), text, path); !written) return written;
  if (::fchmod(file.get(), mode) != 0) return fail_errno(path, errno);
  if (::fsync(file.get()) != 0) return fail_errno(path, errno);
  if (file.close() != 0) return fail_errno(path, errno);
  return {};
}

Result<void> sync_directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) return fail_errno(directory, errno);
  // Some file systems cannot sync a directory (EINVAL); the rename itself is done.
  if (::fsync(opened.get()) != 0 && errno != EINVAL) return fail_errno(directory, errno);
  return {};
}

}  // namespace

Result<void> write_file_atomically(const std::string& path, std::string_view text, unsigned mode) {
  std::string temporary = path + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return fail_errno(path, errno);
  auto done = fill(file, path, text, mode);
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = fail_errno(path, errno);
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return sync_directory_of(path);
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return fail(ErrorCode::kNotFound, "{}: no such file", path);
    return fail_errno(path, errno);
  }
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(path, errno);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > max_bytes) {
      return fail(ErrorCode::kResourceExhausted, "{}: larger than {} bytes", path, max_bytes);
    }
  }
}

}  // namespace pathwise
