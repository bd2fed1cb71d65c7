// SPDX-License-Identifier: Apache-2.0
// pathwise-pce: a small stateful PCE. This file builds everything and names who talks to whom; all of it
// runs on one io_context, into which other threads post.
//   topology client (its thread) --> PathComputation, Pce (computes again) --PCUpd--> PCCs
//   PCCs --PCEP--> Pce
//   gRPC (its threads), /metrics --> Pce (reads)
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <future>
#include <string_view>

#include "base/daemon_arguments.h"
#include "base/format.h"
#include "base/log.h"
#include "net/asio.h"
#include "net/http_responder.h"
#include "net/tls.h"
#include "pcep/daemon/config.h"
#include "pcep/daemon/lsp_service.h"
#include "pcep/daemon/path_computation.h"
#include "pcep/daemon/pce_metrics.h"
#include "pcep/transport/transport.h"
#include "te/wire/grpc_log.h"
#include "te/wire/topology_client.h"

namespace {

using namespace pathwise;
using namespace pathwise::pcep;
namespace asio = boost::asio;

constexpr std::string_view kUsage =
    "usage: pathwise-pce [--config FILE] [--check] [--verbose]\n"
    "  --config FILE   pce.yaml (default /etc/pathwise/pce.yaml)\n"
    "  --check         read the configuration and the certificates, say what is wrong, and end\n"
    "  --verbose       log at level debug\n";

PceOptions pce_options(const PceDaemonConfig& config) {
  PceOptions options;
  options.session.keepalive = static_cast<std::uint8_t>(config.keepalive.count());
  options.session.dead_timer = static_cast<std::uint8_t>(config.dead_timer.count());
  options.state_timeout = config.state_timeout;
  return options;
}

te::TopologyClientOptions topology_options(const PceDaemonConfig& config) {
  te::TopologyClientOptions options{.stream = {.name = "pathwise-pce", .insecure = config.topology_insecure},
                                    .follow = {.keep = config.topology_keep}};
  for (const auto& [address, file] : config.topology_sources) {
    if (file.empty()) {
      options.sources.emplace_back(address);
    } else {
      options.sources.emplace_back(te::TopologyFile{file});
    }
  }
  if (config.tls)
    options.stream.tls =
        te::TopologyTls{config.tls->cert, config.tls->key, config.tls->ca, config.trust_domain, {"node/*/frr"}};
  return options;
}

Result<std::shared_ptr<net::TlsContext>> pcep_tls(const PceDaemonConfig& config) {
  if (!config.pcep_tls) {
    log::warning("pce", "PCEP without TLS: whoever reaches the port is served");
    return std::shared_ptr<net::TlsContext>();
  }
  return net::TlsContext::create({config.tls->cert, config.tls->key, config.tls->ca}, net::TlsRole::kServer,
                                 config.trust_domain, {});
}

// Members are built in the order of who needs whom, and end in the reverse.
class App {
 public:
  App(PceDaemonConfig config, PceFabric fabric, std::shared_ptr<net::TlsContext> tls)
      : config_(std::move(config)), tls_(std::move(tls)), compute_(std::move(fabric)) {}

  Result<void> start() {
    if (auto done = listen(); !done) return done;
    if (auto done = follow_topology(); !done) return done;
    if (auto done = serve_lsps(); !done) return done;
    if (auto done = serve_metrics(); !done) return done;
    wait_for_signals();
    log::info("pce", "serving", {{"listen", config_.listen.to_string()}, {"socket", config_.socket}});
    return {};
  }
  void run() { io_.run(); }

 private:
  [[nodiscard]] PceSnapshot snapshot() const {
    return {pce_.lsps(), pce_.sessions(), compute_.topology() ? compute_.topology()->version : 0};
  }

  Result<void> listen() {
    auto listener = Listener::start({io_, clock_, [this] { timer_.arm(); }},
                                    {.listen = config_.listen,
                                     .transport = {.tls = tls_},
                                     .accept = [this](const std::string& address) { return pce_.accept(address); },
                                     .drop = [this](Peer& peer) { pce_.drop(peer); }});
    if (!listener) return std::unexpected(listener.error());
    listener_ = std::move(*listener);
    return {};
  }

  // Topology client's thread → io: each snapshot replaces the one before.
  Result<void> follow_topology() {
    te::TopologyFollowerEvents events;
    events.on_snapshot = [this](te::TopologySnapshotPtr next) {
      asio::post(io_, [this, next = std::move(next)] {
        compute_.set_topology(next);
        if (!next) return;  // too old: nothing new is computed, and the LSPs that there are stay
        pce_.topology_changed("topology changed");
        timer_.arm();
      });
    };
    events.on_state = [](te::TopologyState state, const std::string& detail) {
      log::info("pce", "topology", {{"state", te::to_string(state)}, {"detail", detail}});
    };
    auto client = te::follow_topology(topology_options(config_), std::move(events));
    if (!client) return std::unexpected(client.error());
    topology_ = std::move(*client);
    return {};
  }

  // gRPC's threads ask io and wait, with a deadline: io may have stopped.
  Result<void> serve_lsps() {
    auto service = LspService::start(config_.socket, [this]() -> std::optional<PceSnapshot> {
      auto answer = std::make_shared<std::promise<PceSnapshot>>();
      std::future<PceSnapshot> future = answer->get_future();
      asio::post(io_, [this, answer] { answer->set_value(snapshot()); });
      if (future.wait_for(std::chrono::seconds(2)) != std::future_status::ready) return std::nullopt;
      return future.get();
    });
    if (!service) return std::unexpected(service.error());
    service_ = std::move(*service);
    return {};
  }

  Result<void> serve_metrics() {
    if (!config_.metrics) return {};
    auto responder = net::HttpResponder::start(io_, *config_.metrics, [this](const net::HttpRequest& request) {
      if (request.path() == "/health") return net::HttpResponse{.body = health_json(snapshot())};
      if (request.path() != "/metrics") return net::HttpResponse{.status = 404, .body = "{\"error\":\"not found\"}\n"};
      return net::HttpResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                               .body = metrics_text(snapshot())};
    });
    if (!responder) return std::unexpected(responder.error());
    metrics_ = std::move(*responder);
    return {};
  }

  void wait_for_signals() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (signal != SIGHUP) return io_.stop();
      if (tls_)
        if (const auto done = tls_->reload(); !done)
          log::error("pce", "old certificates stay", {{"error", done.error().message}});
      wait_for_signals();
    });
  }

  PceDaemonConfig config_;
  std::shared_ptr<net::TlsContext> tls_;
  RealClock clock_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGINT, SIGTERM, SIGHUP};
  PathComputation compute_;
  Pce pce_{pce_options(config_), {clock_, std::cref(compute_)}};
  DeadlineTimer timer_{io_, [this] { return pce_.next_deadline(); }, [this] { pce_.expire(); }};
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<net::HttpResponder> metrics_;
  std::unique_ptr<LspService> service_;
  std::unique_ptr<te::TopologyFollower> topology_;
};

int refuse(const Error& error) {
  print_to(stderr, "{}\n", error.message);
  return 1;
}

int run(const DaemonArguments& arguments) {
  if (arguments.verbose) log::set_level(log::Level::kDebug);
  Result<PceDaemonConfig> config = load_pce(arguments.config);
  if (!config) return refuse(config.error());
  Result<PceFabric> fabric = load_pce_fabric(config->fabric);
  if (!fabric) return refuse(fabric.error());
  if (const Result<void> good = check_pce_tls(*config); !good) return refuse(good.error());
  if (arguments.check) {
    print_to(stdout, "{}: good\n", arguments.config);
    return 0;
  }
  Result<std::shared_ptr<net::TlsContext>> tls = pcep_tls(*config);
  if (!tls) return refuse(tls.error());
  te::route_grpc_log();
  App app(std::move(*config), std::move(*fabric), std::move(*tls));
  if (const Result<void> started = app.start(); !started) return refuse(started.error());
  app.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments =
      parse_daemon_arguments(argc, argv, {.name = "pathwise-pce", .usage = kUsage, .config = "/etc/pathwise/pce.yaml"});
  return arguments ? run(*arguments) : arguments.error();
}
