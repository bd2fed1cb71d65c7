// SPDX-License-Identifier: Apache-2.0
#include "router/forward/worker.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "base/log.h"
#include "peer_destination.h"
#include "router/forward/session.h"

namespace pathwise::router::forward {

namespace {

constexpr std::string_view kFabricAlpn = "pathwise-fabric/1";
constexpr std::size_t kMaxHandshakes = 1024;  // of peers, at one time
constexpr std::chrono::milliseconds kHandshakeTimeout{5000};
constexpr std::chrono::seconds kSweepEvery{5};
constexpr std::size_t kMostWarm = 64;
constexpr std::chrono::milliseconds kAcceptPause{50};  // after an error such as too many open files

}  // namespace

Worker::Worker(net::asio::io_context& context, WorkerDeps dependencies)
    : io(context),
      deps(std::move(dependencies)),
      wheel(context),
      pool(context, deps.clock, deps.client_tls),
      selector(deps.tuning),
      random(deps.seed) {
  sweep();
}

Worker::~Worker() = default;

void Worker::publish(StatePtr state) {
  state_.set(std::move(state));
  if (!warmed_) warm_peers();
}

// No request should pay a handshake: one connection is kept open to every peer in every tier whose path
// is up, in fabrics where that is few.
void Worker::warm_peers() {
  const StatePtr state = state_.share();
  if (!state || !deps.client_tls || draining_) return;
  const policy::FabricConfig& config = state->views.policy->config();
  if (config.sites.size() * config.tiers.size() > kMostWarm) return;
  for (const select::Target& target : state->views.load->targets) {
    for (std::size_t t = 0; t < config.tiers.size() && !target.local; ++t) {
      if (!state->views.paths->terms[t][target.site_index].up) continue;
      warmed_ = true;
      if (auto to = peer_destination(config, deps.identity, target, config.tiers[t].name)) {
        net::asio::co_spawn(io.get_executor(), pool.warm(std::move(*to)), net::asio::detached);
      }
    }
  }
}

void Worker::sweep() {
  pool.sweep();
  warm_peers();
  sweep_timer_ = wheel.arm(kSweepEvery, [this] { sweep(); });
}

void Worker::serve_clients(net::TcpAcceptor acceptor) {
  acceptors_.push_back(std::make_shared<net::TcpAcceptor>(std::move(acceptor)));
  net::asio::co_spawn(io.get_executor(), accept_loop(acceptors_.back(), false), net::asio::detached);
}

void Worker::serve_peers(net::TcpAcceptor acceptor) {
  acceptors_.push_back(std::make_shared<net::TcpAcceptor>(std::move(acceptor)));
  net::asio::co_spawn(io.get_executor(), accept_loop(acceptors_.back(), true), net::asio::detached);
}

net::Awaitable<void> Worker::accept_loop(AcceptorPtr acceptor, bool peers) {
  net::SteadyTimer pause(io.get_executor());
  while (!draining_) {
    net::TcpSocket socket(io.get_executor());
    const auto [error] = co_await acceptor->async_accept(socket, net::use_tuple);
    if (draining_ || error == net::asio::error::operation_aborted) co_return;
    if (error) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(net::use_tuple);
      continue;
    }
    boost::system::error_code ignored;
    socket.set_option(net::Tcp::no_delay(true), ignored);
    if (sessions_.size() >= deps.limits.connections) continue;  // closes it
    if (!peers) {
      start_session(ByteStream(std::move(socket)), std::nullopt);
    } else if (handshakes_ < kMaxHandshakes) {
      net::asio::co_spawn(io.get_executor(), welcome_peer(std::move(socket)), net::asio::detached);
    }
  }
}

net::Awaitable<void> Worker::welcome_peer(net::TcpSocket socket) {
  net::TlsStream tls(std::move(socket), *deps.server_tls);
  ++handshakes_;
  const auto done = co_await tls.handshake(kHandshakeTimeout);
  --handshakes_;
  if (!done) {
    log::warning("router", "peer refused", {{"reason", done.error().message}});
    co_return;
  }
  const auto site = tls.peer().router_site();
  if (!site) {
    log::warning("router", "peer is no router", {{"identity", tls.peer().to_string()}});
    tls.close();
  } else if (tls.alpn() == kFabricAlpn) {
    deps.control.fabric_stream(std::move(tls));
  } else {
    start_session(ByteStream(std::move(tls)), *site);
  }
}

void Worker::start_session(ByteStream stream, std::optional<SiteName> peer) {
  if (draining_) return;  // a handshake that was under way when it began
  auto session = std::make_shared<Session>(*this, std::move(stream), std::move(peer));
  net::asio::co_spawn(io.get_executor(), Session::run(std::move(session)), net::asio::detached);
}

void Worker::add(Session& session) {
  sessions_.insert(&session);
  active_.store(sessions_.size(), std::memory_order_relaxed);
}

void Worker::remove(Session& session) {
  sessions_.erase(&session);
  active_.store(sessions_.size(), std::memory_order_relaxed);
}

void Worker::drain() {
  draining_ = true;
  for (const AcceptorPtr& acceptor : acceptors_) {
    boost::system::error_code ignored;
    acceptor->close(ignored);
  }
  for (Session* session : sessions_) session->close_if_waiting();
  drained_.store(true, std::memory_order_release);
}

void Worker::close_all() {
  for (Session* session : sessions_) session->close();
  pool.close_all();
}

}  // namespace pathwise::router::forward
