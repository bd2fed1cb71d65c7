// SPDX-License-Identifier: Apache-2.0
// pathwise-demo: deploys the tiers lab, tells the story of lab/demo/scenario.h with real traffic, and
// stays up until Ctrl-C.
//   pathwise-demo [--once] [--json FILE] TOPOLOGY.clab.yml
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/format.h"
#include "base/process.h"
#include "lab/clab/preflight.h"
#include "lab/demo/scenario.h"

namespace {

using namespace pathwise;

struct Options {
  bool once = false;
  std::string json = "build/demo.json";
  std::string topology;
};

int complain(const Error& error) {
  std::cerr << "demo: " << error.message << std::endl;
  return 1;
}

void say(const std::string& text) {
  std::cout << text << std::flush;
}

// Takes the lab down when the demo ends, however it ends.
class Lab {
 public:
  Lab(const lab::Topology& topology, lab::ContainerEngine& engine) : topology_(topology), engine_(engine) {}
  ~Lab() {
    say("Taking the lab down\n");
    if (auto gone = lab::down(topology_, engine_); !gone) complain(gone.error());
  }
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  Result<void> deploy(lab::LinkMaker& links, std::stop_token stop) {
    // What an interrupted run may have left.
    if (auto gone = lab::down(topology_, engine_); !gone) return gone;
    say(formatted("Deploying {} ({} nodes, {} links)\n", topology_.name, topology_.nodes.size(),
                  topology_.links.size()));
    const auto deployment = lab::up(topology_, {.engine = engine_, .links = links, .stop = std::move(stop)});
    if (!deployment) return std::unexpected(deployment.error());
    say(formatted("  links after {} ms, every node healthy after {} ms\n", deployment->links_ready.count(),
                  deployment->healthy.count()));
    return {};
  }

 private:
  const lab::Topology& topology_;
  lab::ContainerEngine& engine_;
};

// Ctrl-C ends the program at the next step; the lab is taken down on the way out.
std::stop_source g_stop;
sigset_t g_signals;

void wait_for_ctrl_c() {
  int signal = 0;
  sigwait(&g_signals, &signal);
}

constexpr const char* kWhere = R"(
The lab stays up. In another terminal:
  router of Pune   curl http://127.0.0.1:18080/v1/models -H 'Authorization: Bearer pw-acme1-tiers-lab'
  metrics          curl http://127.0.0.1:19464/metrics
  gNMI target      127.0.0.1:19339 (mutual TLS; certificates in containerlab/tiers/tls)
  inside a node    docker exec clab-tiers-h-pune /opt/pathwise/pathwise paths
  slow a link      docker exec clab-tiers-wan /opt/pathwise/pathwise-wan ctl set pa2-sin delay 32ms
Ctrl-C ends it and cleans up.
)";

Result<bool> run(const Options& options, const lab::Topology& topology, lab::ContainerEngine& engine) {
  if (auto able = lab::verdict(lab::preflight(engine)); !able) return std::unexpected(able.error());
  const RealClock clock;
  const auto links = lab::make_kernel_links();
  Lab lab(topology, engine);
  if (auto deployed = lab.deploy(*links, g_stop.get_token()); !deployed) return std::unexpected(deployed.error());
  const lab::FabricView fabric(topology, engine);
  lab::Scenario scenario(fabric, clock, {.say = say});
  say("Waiting for paths, LSPs and digests\n");
  if (auto ready = scenario.wait_ready(); !ready) return std::unexpected(ready.error());
  const auto report = scenario.run();
  if (!report) return std::unexpected(report.error());
  if (auto written = write_file_atomically(options.json, report->to_json()); !written)
    return std::unexpected(written.error());
  say(formatted("\n{}; figures in {}\n", report->all_held() ? "Everything held" : "NOT everything held", options.json));
  if (!options.once) {
    say(kWhere);
    wait_for_ctrl_c();
  }
  return report->all_held();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--once") {
      options.once = true;
    } else if (arguments[i] == "--json" && i + 1 < arguments.size()) {
      options.json = arguments[++i];
    } else if (!arguments[i].starts_with("-") && options.topology.empty()) {
      options.topology = arguments[i];
    } else {
      std::cerr << "usage: pathwise-demo [--once] [--json FILE] TOPOLOGY.clab.yml\n";
      return 2;
    }
  }
  sigemptyset(&g_signals);
  sigaddset(&g_signals, SIGINT);
  sigaddset(&g_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &g_signals, nullptr);
  const auto topology = lab::load(options.topology.empty() ? "containerlab/tiers/tiers.clab.yml" : options.topology);
  if (!topology) return complain(topology.error());
  const auto engine = lab::make_docker();
  const auto held = run(options, *topology, *engine);
  if (!held) return complain(held.error());
  return *held ? 0 : 1;
}
