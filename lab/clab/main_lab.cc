// SPDX-License-Identifier: Apache-2.0
// pathwise-lab: deploys a containerlab topology file without containerlab.
//   pathwise-lab preflight
//   pathwise-lab up|down|status FILE
//   pathwise-lab exec FILE NODE COMMAND [ARG …]
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/format.h"
#include "lab/clab/lab.h"
#include "lab/clab/preflight.h"

namespace {

using namespace pathwise;

constexpr std::string_view kUsage =
    "usage: pathwise-lab preflight\n"
    "       pathwise-lab up|down|status FILE.clab.yml\n"
    "       pathwise-lab exec FILE.clab.yml NODE COMMAND [ARG …]\n";

int complain(const Error& error) {
  std::cerr << "pathwise-lab: " << error.message << "\n";
  return 1;
}

// Turns SIGINT and SIGTERM into a request to stop, so that an interrupted `up` cleans up. Must be
// made before any other thread.
class StopOnSignal {
 public:
  StopOnSignal() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    waiter_ = std::jthread([this](const std::stop_token& end) {
      const timespec slice{0, 100'000'000};
      while (!end.stop_requested()) {
        if (sigtimedwait(&signals_, nullptr, &slice) > 0) stop_.request_stop();
      }
    });
  }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  sigset_t signals_{};
  std::stop_source stop_;
  std::jthread waiter_;
};

int run_preflight(lab::ContainerEngine& engine) {
  const auto findings = lab::preflight(engine);
  for (const lab::Finding& finding : findings) {
    const char* mark = finding.severity == lab::Finding::Severity::kOk        ? "ok     "
                       : finding.severity == lab::Finding::Severity::kWarning ? "warning"
                                                                              : "MISSING";
    std::cout << formatted("{} {:22} {}\n", mark, finding.subject, finding.detail);
    if (!finding.remedy.empty()) std::cout << "          → " << finding.remedy << "\n";
  }
  return lab::verdict(findings) ? 0 : 1;
}

void print_nodes(const std::vector<lab::ContainerState>& nodes) {
  std::cout << formatted("{:10} {:10} {:10} {:>8} {:15} {}\n", "NODE", "STATUS", "HEALTH", "PID", "ADDRESS",
                         "CONTAINER");
  for (const lab::ContainerState& node : nodes) {
    std::cout << formatted("{:10} {:10} {:10} {:8} {:15} {}\n", node.node, node.status, lab::to_string(node.health),
                           node.pid, node.ipv4, node.name);
  }
}

int run_up(const lab::Topology& topology, lab::ContainerEngine& engine) {
  const StopOnSignal signals;
  if (auto able = lab::verdict(lab::preflight(engine)); !able) return complain(able.error());
  const auto links = lab::make_kernel_links();
  const lab::UpDeps deps{
      .engine = engine, .links = *links, .stop = signals.token(), .progress = [](std::string_view line) {
        std::cerr << formatted("{}\n", line);
      }};
  const auto deployment = lab::up(topology, deps);
  if (!deployment) return complain(deployment.error());
  print_nodes(deployment->nodes);
  std::cout << formatted("lab {} is up: links after {} ms, healthy after {} ms\n", topology.name,
                         deployment->links_ready.count(), deployment->healthy.count());
  return 0;
}

int run_down(const lab::Topology& topology, lab::ContainerEngine& engine) {
  const auto start = std::chrono::steady_clock::now();
  if (auto gone = lab::down(topology, engine); !gone) return complain(gone.error());
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  std::cout << formatted("lab {} is down after {} ms\n", topology.name, took.count());
  return 0;
}

int run_status(const lab::Topology& topology, lab::ContainerEngine& engine) {
  const auto nodes = lab::inspect(topology, engine);
  if (!nodes) return complain(nodes.error());
  print_nodes(*nodes);
  return nodes->empty() ? 1 : 0;
}

int run_exec(const lab::Topology& topology, lab::ContainerEngine& engine, const std::vector<std::string>& arguments) {
  const std::vector<std::string> argv(arguments.begin() + 3, arguments.end());
  const auto output = lab::exec(topology, engine, arguments[2], argv);
  if (!output) return complain(output.error());
  std::cout << output->out;
  std::cerr << output->err;
  return output->exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string command = arguments.empty() ? "" : arguments[0];
  const auto engine = lab::make_docker();
  if (command == "preflight" && arguments.size() == 1) return run_preflight(*engine);

  const bool on_file = arguments.size() == 2 && (command == "up" || command == "down" || command == "status");
  const bool on_node = arguments.size() >= 4 && command == "exec";
  if (!on_file && !on_node) {
    std::cerr << kUsage;
    return 2;
  }
  const auto topology = lab::load(arguments[1]);
  if (!topology) return complain(topology.error());
  if (command == "up") return run_up(*topology, *engine);
  if (command == "down") return run_down(*topology, *engine);
  if (command == "status") return run_status(*topology, *engine);
  return run_exec(*topology, *engine, arguments);
}
