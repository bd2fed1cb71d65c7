// SPDX-License-Identifier: Apache-2.0
#include "router/forward/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace pathwise::router::forward {

namespace {

constexpr std::size_t kMaxPieces = 64;         // of one sendmsg
constexpr std::size_t kTlsRecord = 16 * 1024;  // small pieces are joined to one record

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

ByteStream::ByteStream(net::TcpSocket socket) : stream_(std::move(socket)) {
  boost::system::error_code ignored;
  std::get<net::TcpSocket>(stream_).non_blocking(true, ignored);
}

ByteStream::ByteStream(net::TlsStream session) : stream_(std::move(session)) {}

net::TcpSocket& ByteStream::socket() {
  if (auto* tls = std::get_if<net::TlsStream>(&stream_)) return tls->socket();
  return std::get<net::TcpSocket>(stream_);
}

net::Awaitable<Result<std::size_t>> ByteStream::read_some(std::span<char> buffer) {
  if (auto* tls = std::get_if<net::TlsStream>(&stream_)) return tls->read_some(buffer);
  return read_plain(std::get<net::TcpSocket>(stream_), buffer);
}

net::Awaitable<Result<void>> ByteStream::write(std::span<const iovec> pieces) {
  if (auto* tls = std::get_if<net::TlsStream>(&stream_)) return write_tls(*tls, pieces);
  return write_plain(std::get<net::TcpSocket>(stream_), pieces);
}

net::Awaitable<Result<void>> ByteStream::write(std::string_view text) {
  const iovec piece{const_cast<char*>(text.data()), text.size()};  // iovec has no const
  co_return co_await write(std::span(&piece, 1));
}

net::Awaitable<Result<std::size_t>> ByteStream::read_plain(net::TcpSocket& socket, std::span<char> buffer) {
  while (socket.is_open()) {
    const ssize_t count = ::recv(socket.native_handle(), buffer.data(), buffer.size(), 0);
    if (count >= 0) co_return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (!would_block(errno)) co_return fail(ErrorCode::kUnavailable, "read: {}", std::strerror(errno));
    const auto [error] = co_await socket.async_wait(net::TcpSocket::wait_read, net::use_tuple);
    if (error) co_return fail(ErrorCode::kUnavailable, "read: {}", error.message());
  }
  co_return fail(ErrorCode::kUnavailable, "read: closed");
}

net::Awaitable<Result<void>> ByteStream::write_plain(net::TcpSocket& socket, std::span<const iovec> pieces) {
  std::array<iovec, kMaxPieces> window;
  std::size_t skip = 0;  // bytes of pieces[0] that are written
  while (!pieces.empty()) {
    if (!socket.is_open()) co_return fail(ErrorCode::kUnavailable, "write: closed");
    const std::size_t count = std::min(pieces.size(), window.size());
    std::copy_n(pieces.begin(), count, window.begin());
    window[0].iov_base = static_cast<char*>(window[0].iov_base) + skip;
    window[0].iov_len -= skip;
    msghdr message{};
    message.msg_iov = window.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket.native_handle(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (!would_block(errno)) co_return fail(ErrorCode::kUnavailable, "write: {}", std::strerror(errno));
      const auto [error] = co_await socket.async_wait(net::TcpSocket::wait_write, net::use_tuple);
      if (error) co_return fail(ErrorCode::kUnavailable, "write: {}", error.message());
      continue;
    }
    skip += static_cast<std::size_t>(sent);
    while (!pieces.empty() && skip >= pieces.front().iov_len) {
      skip -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
  }
  co_return Result<void>{};
}

net::Awaitable<Result<void>> ByteStream::write_tls(net::TlsStream& tls, std::span<const iovec> pieces) {
  std::string joined;
  for (const iovec& piece : pieces) {
    const std::string_view bytes(static_cast<const char*>(piece.iov_base), piece.iov_len);
    const std::size_t room = kTlsRecord - joined.size();
    joined.append(bytes.substr(0, room));
    if (joined.size() < kTlsRecord) continue;
    if (auto written = co_await tls.write(joined); !written) co_return written;
    joined.clear();
    if (bytes.size() <= room) continue;
    if (auto written = co_await tls.write(std::span(bytes.substr(room))); !written) co_return written;
  }
  if (joined.empty()) co_return Result<void>{};
  co_return co_await tls.write(joined);
}

void ByteStream::close() noexcept {
  if (auto* tls = std::get_if<net::TlsStream>(&stream_)) {
    tls->close();
    return;
  }
  boost::system::error_code ignored;
  std::get<net::TcpSocket>(stream_).close(ignored);
}

void ByteStream::stop_waiting() noexcept {
  boost::system::error_code ignored;
  socket().cancel(ignored);
}

bool ByteStream::is_open() const {
  return const_cast<ByteStream*>(this)->socket().is_open();  // TlsStream::socket() has no const form
}

bool ByteStream::peer_gone() const {
  auto& socket = const_cast<ByteStream*>(this)->socket();
  if (!socket.is_open()) return true;
  pollfd entry{.fd = socket.native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

}  // namespace pathwise::router::forward
