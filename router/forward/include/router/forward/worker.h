// SPDX-License-Identifier: Apache-2.0
// One request thread: its io_context, its copy of the state, and everything that its requests share.
// Nothing here is touched by another thread, except through post().
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/snapshot.h"
#include "net/asio.h"
#include "net/timer_wheel.h"
#include "net/tls.h"
#include "router/forward/key_verifier.h"
#include "router/forward/state.h"
#include "router/forward/upstream.h"
#include "router/openai/authenticator.h"
#include "router/openai/inspect.h"
#include "router/select/decision_record.h"
#include "router/select/learned.h"
#include "router/select/select.h"

namespace pathwise::router::forward {

class Session;

struct Limits {
  std::size_t body_bytes = 32u << 20;                // more: 413
  std::size_t connections = 20'000;                  // a thread; more are closed at once
  std::chrono::milliseconds head{15'000};            // from its first byte
  std::chrono::milliseconds keep_alive{75'000};      // idle between requests
  std::chrono::milliseconds body{60'000};            // for reading it
  std::chrono::milliseconds first_byte{120'000};     // of the response, from when it was forwarded
  std::chrono::milliseconds between_bytes{120'000};  // of the response
  std::chrono::milliseconds client_write{60'000};    // a reader that does not read
  int retries = 2;                                   // beyond the one re-pick after a refusal
};

// Who this router is. The same for all threads.
struct Identity {
  SiteName site;
  RouterName router;
  std::string trust_domain;
  std::uint16_t peers_port = 8443;
};

struct WorkerDeps {
  const Clock& clock;
  Identity identity;
  Limits limits;
  select::Tuning tuning;
  std::uint64_t seed = 1;
  std::shared_ptr<net::TlsContext> server_tls;  // for peers; nullptr: a router alone
  std::shared_ptr<net::TlsContext> client_tls;
  KeyVerifier& verifier;
  ControlPort& control;
};

class Worker {
 public:
  Worker(net::asio::io_context& io, WorkerDeps deps);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Serves connections from an acceptor until drain(). Peers: with mutual TLS.
  void serve_clients(net::TcpAcceptor acceptor);
  void serve_peers(net::TcpAcceptor acceptor);
  void publish(StatePtr state);
  // Stops accepting, closes idle connections, lets responses finish.
  void drain();
  // Closes what is left.
  void close_all();
  [[nodiscard]] bool draining() const { return draining_; }
  // Any thread.
  [[nodiscard]] std::size_t active() const { return active_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool drained() const { return drained_.load(std::memory_order_acquire); }
  [[nodiscard]] select::RecordRing& records() { return records_; }

  // For its sessions.
  void add(Session& session);
  void remove(Session& session);
  [[nodiscard]] StatePtr state() const { return state_.share(); }

  net::asio::io_context& io;
  WorkerDeps deps;
  net::TimerWheel wheel;
  UpstreamPool pool;
  openai::KeyCache keys;
  openai::BodyInspector inspector;
  select::Selector selector;
  select::Workspace workspace;
  select::Learned learned;
  select::PrefixMemory memory;
  Random random;

 private:
  using AcceptorPtr = std::shared_ptr<net::TcpAcceptor>;
  [[nodiscard]] net::Awaitable<void> accept_loop(AcceptorPtr acceptor, bool peers);
  [[nodiscard]] net::Awaitable<void> welcome_peer(net::TcpSocket socket);
  void start_session(ByteStream stream, std::optional<SiteName> peer);
  void sweep();
  void warm_peers();

  SnapshotCell<State> state_;
  std::vector<AcceptorPtr> acceptors_;
  std::unordered_set<Session*> sessions_;
  std::size_t handshakes_ = 0;
  bool draining_ = false;
  bool warmed_ = false;                 // for the first state with paths
  std::atomic<std::size_t> active_{0};  // sessions
  std::atomic<bool> drained_{false};    // drain() has been called and has closed what was idle
  net::TimerWheel::Handle sweep_timer_;
  select::RecordRing records_;
};

}  // namespace pathwise::router::forward
