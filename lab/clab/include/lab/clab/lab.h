// SPDX-License-Identifier: Apache-2.0
// Deploys a topology and takes it down again.
//
//   auto topology = lab::load("containerlab/tiers/tiers.clab.yml");
//   auto engine = lab::make_docker();
//   auto links = lab::make_kernel_links();
//   auto deployment = lab::up(*topology, {*engine, *links});
//   auto reply = lab::exec(*topology, *engine, "h-pune", {"ping", "-c1", "fd00:2:4::2"});
//   lab::down(*topology, *engine);
//
// Nodes start in parallel and pass through create, create-links, configure and healthy, waiting
// where `stages` says so. A lab is what carries the label containerlab=<name>: whoever finds it
// can take it down, also after a crash. Blocking; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "lab/clab/engine.h"
#include "lab/clab/links.h"
#include "lab/clab/topology.h"

namespace pathwise::lab {

struct UpDeps {
  ContainerEngine& engine;
  LinkMaker& links;
  std::stop_token stop{};                                 // a request to stop cleans up and returns
  std::chrono::milliseconds limit{120'000};               // for the whole lab to become healthy
  std::chrono::milliseconds poll{300};                    // between two runs of a node's health check
  std::function<void(std::string_view line)> progress{};  // may be called from several threads
};

struct Deployment {
  std::chrono::milliseconds links_ready{0};  // from the call until every container and link was there
  std::chrono::milliseconds healthy{0};      // from the call until every health check passed
  std::vector<ContainerState> nodes;         // in the order of the topology
};

// On any failure everything that was started is removed before it returns. kAlreadyExists if
// containers of a lab of this name are there; kDeadlineExceeded names the nodes that were late and
// what their health checks said.
[[nodiscard]] Result<Deployment> up(const Topology& topology, const UpDeps& deps);

// Removes every container of the lab and its management network; nothing to remove is no error.
Result<void> down(const Topology& topology, ContainerEngine& engine);

// The lab's containers as they are now.
[[nodiscard]] Result<std::vector<ContainerState>> inspect(const Topology& topology, ContainerEngine& engine);

// Runs argv in a node.
Result<ExecOutput> exec(const Topology& topology, ContainerEngine& engine, std::string_view node,
                        const std::vector<std::string>& argv,
                        std::chrono::milliseconds limit = std::chrono::seconds(30));

}  // namespace pathwise::lab
