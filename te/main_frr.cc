// SPDX-License-Identifier: GPL-2.0-or-later
// pathwise-frr: composition root. Beside each FRR router: exports the topology, measures link delay,
// computes SRv6 Flex-Algo. Distributed under GPL-3.0-or-later, because it links libfrr (GPL) and
// Apache-2.0 code.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/daemon_arguments.h"
#include "base/format.h"
#include "base/log.h"
#include "net/http_responder.h"
#include "net/metrics.h"
#include "policy/fabric_config.h"
#include "te/frr/agent.h"
#include "te/frr/program/config.h"
#include "te/frr/program/definitions.h"
#include "te/frr/program/status.h"
#include "te/frr/zebra_client.h"
#include "te/wire/grpc_log.h"
#include "te/wire/topology_server.h"

namespace pathwise {
namespace {

namespace asio = boost::asio;

Result<te::AgentConfig> agent_config(const te::FrrConfig& config) {
  const auto fabric = policy::load_fabric(config.fabric);
  if (!fabric) return std::unexpected(fabric.error());
  const auto in_fabric = [&](const Error& error) { return std::unexpected(error.within(config.fabric)); };
  const auto sids = te::sid_map_of(*fabric);
  if (!sids) return in_fabric(sids.error());
  auto definitions = te::flex_algo_definitions(*fabric);
  if (!definitions) return in_fabric(definitions.error());
  return te::AgentConfig{
      .node = config.node,
      .zserv = config.zserv,
      .mgmtd = config.mgmtd(),
      .sids = *sids,
      .definitions = std::move(*definitions),
      .node_ids = te::edge_node_ids(*fabric),
      .excluded_interfaces = config.excluded_interfaces,
      .link_delay = config.link_delay,
      .ordered_install = config.ordered_install,
      .graceful_restart = config.graceful_restart,
      .epoch = static_cast<std::uint64_t>(RealClock().wall_now().time_since_epoch() / Microseconds(1))};
}

net::HttpResponse answer(const net::HttpRequest& request, const te::FrrAgent& agent, const te::TopologyServer& server) {
  if (request.path() == "/metrics") {
    return {.content_type = net::kMetricsContentType, .body = te::metrics_text(agent.state(), server.watchers())};
  }
  if (request.path() == "/health") {
    const te::AgentState state = agent.state();
    return {.status = state.problems().empty() ? 200U : 503U, .body = te::health_json(state)};
  }
  return {.status = 404, .body = "{\"error\": \"/metrics and /health are served here\"}\n"};
}

// What the files say, checked; nothing is started.
struct Configuration {
  te::FrrConfig config;
  te::AgentConfig agent;
};

Result<Configuration> load(const std::string& path) {
  auto config = te::load_frr_config(path);
  if (!config) return std::unexpected(config.error());
  auto agent = agent_config(*config);
  if (!agent) return std::unexpected(agent.error());
  if (auto good = te::check_frr_tls(*config); !good) return std::unexpected(good.error());
  return Configuration{std::move(*config), std::move(*agent)};
}

Result<void> run(Configuration configuration) {
  const te::FrrConfig& config = configuration.config;
  asio::io_context context(1);
  auto server = te::TopologyServer::start({.listen = config.topology, .tls = config.tls});
  if (!server) return std::unexpected(server.error());
  // agent -> topology server: the newest snapshot only, each watcher holds one pending
  auto agent =
      te::FrrAgent::start(context, std::move(configuration.agent), [&server](te::TopologySnapshotPtr snapshot) {
        if (snapshot) return (*server)->publish(std::move(snapshot));
        (*server)->withdraw("pathwise-frr has no link-state source: zebra or isisd is away");
      });
  if (!agent) return std::unexpected(agent.error());
  auto http = net::HttpResponder::start(
      context, config.metrics, [&](const net::HttpRequest& request) { return answer(request, **agent, **server); });
  if (!http) return std::unexpected(http.error());

  asio::signal_set signals(context, SIGINT, SIGTERM, SIGUSR1);
  bool handed_over = false;
  signals.async_wait([&](const boost::system::error_code&, int signal) {
    handed_over = signal == SIGUSR1;
    handed_over ? (*agent)->hand_over() : (*agent)->withdraw();
    context.stop();
  });
  log::info("frr", "pathwise-frr started",
            {{"node", config.node}, {"libfrr", te::libfrr_built_for()}, {"topology", config.topology}});
  context.run();
  log::info("frr", handed_over ? "pathwise-frr stopped: routes left to the next one"
                               : "pathwise-frr stopped: routes withdrawn");
  return {};
}

constexpr std::string_view kUsage =
    "usage: pathwise-frr [--config FILE] [--check] [--verbose]\n"
    "  --config FILE   frr.yaml (default /etc/pathwise/frr.yaml)\n"
    "  --check         read the configuration and the certificates, say what is wrong, and end\n"
    "  --verbose       log at level debug\n";

}  // namespace
}  // namespace pathwise

int main(int argc, char** argv) {
  const auto arguments = pathwise::parse_daemon_arguments(
      argc, argv, {.name = "pathwise-frr", .usage = pathwise::kUsage, .config = "/etc/pathwise/frr.yaml"});
  if (!arguments) return arguments.error();
  if (arguments->verbose) pathwise::log::set_level(pathwise::log::Level::kDebug);
  pathwise::te::route_grpc_log();
  auto configuration = pathwise::load(arguments->config);
  if (!configuration) {
    pathwise::print_to(stderr, "{}\n", configuration.error().message);  // begins with file:line:column
    return 1;
  }
  if (arguments->check) {
    pathwise::print_to(stdout, "{}: good; node {}\n", arguments->config, configuration->config.node);
    return 0;
  }
  if (const auto result = pathwise::run(std::move(*configuration)); !result) {
    pathwise::print_to(stderr, "pathwise-frr: {}\n", result.error().message);
    return 1;
  }
  return 0;
}
