// SPDX-License-Identifier: Apache-2.0
#include "control_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/unix_socket.h"

namespace pathwise::wan {
namespace {

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::kInvalidArgument, "socket path {} is too long", path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

Result<ControlSocket> ControlSocket::listen(const std::string& path) {
  if (auto good = check_unix_socket(path, "pathwise-wan"); !good) return std::unexpected(good.error());
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  lab::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return fail_errno("unix socket", errno);
  ::unlink(path.c_str());
  if (::bind(socket.get(), generic(*address), sizeof *address) != 0) return fail_errno(path, errno);
  if (::listen(socket.get(), static_cast<int>(kClientsMax)) != 0) return fail_errno(path, errno);
  return ControlSocket(std::move(socket));
}

int ControlSocket::accept() {
  lab::Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.valid() || clients_.size() >= kClientsMax) return -1;
  const int fd = socket.get();
  clients_[fd].socket = std::move(socket);
  return fd;
}

void ControlSocket::serve(int client, const std::function<std::string(std::string_view)>& answer) {
  std::string& pending = clients_[client].pending;
  std::array<char, 4096> buffer{};
  const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
  const bool nothing_yet = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (nothing_yet) return;
  bool keep = got > 0;
  if (keep) pending.append(buffer.data(), static_cast<std::size_t>(got));
  for (std::size_t end = pending.find('\n'); keep && end != std::string::npos; end = pending.find('\n')) {
    const std::string reply = answer(std::string_view(pending).substr(0, end)) + "\n";
    keep = ::send(client, reply.data(), reply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(reply.size());
    pending.erase(0, end + 1);
  }
  if (!keep || pending.size() > kLineMax) clients_.erase(client);
}

Result<std::string> ask(const std::string& path, const std::string& line) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  const lab::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return fail_errno("unix socket", errno);
  const timeval limit{5, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(socket.get(), generic(*address), sizeof *address) != 0) {
    return fail(ErrorCode::kUnavailable, "{}: {}", path, std::strerror(errno));
  }
  const std::string message = line + "\n";
  if (::send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(message.size())) {
    return fail_errno(path, errno);
  }
  std::string reply;
  std::array<char, 4096> buffer{};
  while (!reply.ends_with('\n')) {
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return fail(ErrorCode::kDeadlineExceeded, "{}: no answer", path);
    reply.append(buffer.data(), static_cast<std::size_t>(got));
  }
  reply.pop_back();
  return reply;
}

}  // namespace pathwise::wan
