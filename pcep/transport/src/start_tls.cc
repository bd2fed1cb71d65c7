// SPDX-License-Identifier: Apache-2.0
// RFC 8253 section 3: StartTLS is the first message of both sides; then the TLS handshake, in which
// the PCC is the client; then Open. Nothing is said in the clear otherwise.
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "connection.h"

namespace pathwise::pcep {
namespace {

Bytes wire(const Message& message) {
  return encode_message(message).value_or(Bytes{});
}

net::Awaitable<boost::system::error_code> send_all(net::TcpSocket& socket, const Bytes& bytes) {
  const auto [error, size] =
      co_await net::asio::async_write(socket, net::asio::buffer(bytes.data(), bytes.size()), net::use_tuple);
  co_return error;
}

// docs/architecture.md: a PCE is …/pce; a PCC is …/site/<site>/te, or its host, which router and te share.
bool is_expected(const net::SpiffeId& peer, net::TlsRole own_role) {
  if (own_role == net::TlsRole::kClient) return peer.path == "pce";
  return peer.path.starts_with("site/") && (peer.path.ends_with("/te") || peer.path.ends_with("/router"));
}

}  // namespace

net::Awaitable<Result<void>> Connection::exchange_start_tls(net::TcpSocket& socket) {
  if (const auto error = co_await send_all(socket, wire({.type = MessageType::kStartTls})))
    co_return fail(ErrorCode::kUnavailable, "StartTLS: {}", error.message());
  // The wait is ended by cancelling the read. `over` keeps a late timer away from the socket.
  net::SteadyTimer timer(socket.get_executor(), config_.start_tls_wait);
  bool expired = false;
  const auto over = std::make_shared<bool>(false);
  timer.async_wait([&socket, &expired, over](boost::system::error_code error) {
    if (error || *over) return;
    expired = true;
    socket.cancel(error);
  });
  std::array<std::uint8_t, kCommonHeaderSize> header;
  const auto [error, size] = co_await net::asio::async_read(socket, net::asio::buffer(header), net::use_tuple);
  *over = true;
  timer.cancel();
  if (expired) {
    co_await send_all(socket, wire(make_error(errors::kStartTlsWaitExpired)));
    co_return fail(ErrorCode::kDeadlineExceeded, "no StartTLS from the peer before StartTLSWait expired");
  }
  if (error) co_return fail(ErrorCode::kUnavailable, "StartTLS: {}", error.message());
  const auto type = static_cast<MessageType>(header[1]);
  const Decoded<std::size_t> length = message_length(header);
  if (length && *length == kCommonHeaderSize && type == MessageType::kStartTls) co_return Result<void>{};
  const bool plain = type == MessageType::kOpen || type == MessageType::kError;
  co_await send_all(socket, wire(make_error(plain ? errors::kNoConnectionWithoutTls : errors::kStartTlsExpected)));
  co_return fail(ErrorCode::kUnauthenticated, "the peer answers StartTLS with {}: it does not speak TLS here",
                 to_string(type));
}

net::Awaitable<Result<void>> Connection::secure() {
  if (!config_.tls) co_return Result<void>{};
  auto& socket = std::get<net::TcpSocket>(channel_);
  if (Result<void> agreed = co_await exchange_start_tls(socket); !agreed) co_return agreed;
  net::TlsStream stream(std::move(socket), *config_.tls);
  channel_.emplace<net::TlsStream>(std::move(stream));
  auto& tls = std::get<net::TlsStream>(channel_);
  if (Result<void> shaken = co_await tls.handshake(config_.connect_timeout); !shaken) co_return shaken;
  if (!is_expected(tls.peer(), config_.tls->role()))
    co_return fail(ErrorCode::kUnauthenticated, "the peer is {}, which is not for PCEP", tls.peer().to_string());
  co_return Result<void>{};
}

}  // namespace pathwise::pcep
