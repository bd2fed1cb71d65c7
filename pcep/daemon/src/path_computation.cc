// SPDX-License-Identifier: Apache-2.0
#include "pcep/daemon/path_computation.h"

#include <algorithm>

#include "te/algo/encode.h"

namespace pathwise::pcep {
namespace {

te::AdminGroups groups_of(std::uint32_t mask) {
  te::AdminGroups groups;
  groups.words[0] = mask;
  return groups;
}

te::CspfObjective objective_of(MetricType type) {
  if (type == MetricType::kPathDelay) return te::CspfObjective::kDelay;
  if (type == MetricType::kHopCount) return te::CspfObjective::kHops;
  return type == MetricType::kTe ? te::CspfObjective::kTe : te::CspfObjective::kIgp;
}

LinkKey key_of(const te::TopologySnapshot& topology, const te::Link& link) {
  return {topology.nodes[link.from].name, topology.nodes[link.to].name, link.local_address};
}

// kNoLink: the topology has it no more.
te::LinkIndex find_link(const te::TopologySnapshot& topology, const LinkKey& key) {
  const te::NodeIndex from = topology.find(key.from);
  const te::NodeIndex to = topology.find(key.to);
  if (from == te::kNoNode || to == te::kNoNode) return te::kNoLink;
  for (te::LinkIndex link = topology.first_link[from]; link < topology.first_link[from + 1]; ++link) {
    if (topology.links[link].to == to && topology.links[link].local_address == key.local) return link;
  }
  return te::kNoLink;
}

// What the LSP can have on each link. Few links of a large network have reservations: only those are looked up.
std::vector<BitsPerSecond> available(const te::TopologySnapshot& topology, const LspRequest& request,
                                     const Reservations& held) {
  std::vector<BitsPerSecond> free;
  free.reserve(topology.links.size());
  for (const te::Link& link : topology.links) free.push_back(link.max_reservable_bandwidth.value_or(BitsPerSecond{}));
  held.for_each_link([&](const LinkKey& key) {
    const te::LinkIndex link = find_link(topology, key);
    if (link == te::kNoLink) return;
    const std::uint64_t used = held.held(key, request.setup_priority, request.key).value();
    free[link] = BitsPerSecond(free[link].value() - std::min(free[link].value(), used));
  });
  return free;
}

// How many carriers the headend can push, if it says so.
std::optional<std::size_t> depth_of(const te::Node& headend) {
  if (!headend.depths.max_h_encaps) return std::nullopt;
  return *headend.depths.max_h_encaps;
}

// A path that was computed under a bound or holds a reservation is pinned to its links: by shortest paths
// it would wander off when a metric changes, away from what it reserved. Where that needs more than the headend
// can push, and for the others, the fewest SIDs: of algorithm 0 if they can express the path, else of the
// Flex-Algos too, whose definitions and routes are one thing more that must hold.
Result<std::vector<te::Segment>> encode(const te::TopologySnapshot& topology, const te::ComputedPath& path,
                                        const te::NodeIds& ids, const PceFabric& fabric, bool pinned) {
  te::SegmentOptions options{
      .adjacencies = &fabric.sids, .pin = pinned, .max_carriers = depth_of(topology.nodes[path.source])};
  if (pinned) {
    if (auto segments = te::encode_path(topology, path, ids, options)) return segments;
    options.pin = false;
  }
  Result<std::vector<te::Segment>> plain = te::encode_path(topology, path, ids, options);
  if (plain || fabric.algorithms.size() < 2) return plain;
  options.algorithms = fabric.algorithms;
  return te::encode_path(topology, path, ids, options);
}

// kFailedPrecondition: the segment has no SID.
Result<Srv6Subobject> hop_of(const te::SidMap& sids, const te::Segment& segment, const te::NodeIds& ids,
                             const te::TopologySnapshot& topology) {
  const te::NodeIndex node = ids.node(segment.node);
  Srv6Subobject hop;
  hop.nai = NodeNai{topology.nodes[node].router_id6};
  hop.behavior = kBehaviorEndNextCsid;
  hop.sid = sids.node_sid(segment.algorithm, segment.node);
  hop.structure = SidStructure{.block = 32, .node = 16, .function = 0, .argument = 80};
  if (segment.neighbour) {
    const te::Link& link = topology.links[te::adjacency_link(topology, node, ids.node(*segment.neighbour))];
    hop.nai = AdjacencyNai{link.local_address, link.remote_address};
    hop.behavior = kBehaviorEndXNextCsid;
    hop.sid = sids.adjacency_sid(segment.node, *segment.neighbour);
    hop.structure = SidStructure{.block = 32, .node = 16, .function = 16, .argument = 64};
  }
  if (hop.sid) return hop;
  return fail(ErrorCode::kFailedPrecondition, "no SID for {} in algorithm {}", topology.nodes[node].name,
              segment.algorithm);
}

}  // namespace

Result<ComputedLsp> PathComputation::operator()(const LspRequest& request, const Reservations& held) const {
  if (!topology_) return fail(ErrorCode::kUnavailable, "no topology yet");
  const te::TopologySnapshot& topology = *topology_;
  te::CspfRequest cspf;
  cspf.source = topology.find_router_id(request.source);
  cspf.destination = topology.find_router_id(request.destination);
  if (cspf.source == te::kNoNode) return fail(ErrorCode::kNotFound, "unknown source {}", request.source);
  if (cspf.destination == te::kNoNode) return fail(ErrorCode::kNotFound, "unknown destination {}", request.destination);
  cspf.optimise = objective_of(request.optimise);
  cspf.max_delay = request.max_delay;
  cspf.max_igp = request.max_igp;
  cspf.max_te = request.max_te;
  cspf.max_hops = request.max_hops;
  cspf.bandwidth = request.bandwidth;
  const std::vector<BitsPerSecond> free =
      request.bandwidth ? available(topology, request, held) : std::vector<BitsPerSecond>{};
  cspf.available = free;
  cspf.exclude_any = groups_of(request.exclude_any);
  cspf.include_any = groups_of(request.include_any);
  cspf.include_all = groups_of(request.include_all);
  const Result<te::ComputedPath> path = cspf_.compute(topology, cspf);
  if (!path) return std::unexpected(path.error());
  const te::NodeIds ids = te::NodeIds::from_locators(topology, fabric_.sids);
  const bool pinned = request.bandwidth || request.max_delay || request.max_igp || request.max_te || request.max_hops;
  const Result<std::vector<te::Segment>> segments = encode(topology, *path, ids, fabric_, pinned);
  if (!segments) return std::unexpected(segments.error());
  ComputedLsp out{.delay = path->delay, .metric = path->cost};
  for (const te::Segment& segment : *segments) {
    auto hop = hop_of(fabric_.sids, segment, ids, topology);
    if (!hop) return std::unexpected(hop.error());
    out.segments.push_back(*hop);
  }
  out.nodes.push_back(topology.nodes[cspf.source].name);
  for (const te::LinkIndex index : path->links) {
    const te::Link& link = topology.links[index];
    out.links.push_back(key_of(topology, link));
    out.capacities.push_back(link.max_reservable_bandwidth.value_or(BitsPerSecond{}));
    out.nodes.push_back(topology.nodes[link.to].name);
  }
  return out;
}

}  // namespace pathwise::pcep
