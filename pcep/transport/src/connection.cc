// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/write.hpp>
#include <exception>

#include "base/log.h"

namespace pathwise::pcep {

void log_escaped(std::exception_ptr error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& bug) {
    log::error("pcep", "bug: exception out of a connection", {{"what", bug.what()}});
  }
}

net::Awaitable<Result<std::size_t>> Connection::read_some(std::span<char> buffer) {
  if (auto* tls = std::get_if<net::TlsStream>(&channel_)) co_return co_await tls->read_some(buffer);
  auto& socket = std::get<net::TcpSocket>(channel_);
  const auto [error, size] =
      co_await socket.async_read_some(net::asio::buffer(buffer.data(), buffer.size()), net::use_tuple);
  if (error) co_return fail(ErrorCode::kUnavailable, "{}", error.message());
  co_return size;
}

net::Awaitable<Result<void>> Connection::write(std::span<const char> data) {
  if (auto* tls = std::get_if<net::TlsStream>(&channel_)) co_return co_await tls->write(data);
  auto& socket = std::get<net::TcpSocket>(channel_);
  const auto [error, size] =
      co_await net::asio::async_write(socket, net::asio::buffer(data.data(), data.size()), net::use_tuple);
  if (error) co_return fail(ErrorCode::kUnavailable, "{}", error.message());
  co_return Result<void>{};
}

net::Awaitable<void> Connection::run(const TransportDeps& deps, Peer& peer) {
  const std::shared_ptr<Connection> self = shared_from_this();
  peer.connected(*this, deps.clock.now());
  deps.activity();
  std::array<char, 16'384> buffer;
  while (!abandoned_ && peer.is_connected()) {
    const Result<std::size_t> size = co_await read_some(buffer);
    if (abandoned_ || !size || *size == 0) break;
    peer.received({reinterpret_cast<const std::uint8_t*>(buffer.data()), *size}, deps.clock.now());
    deps.activity();
  }
  if (abandoned_) co_return;
  if (peer.is_connected()) peer.disconnected(deps.clock.now());
  close();
  deps.activity();
}

void Connection::send(Bytes bytes) {
  if (closing_) return;
  if (queued_.size() + bytes.size() > config_.max_queued) {
    log::warning("pcep", "the peer does not read: disconnected", {{"queued_bytes", queued_.size()}});
    close_socket();
    return;
  }
  queued_.insert(queued_.end(), bytes.begin(), bytes.end());
  if (writing_) return;
  writing_ = true;
  auto& socket = std::holds_alternative<net::TlsStream>(channel_) ? std::get<net::TlsStream>(channel_).socket()
                                                                  : std::get<net::TcpSocket>(channel_);
  net::asio::co_spawn(socket.get_executor(), owned(shared_from_this(), drain()), log_escaped);
}

net::Awaitable<void> Connection::drain() {
  while (!queued_.empty()) {
    const Bytes chunk = std::exchange(queued_, {});
    const Result<void> written = co_await write({reinterpret_cast<const char*>(chunk.data()), chunk.size()});
    if (!written) {
      close_socket();
      break;
    }
  }
  writing_ = false;
  if (closing_) close_socket();
}

void Connection::close() {
  closing_ = true;
  if (!writing_) close_socket();
}

void Connection::abandon(Peer& peer, SteadyTime now) {
  abandoned_ = true;
  if (peer.is_connected()) peer.disconnected(now);
  close();
}

void Connection::close_socket() {
  closing_ = true;
  queued_.clear();
  if (auto* tls = std::get_if<net::TlsStream>(&channel_)) {
    tls->close();
    return;
  }
  boost::system::error_code ignored;
  auto& socket = std::get<net::TcpSocket>(channel_);
  socket.shutdown(net::Tcp::socket::shutdown_both, ignored);
  socket.close(ignored);
}

}  // namespace pathwise::pcep
