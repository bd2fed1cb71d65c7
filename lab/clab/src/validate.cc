// SPDX-License-Identifier: Apache-2.0
#include "validate.h"

#include <algorithm>
#include <set>
#include <utility>

#include "waits.h"

namespace pathwise::lab {
namespace {

using config::Diagnostics;

constexpr std::size_t kInterfaceNameMax = 15;  // IFNAMSIZ - 1

bool of_this_machine(const LinkEnd& end) {
  return end.node == "host" || end.node == "mgmt-net";
}

void check_container(const Node& node, Diagnostics& problems) {
  if (node.image.empty()) problems.add(node.at, "node {} has no image", node.name);
  const bool managed = node.network_mode.empty();
  if (!managed && !node.ports.empty()) {
    problems.add(node.at, "node {}: ports need the management network, and network-mode is {}", node.name,
                 node.network_mode);
  }
  if (!managed && !(node.mgmt_ipv4.empty() && node.mgmt_ipv6.empty())) {
    problems.add(node.at, "node {}: mgmt-ipv4 and mgmt-ipv6 need the management network, and network-mode is {}",
                 node.name, node.network_mode);
  }
  for (const Bind& bind : node.binds) {
    if (bind.source.contains("__clab") || bind.destination.contains("__clab")) {
      problems.add(node.at, "node {}: bind '{}': only __clabNodeName__ is supported", node.name, bind.source);
    }
  }
}

void check_end(const Topology& topology, const Link& link, const LinkEnd& end, Diagnostics& problems) {
  if (end.interface.size() > kInterfaceNameMax) {
    problems.add(link.at, "interface {}:{} is longer than {} characters", end.node, end.interface, kInterfaceNameMax);
  }
  if (of_this_machine(end)) return;
  const Node* node = topology.find(end.node);
  if (node == nullptr) {
    problems.add(link.at, "endpoint {}:{} names a node that is not in the topology", end.node, end.interface);
  } else if (node->kind == NodeKind::kLinux && node->network_mode.empty() && end.interface == "eth0") {
    problems.add(link.at, "{}:eth0 is the management interface; use another name or network-mode: none", end.node);
  } else if (node->network_mode == "host") {
    problems.add(link.at, "node {} has network-mode host; use host:{} as the endpoint", end.node, end.interface);
  }
}

void check_links(const Topology& topology, Diagnostics& problems) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Link& link : topology.links) {
    std::size_t containers = 0;
    for (const LinkEnd& end : link.ends) {
      if (end.node.empty()) continue;  // reported when it was read
      check_end(topology, link, end, problems);
      const Node* node = topology.find(end.node);
      const bool in_container = node != nullptr && node->kind == NodeKind::kLinux;
      const bool unknown = node == nullptr && !of_this_machine(end);
      if (in_container || unknown) ++containers;  // an unknown node is reported once, by check_end
      const std::string where = in_container ? end.node : std::string("host");
      if (!seen.emplace(where, end.interface).second) {
        problems.add(link.at, "interface {}:{} is used by two links", end.node, end.interface);
      }
    }
    if (containers == 0) problems.add(link.at, "a link needs at least one end in a container");
  }
}

void check_waits(const Topology& topology, Diagnostics& problems) {
  for (const Node& node : topology.nodes) {
    for (const auto& [stage, waits] : node.wait_for) {
      for (const WaitFor& wait : waits) {
        const Node* target = topology.find(wait.node);
        if (target == nullptr) {
          problems.add(node.at, "node {} waits for '{}', which is not in the topology", node.name, wait.node);
        } else if (wait.stage == Stage::kHealthy && !target->healthcheck) {
          problems.add(node.at, "node {} waits for {} to be healthy, and {} has no healthcheck", node.name, wait.node,
                       wait.node);
        }
      }
    }
    const bool circle = std::ranges::any_of(
        kStages, [&](Stage stage) { return predecessors(topology, {node.name, stage}).contains({node.name, stage}); });
    if (circle) problems.add(node.at, "the waits of node {} form a circle", node.name);
  }
}

}  // namespace

void validate(const Topology& topology, Diagnostics& problems) {
  for (const Node& node : topology.nodes) {
    if (node.kind == NodeKind::kLinux) check_container(node, problems);
  }
  check_links(topology, problems);
  check_waits(topology, problems);
}

}  // namespace pathwise::lab
