// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>

#include "base/log.h"
#include "connection.h"
#include "net/listen.h"

namespace pathwise::pcep {

struct Connector::State {
  State(TransportDeps d, Peer& p, Options o)
      : deps(std::move(d)),
        peer(p),
        options(std::move(o)),
        backoff(options.backoff, options.random),
        pause(deps.io.get_executor()) {}

  net::Awaitable<void> run();
  net::Awaitable<void> attempt();
  void attempted(const std::string& problem) const {
    if (!stopped && options.on_attempt) options.on_attempt(problem);
  }

  TransportDeps deps;
  Peer& peer;
  Options options;
  Backoff backoff;
  net::SteadyTimer pause;
  std::shared_ptr<Connection> connection;
  bool stopped = false;
};

net::Awaitable<void> Connector::State::run() {
  while (!stopped) {
    co_await attempt();
    if (stopped) co_return;
    pause.expires_after(backoff.next());
    co_await pause.async_wait(net::use_tuple);
  }
}

net::Awaitable<void> Connector::State::attempt() {
  Result<net::TcpSocket> socket =
      co_await net::connect_tcp(deps.io, options.local, options.remote, options.transport.connect_timeout);
  if (stopped) co_return;
  if (!socket) {
    log::warning("pcep", "cannot connect", {{"pce", options.remote.to_string()}, {"error", socket.error().message}});
    attempted(socket.error().message);
    co_return;
  }
  connection = std::make_shared<Connection>(std::move(*socket), options.transport);
  if (const Result<void> secured = co_await connection->secure(); !secured) {
    connection->close();
    log::warning("pcep", "TLS failed", {{"pce", options.remote.to_string()}, {"error", secured.error().message}});
    attempted("TLS: " + secured.error().message);
    co_return;
  }
  if (stopped) co_return;
  attempted({});
  const SteadyTime start = deps.clock.now();
  co_await connection->run(deps, peer);
  // A session that lasted was a good one; one that is refused at once must not be tried in a hurry.
  if (!stopped && deps.clock.now() - start > std::chrono::seconds(5)) backoff.reset();
}

Connector::Connector(TransportDeps deps, Peer& peer, Options options)
    : state_(std::make_shared<State>(std::move(deps), peer, std::move(options))) {
  net::asio::co_spawn(state_->deps.io.get_executor(), owned(state_, state_->run()), log_escaped);
}

Connector::~Connector() {
  state_->stopped = true;
  state_->pause.cancel();
  if (state_->connection) state_->connection->abandon(state_->peer, state_->deps.clock.now());
}

}  // namespace pathwise::pcep
