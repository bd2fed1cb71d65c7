// SPDX-License-Identifier: Apache-2.0
// One connection and the peer on it. The coroutine of run() owns it through a shared_ptr.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "net/asio.h"
#include "net/tls.h"
#include "pcep/transport/transport.h"

namespace pathwise::pcep {

// Runs `work` with `owner` kept alive from now on: what co_spawn() starts runs first when its turn comes,
// and by then a member coroutine's object could be gone.
inline net::Awaitable<void> owned([[maybe_unused]] std::shared_ptr<const void> owner, net::Awaitable<void> work) {
  co_await std::move(work);
}

class Connection final : public Stream, public std::enable_shared_from_this<Connection> {
 public:
  Connection(net::TcpSocket socket, const TransportConfig& config) : channel_(std::move(socket)), config_(config) {}

  // StartTLS and the handshake, if there is a TLS context.
  [[nodiscard]] net::Awaitable<Result<void>> secure();
  // Feeds `peer` until the connection ends. `deps` and `peer` are not touched after abandon().
  [[nodiscard]] net::Awaitable<void> run(const TransportDeps& deps, Peer& peer);

  void send(Bytes bytes) override;
  void close() override;
  // Closes at once; the peer is told now and never again.
  void abandon(Peer& peer, SteadyTime now);

 private:
  [[nodiscard]] net::Awaitable<Result<void>> exchange_start_tls(net::TcpSocket& socket);
  [[nodiscard]] net::Awaitable<Result<std::size_t>> read_some(std::span<char> buffer);
  [[nodiscard]] net::Awaitable<Result<void>> write(std::span<const char> data);
  [[nodiscard]] net::Awaitable<void> drain();
  void close_socket();

  std::variant<net::TcpSocket, net::TlsStream> channel_;
  const TransportConfig& config_;  // its owner's options live as long as the owner's coroutine
  Bytes queued_;
  bool writing_ = false;
  bool closing_ = false;
  bool abandoned_ = false;
};

// For co_spawn: what reaches a coroutine's root is a bug, and says so.
void log_escaped(std::exception_ptr error);

}  // namespace pathwise::pcep
