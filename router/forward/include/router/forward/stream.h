// SPDX-License-Identifier: Apache-2.0
// A connection, with or without TLS: to a client, a peer or a runtime. System calls first, Asio only
// to wait. One thread (the socket's); one reader and one writer may wait at the same time.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <optional>
#include <span>
#include <variant>

#include "base/error.h"
#include "net/asio.h"
#include "net/tls.h"

namespace pathwise::router::forward {

class ByteStream {
 public:
  explicit ByteStream(net::TcpSocket socket);   // sets non-blocking
  explicit ByteStream(net::TlsStream session);  // after its handshake

  // At least one byte; 0: the other side has ended its sending.
  [[nodiscard]] net::Awaitable<Result<std::size_t>> read_some(std::span<char> buffer);
  // All of it. The pieces must live until it is done.
  [[nodiscard]] net::Awaitable<Result<void>> write(std::span<const iovec> pieces);
  [[nodiscard]] net::Awaitable<Result<void>> write(std::string_view text);
  void close() noexcept;
  // What waits for bytes ends with an error; without TLS the connection can be written to after that.
  void stop_waiting() noexcept;

  // True if the other side has closed, or there is an error: asks the kernel, does not wait.
  [[nodiscard]] bool peer_gone() const;
  [[nodiscard]] bool is_open() const;
  [[nodiscard]] net::TlsStream* tls() { return std::get_if<net::TlsStream>(&stream_); }
  [[nodiscard]] net::TcpSocket& socket();

 private:
  [[nodiscard]] static net::Awaitable<Result<std::size_t>> read_plain(net::TcpSocket& socket, std::span<char> buffer);
  [[nodiscard]] static net::Awaitable<Result<void>> write_plain(net::TcpSocket& socket, std::span<const iovec> pieces);
  [[nodiscard]] static net::Awaitable<Result<void>> write_tls(net::TlsStream& tls, std::span<const iovec> pieces);
  std::variant<net::TcpSocket, net::TlsStream> stream_;
};

}  // namespace pathwise::router::forward
