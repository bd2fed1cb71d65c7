// SPDX-License-Identifier: Apache-2.0
// pathwise-router: reads node.yaml and fabric.yaml, builds everything, and serves until SIGTERM or
// SIGINT. SIGHUP reloads policy, runtimes and certificates; a bad file changes nothing.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>

#include "base/daemon_arguments.h"
#include "base/format.h"
#include "base/log.h"
#include "gnmi/server.h"
#include "gnmi/tree.h"
#include "net/http_responder.h"
#include "net/metrics.h"
#include "router/admin/admin_api.h"
#include "router/control/control.h"
#include "router/forward/key_verifier.h"
#include "router/intent/compile.h"
#include "router/process/configuration.h"
#include "router/process/telemetry.h"
#include "router/process/worker_group.h"
#include "te/wire/grpc_log.h"
#include "te/wire/te_client.h"

namespace {

namespace asio = boost::asio;
using namespace pathwise;
using namespace pathwise::router;
using namespace std::chrono_literals;

constexpr std::string_view kUsage =
    "usage: pathwise-router [--config FILE] [--check] [--verbose]\n"
    "  --config FILE   node.yaml (default /etc/pathwise/node.yaml)\n"
    "  --check         read the configuration, say what is wrong, and end\n"
    "  --verbose       log at level debug\n";
constexpr auto kDrainDeadline = 30s;

// The running program. Members are in the order of construction; what is below may use what is above.
class Router {
 public:
  Router(std::string config_path, process::Configuration configuration, process::TlsContexts tls)
      : config_path_(std::move(config_path)),
        configuration_(std::move(configuration)),
        tls_(std::move(tls)),
        verifier_(clock_),
        control_({.io = io_,
                  .clock = clock_,
                  .identity = process::identity_of(configuration_.node),
                  .metrics = metrics_,
                  .fabric_tls = tls_.fabric,
                  .bus = configuration_.node.fabric,
                  .seed = seed_()}),
        workers_(configuration_.node.threads, {.clock = clock_,
                                               .identity = process::identity_of(configuration_.node),
                                               .limits = {},
                                               .tuning = {},
                                               .seed = seed_(),
                                               .server_tls = tls_.server,
                                               .client_tls = tls_.client,
                                               .verifier = verifier_,
                                               .control = control_}),
        tree_(clock_),
        telemetry_(tree_, clock_),
        admin_({.clock = clock_,
                .decisions = control_.decisions(),
                .state = [this] { return control_.state(); },
                .peers = [this] { return control_.peers(); },
                .metrics = [this] { return control_.metrics_text(); },
                .refresh = [this] { control_.drain_records(); }}) {}

  Result<void> start() {
    const policy::NodeConfig& node = configuration_.node;
    if (auto listening = workers_.listen(node, configuration_.policy->config()); !listening) return listening;
    for (const Endpoint& endpoint : {node.listen.admin, node.listen.metrics}) {
      auto responder =
          net::HttpResponder::start(io_, endpoint, [this](const auto& request) { return admin_.handle(request); });
      if (!responder) return std::unexpected(responder.error());
      responders_.push_back(std::move(*responder));
    }
    control_.on_state = [this](const forward::State& state) { telemetry_.publish(state); };
    control_.on_record = [this](const select::DecisionRecord& record) { telemetry_.count(record); };
    control_.set_policy(configuration_.policy);
    if (auto runtimes = control_.set_runtimes(node.runtimes); !runtimes) return runtimes;
    for (const control::WorkerLink& link : workers_.links()) control_.add_worker(link);
    control_.start();
    if (auto gnmi = start_gnmi(); !gnmi) return gnmi;
    if (auto te = start_te(); !te) return te;
    workers_.start();
    log::info(
        "router", "started",
        {{"site", node.site}, {"router", node.router}, {"openai", workers_.openai()}, {"admin", node.listen.admin}});
    return {};
  }

  void run() {
    wait_for_signals();
    io_.run();
  }

 private:
  Result<void> start_gnmi() {
    const policy::NodeConfig& node = configuration_.node;
    if (!node.listen.gnmi) return {};
    gnmi::ServerOptions options{.listen = *node.listen.gnmi,
                                .target = formatted("{}/{}", node.site, node.router),
                                .models = {{"pathwise-state", "Pathwise", "2026-11-21"}},
                                .policy_authority = node.policy_authority};
    if (!node.tls.cert.empty()) options.tls = gnmi::ServerTls{node.tls.cert, node.tls.key, node.tls.ca};
    auto server = gnmi::Server::start(tree_, std::move(options));
    if (!server) return std::unexpected(server.error());
    gnmi_ = std::move(*server);
    return {};
  }

  // te's thread → control: paths and the state of the connection.
  Result<void> start_te() {
    if (configuration_.policy->config().sites.size() < 2) return {};  // nowhere to go
    te_ = std::make_unique<te::TeClient>(
        te::TeClientConfig{.socket_path = configuration_.node.te.socket},
        te::TeClientEvents{.on_paths = [this](te::PathSnapshotPtr paths) { control_.paths(std::move(paths)); },
                           .on_state = [this](bool up, const std::string& reason) { control_.te_state(up, reason); },
                           .on_refused =
                               [](const Error& error) {
                                 log::error("router", "te refused the intent", {{"reason", error.message}});
                               }});
    return send_intent();
  }

  Result<void> send_intent() {
    if (!te_) return {};
    auto intent =
        intent::compile(configuration_.policy->config(), configuration_.node, configuration_.policy->revision());
    if (!intent) return std::unexpected(intent.error());
    te_->set_intent(std::move(*intent));
    return {};
  }

  void wait_for_signals() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        reload();
      } else if (!stopping_) {
        stop(signal);
      } else {
        log::warning("router", "stopping at once", {{"signal", signal}});
        io_.stop();
      }
      wait_for_signals();
    });
  }

  void reload() {
    auto next = process::load(config_path_, configuration_.policy->revision() + 1);
    Result<void> good = next ? Result<void>{} : std::unexpected(next.error());
    if (good) good = intent_is_good(*next);
    if (good) good = process::reload_tls(tls_);
    control_.count_reload(good.has_value());
    if (!good) {
      log::error("router", "reload failed; the old configuration stays", {{"reason", good.error().message}});
      return;
    }
    if (const std::string parts = process::needs_restart(configuration_.node, next->node); !parts.empty()) {
      log::warning("router", "a restart is needed for part of the new configuration", {{"parts", parts}});
    }
    apply(std::move(*next));
  }

  static Result<void> intent_is_good(const process::Configuration& next) {
    auto intent = intent::compile(next.policy->config(), next.node, next.policy->revision());
    return intent ? Result<void>{} : std::unexpected(intent.error());
  }

  void apply(process::Configuration next) {
    configuration_.policy = std::move(next.policy);
    configuration_.node.runtimes = std::move(next.node.runtimes);
    configuration_.node.policy_file = std::move(next.node.policy_file);
    control_.set_policy(configuration_.policy);
    if (auto runtimes = control_.set_runtimes(configuration_.node.runtimes); !runtimes) {
      log::error("router", "runtimes kept", {{"reason", runtimes.error().message}});
    }
    if (auto sent = send_intent(); !sent) log::error("router", "intent kept", {{"reason", sent.error().message}});
    log::info("router", "reloaded",
              {{"revision", configuration_.policy->revision()}, {"hash", configuration_.policy->hash()}});
  }

  void stop(int signal) {
    stopping_ = true;
    log::info("router", "draining", {{"signal", signal}});
    control_.set_draining();
    workers_.drain(io_, kDrainDeadline, [this] {
      control_.drain_records();
      log::info("router", "stopped", {{"requests", control_.decisions().total()}});
      io_.stop();
    });
  }

  static std::uint64_t seed_() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }

  std::string config_path_;
  process::Configuration configuration_;
  process::TlsContexts tls_;
  RealClock clock_;
  asio::io_context io_{1};  // control's: this thread
  net::Metrics metrics_;
  forward::KeyVerifier verifier_;
  control::Control control_;
  process::WorkerGroup workers_;
  gnmi::Tree tree_;
  process::Telemetry telemetry_;
  admin::AdminApi admin_;
  std::vector<std::unique_ptr<net::HttpResponder>> responders_;
  std::unique_ptr<gnmi::Server> gnmi_;
  std::unique_ptr<te::TeClient> te_;
  asio::signal_set signals_{io_, SIGTERM, SIGINT, SIGHUP};
  bool stopping_ = false;
};

int run(const DaemonArguments& arguments) {
  auto configuration = process::load(arguments.config, 1);
  auto tls = configuration ? process::make_tls(configuration->node)
                           : Result<process::TlsContexts>(std::unexpected(configuration.error()));
  if (!tls) {
    print_to(stderr, "{}\n", tls.error().message);
    return 1;
  }
  if (auto intent = intent::compile(configuration->policy->config(), configuration->node, 1); !intent) {
    print_to(stderr, "{}\n", intent.error().message);
    return 1;
  }
  if (arguments.check) {
    print_to(stdout, "{}: good; site {}, router {}, policy {}\n", arguments.config, configuration->node.site,
             configuration->node.router, configuration->policy->hash());
    return 0;
  }
  if (arguments.verbose) log::set_level(log::Level::kDebug);
  te::route_grpc_log();
  Router router(arguments.config, std::move(*configuration), std::move(*tls));
  if (auto started = router.start(); !started) {
    print_to(stderr, "pathwise-router: {}\n", started.error().message);
    return 1;
  }
  router.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = parse_daemon_arguments(
      argc, argv, {.name = "pathwise-router", .usage = kUsage, .config = "/etc/pathwise/node.yaml"});
  return arguments ? run(*arguments) : arguments.error();
}
