// SPDX-License-Identifier: Apache-2.0
// Joins peers to TCP connections, with TLS if a context is given (RFC 8253: StartTLS both ways, then
// the handshake, then Open; a peer that answers in the clear is refused with PCErr 25/3). Asio stays
// behind this header. One thread: the io_context's, on which every callback runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"
#include "pcep/session/backoff.h"
#include "pcep/session/peer.h"

namespace boost::asio {
class io_context;
}
namespace pathwise::net {
class TlsContext;
}

namespace pathwise::pcep {

struct TransportConfig {
  std::shared_ptr<net::TlsContext> tls;  // null: plain TCP
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds start_tls_wait{60'000};  // RFC 8253 section 3.4: StartTLSWait
  std::size_t max_queued = 4U << 20;                 // bytes: a peer that reads slower than that is disconnected
};

// What every part needs. `activity` is called after each event of a peer: deadlines may have moved.
struct TransportDeps {
  boost::asio::io_context& io;
  const Clock& clock;
  std::function<void()> activity;
};

// Keeps one peer of a PCC connected: connect, run, wait with back-off, again. A connection that
// lasted resets the back-off.
class Connector {
 public:
  struct Options {
    Endpoint remote;                   // numeric
    std::optional<Ipv6Address> local;  // to connect from
    BackoffConfig backoff;
    std::function<double()> random;  // [0, 1), for the jitter
    TransportConfig transport;
    // After each attempt to connect: why it failed (no connection, TLS); empty: the peer has its connection, and
    // from here on knows itself why it goes down. May be empty.
    std::function<void(const std::string& problem)> on_attempt;
  };
  // `peer` outlives the connector.
  Connector(TransportDeps deps, Peer& peer, Options options);
  ~Connector();  // closes the connection; the peer is told
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Accepts connections for a PCE.
class Listener {
 public:
  struct Options {
    Endpoint listen;
    TransportConfig transport;
    // The peer for a connection from `address`; null: refused. It stays valid until `drop`.
    std::function<Peer*(const std::string& address)> accept;
    std::function<void(Peer&)> drop;
  };
  // kAlreadyExists: the port is in use; kIo, kPermissionDenied.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> start(TransportDeps deps, Options options);
  ~Listener();  // closes every connection; peers are told and dropped
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Calls `expire` at `next_deadline`. Arm it again whenever the deadline may have moved (activity).
class DeadlineTimer {
 public:
  using NextDeadline = std::function<std::optional<SteadyTime>()>;
  DeadlineTimer(boost::asio::io_context& io, NextDeadline next_deadline, std::function<void()> expire);
  ~DeadlineTimer();
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;
  void arm();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::pcep
