// SPDX-License-Identifier: Apache-2.0
// pathwise-te: reads node.yaml, starts the daemon, ends on SIGTERM or SIGINT (routes withdrawn) or SIGUSR1 (routes
// left). SIGHUP reloads certificates.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/daemon_arguments.h"
#include "base/format.h"
#include "base/log.h"
#include "policy/node_config.h"
#include "te/daemon/daemon.h"
#include "te/wire/grpc_log.h"

namespace {

namespace asio = boost::asio;
using namespace pathwise;

constexpr std::string_view kUsage =
    "usage: pathwise-te [--config FILE] [--check] [--verbose]\n"
    "  --config FILE   node.yaml (default /etc/pathwise/node.yaml)\n"
    "  --check         read the configuration and the certificates, say what is wrong, and end\n"
    "  --verbose       log at level debug\n";

void wait_for_signals(asio::signal_set& signals, asio::io_context& io, te::Daemon& daemon) {
  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      daemon.reload();
      return wait_for_signals(signals, io, daemon);
    }
    log::info("te", "stopping", {{"signal", signal}});
    daemon.stop(signal == SIGUSR1 ? te::AtExit::kLeaveRoutes : te::AtExit::kWithdrawRoutes);
    io.stop();
  });
}

int run(const DaemonArguments& arguments) {
  auto node = policy::load_node(arguments.config);
  if (!node) {
    print_to(stderr, "{}\n", node.error().message);
    return 1;
  }
  if (const auto good = te::check_files(*node); !good) {
    print_to(stderr, "{}\n", good.error().message);
    return 1;
  }
  if (arguments.check) {
    print_to(stdout, "{}: good; site {}, router {}\n", arguments.config, node->site, node->router);
    return 0;
  }
  if (arguments.verbose) log::set_level(log::Level::kDebug);
  te::route_grpc_log();
  asio::io_context io{1};
  auto daemon = te::Daemon::start(io, std::move(*node), {});
  if (!daemon) {
    print_to(stderr, "pathwise-te: {}\n", daemon.error().message);
    return 1;
  }
  asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
  signals.add(SIGUSR1);
  wait_for_signals(signals, io, **daemon);
  log::info("te", "started", {{"config", arguments.config}});
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments =
      parse_daemon_arguments(argc, argv, {.name = "pathwise-te", .usage = kUsage, .config = "/etc/pathwise/node.yaml"});
  return arguments ? run(*arguments) : arguments.error();
}
