// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>
#include <map>

#include "base/log.h"
#include "connection.h"
#include "net/listen.h"

namespace pathwise::pcep {

struct Listener::State : std::enable_shared_from_this<Listener::State> {
  State(TransportDeps d, Options o, net::TcpAcceptor a)
      : deps(std::move(d)), options(std::move(o)), acceptor(std::move(a)), pause(deps.io.get_executor()) {}

  net::Awaitable<void> accept_all();
  net::Awaitable<void> serve(net::TcpSocket socket);
  void stop();

  TransportDeps deps;
  Options options;
  net::TcpAcceptor acceptor;
  net::SteadyTimer pause;
  std::map<Peer*, std::shared_ptr<Connection>> connections;  // bounded by what `accept` admits
  bool stopped = false;
};

net::Awaitable<void> Listener::State::accept_all() {
  while (!stopped) {
    auto [error, socket] = co_await acceptor.async_accept(net::use_tuple);
    if (stopped) co_return;
    if (error) {  // out of descriptors, most likely: give others time to close theirs
      log::warning("pcep", "accept failed", {{"error", error.message()}});
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(net::use_tuple);
      continue;
    }
    net::asio::co_spawn(deps.io.get_executor(), owned(shared_from_this(), serve(std::move(socket))), log_escaped);
  }
}

net::Awaitable<void> Listener::State::serve(net::TcpSocket socket) {
  boost::system::error_code error;
  const net::Tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) co_return;
  socket.set_option(net::Tcp::no_delay(true), error);
  const std::string address = remote.address().to_string();
  const auto connection = std::make_shared<Connection>(std::move(socket), options.transport);
  if (const Result<void> secured = co_await connection->secure(); !secured) {
    connection->close();
    log::warning("pcep", "TLS failed", {{"peer", address}, {"error", secured.error().message}});
    co_return;
  }
  if (stopped) co_return;
  Peer* const peer = options.accept(address);
  if (peer == nullptr) {
    connection->close();
    co_return;
  }
  connections.emplace(peer, connection);
  co_await connection->run(deps, *peer);
  if (stopped) co_return;
  connections.erase(peer);
  options.drop(*peer);
}

void Listener::State::stop() {
  stopped = true;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  pause.cancel();
  for (const auto& [peer, connection] : connections) {
    connection->abandon(*peer, deps.clock.now());
    options.drop(*peer);
  }
  connections.clear();
}

Result<std::unique_ptr<Listener>> Listener::start(TransportDeps deps, Options options) {
  Result<net::TcpAcceptor> acceptor = net::listen_tcp(deps.io, options.listen);
  if (!acceptor) return std::unexpected(acceptor.error());
  auto state = std::make_shared<State>(std::move(deps), std::move(options), std::move(*acceptor));
  net::asio::co_spawn(state->deps.io.get_executor(), owned(state, state->accept_all()), log_escaped);
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() {
  state_->stop();
}

std::uint16_t Listener::port() const {
  boost::system::error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

}  // namespace pathwise::pcep
