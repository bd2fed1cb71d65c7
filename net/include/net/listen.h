// SPDX-License-Identifier: Apache-2.0
// Listening and connecting sockets with errors for operators: "listen on [::]:8080: Address already in
// use". Host names are resolved when listening only (blocking, at start-up). One thread a socket.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/ip.h"
#include "net/asio.h"

namespace pathwise::net {

using Unix = asio::local::stream_protocol;
using UnixSocket = asio::basic_stream_socket<Unix, Executor>;
using UnixAcceptor = asio::basic_socket_acceptor<Unix, Executor>;

struct ListenOptions {
  bool reuse_port = false;    // one listener a thread on the same port (SO_REUSEPORT)
  bool ip_free_bind = false;  // IPV6_FREEBIND: the address may come later (te puts tier addresses on lo)
  int backlog = 4096;
};

// Non-blocking. An empty host is every address, IPv4 too. kAlreadyExists: the port is in use.
[[nodiscard]] Result<TcpAcceptor> listen_tcp(asio::io_context& io, const Endpoint& endpoint,
                                             ListenOptions options = {});

// A socket file that nobody serves any more is replaced; one that is served is kAlreadyExists.
// `mode`: permission bits of the file.
[[nodiscard]] Result<UnixAcceptor> listen_unix(asio::io_context& io, const std::string& path, unsigned mode = 0660);

// Connects from `local` (any port of it) to a numeric `remote`. TCP_NODELAY is set.
[[nodiscard]] Awaitable<Result<TcpSocket>> connect_tcp(asio::io_context& io, std::optional<Ipv6Address> local,
                                                       const Endpoint& remote, std::chrono::milliseconds timeout);

// Numeric hosts only; empty is "::".
[[nodiscard]] Result<Tcp::endpoint> to_tcp(const Endpoint& endpoint);
[[nodiscard]] Endpoint from_tcp(const Tcp::endpoint& endpoint);

}  // namespace pathwise::net
