// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/format.h"
#include "base/log.h"
#include "session.h"

namespace pathwise::lab {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kAcceptRetry{100};  // after a failed accept (out of descriptors)

// An exception that leaves a coroutine is a bug: it ends the program.
constexpr auto kRethrow = [](std::exception_ptr exception) {
  if (exception) std::rethrow_exception(exception);
};

asio::awaitable<void> serve(ServerState& state, tcp::socket socket) {
  Session session(state, std::move(socket));
  co_await session.run();
}

}  // namespace

class RuntimeServer::Impl {
 public:
  Impl(const RuntimeConfig& config, const Clock& clock)
      : config_(config),
        state_{io_, config_, clock, EngineDriver(io_, config_.engine, clock)},
        acceptor_(io_),
        signals_(io_) {}

  Result<void> listen() {
    const Endpoint& wanted = config_.listen;
    error_code error;
    const auto address = wanted.host.empty() ? asio::ip::address(asio::ip::address_v6::any())
                                             : asio::ip::make_address(wanted.host, error);
    if (error) return fail(ErrorCode::kInvalidArgument, "listen: {} is not an IP address", wanted.host);
    const tcp::endpoint endpoint(address, wanted.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && address.is_v6()) acceptor_.set_option(asio::ip::v6_only(!address.is_unspecified()), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail_errno(formatted("cannot listen on {}", wanted), error.value());
    port_ = acceptor_.local_endpoint(error).port();
    return {};
  }

  void run(bool signals) {
    if (signals) {
      signals_.add(SIGINT);
      signals_.add(SIGTERM);
      signals_.async_wait([this](error_code error, int) {
        if (!error) shut_down();
      });
    }
    asio::co_spawn(io_, accept(), kRethrow);
    log::info("runtime", "serving", {{"listen", config_.listen}, {"port", port_}, {"model", config_.models.front()}});
    io_.run();
  }

  void stop() {
    asio::post(io_, [this] { shut_down(); });
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  // Everything that waits is ended; then run() runs out of work, with no session left.
  void shut_down() {
    error_code ignored;
    acceptor_.close(ignored);
    signals_.cancel(ignored);
    state_.driver.stop();
    for (Session* session : state_.sessions) session->close();
  }

  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
      if (!acceptor_.is_open()) co_return;
      if (error) {
        log::warning("runtime", "accept failed", {{"error", error.message()}});
        asio::steady_timer pause(io_, kAcceptRetry);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      } else if (state_.sessions.size() < config_.max_connections) {
        asio::co_spawn(io_, serve(state_, std::move(socket)), kRethrow);
      }
    }
  }

  const RuntimeConfig config_;
  std::uint16_t port_ = 0;
  asio::io_context io_{1};
  ServerState state_;
  tcp::acceptor acceptor_;
  asio::signal_set signals_;
};

RuntimeServer::RuntimeServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RuntimeServer::~RuntimeServer() = default;

Result<std::unique_ptr<RuntimeServer>> RuntimeServer::open(const RuntimeConfig& config, const Clock& clock) {
  auto impl = std::make_unique<Impl>(config, clock);
  if (auto listening = impl->listen(); !listening) return std::unexpected(listening.error());
  return std::unique_ptr<RuntimeServer>(new RuntimeServer(std::move(impl)));
}

std::uint16_t RuntimeServer::port() const {
  return impl_->port();
}
void RuntimeServer::run(bool signals) {
  impl_->run(signals);
}
void RuntimeServer::stop() {
  impl_->stop();
}

}  // namespace pathwise::lab
