// SPDX-License-Identifier: Apache-2.0
#include "pcep/daemon/path_computation.h"

#include "te/algo/cspf.h"
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
  return type == MetricType::kTe ? te::CspfObjective::kTe : te::CspfObjective::kIgp;
}

LinkKey key_of(const te::TopologySnapshot& topology, const te::Link& link) {
  return {topology.nodes[link.from].name, topology.nodes[link.to].name, link.local_address};
}

// What the LSP can have on each link.
std::vector<BitsPerSecond> available(const te::TopologySnapshot& topology, const LspRequest& request,
                                     const Reservations& held) {
  std::vector<BitsPerSecond> free;
  free.reserve(topology.links.size());
  for (const te::Link& link : topology.links) {
    const std::uint64_t all = link.max_reservable_bandwidth.value_or(BitsPerSecond{}).value();
    const std::uint64_t used = held.held(key_of(topology, link), request.setup_priority, request.key).value();
    free.emplace_back(all > used ? all - used : 0);
  }
  return free;
}

// Algorithm 0 alone if it can express the path: its SIDs do not move when a delay does. A path that it
// cannot express may use the Flex-Algos' SIDs.
Result<std::vector<te::NodeSegment>> encode(const te::TopologySnapshot& topology, const te::ComputedPath& path,
                                            const te::NodeIds& ids, const PceFabric& fabric) {
  Result<std::vector<te::NodeSegment>> plain = te::encode_path(topology, path, ids, {});
  if (plain || fabric.algorithms.size() < 2) return plain;
  return te::encode_path(topology, path, ids, {fabric.algorithms});
}

Srv6Subobject hop_of(const te::SidMap& sids, const te::NodeSegment& segment, const te::Node& node) {
  Srv6Subobject hop;
  hop.nai = NodeNai{node.router_id6};
  hop.behavior = kBehaviorEndNextCsid;
  hop.sid = sids.node_sid(segment.algorithm, segment.node);
  hop.structure = SidStructure{.block = 32, .node = 16, .function = 0, .argument = 80};
  return hop;
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
  cspf.bandwidth = request.bandwidth;
  const std::vector<BitsPerSecond> free =
      request.bandwidth ? available(topology, request, held) : std::vector<BitsPerSecond>{};
  cspf.available = free;
  cspf.exclude_any = groups_of(request.exclude_any);
  cspf.include_any = groups_of(request.include_any);
  cspf.include_all = groups_of(request.include_all);
  const Result<te::ComputedPath> path = te::compute_cspf(topology, cspf);
  if (!path) return std::unexpected(path.error());
  const te::NodeIds ids = te::NodeIds::from_locators(topology, fabric_.sids);
  const Result<std::vector<te::NodeSegment>> segments = encode(topology, *path, ids, fabric_);
  if (!segments) return std::unexpected(segments.error());
  ComputedLsp out{.delay = path->delay, .metric = path->cost};
  for (const te::NodeSegment& segment : *segments) {
    out.segments.push_back(hop_of(fabric_.sids, segment, topology.nodes[ids.node(segment.node)]));
    if (!out.segments.back().sid)
      return fail(ErrorCode::kFailedPrecondition, "algorithm {} has no SRv6 block", segment.algorithm);
  }
  out.nodes.push_back(topology.nodes[cspf.source].name);
  for (const te::LinkIndex index : path->links) {
    const te::Link& link = topology.links[index];
    out.links.push_back(key_of(topology, link));
    out.nodes.push_back(topology.nodes[link.to].name);
  }
  return out;
}

}  // namespace pathwise::pcep
