// SPDX-License-Identifier: Apache-2.0
#include "te/srv6/sid_map.h"

#include <utility>

namespace pathwise::te {
namespace {

constexpr std::uint8_t kBlockBits = 32;
constexpr std::uint8_t kLocatorBits = 48;
constexpr std::size_t kBlockGroups = 2;  // 16-bit groups of the block
static_assert(kIdsPerCarrier == 8 - kBlockGroups);
constexpr std::uint16_t kFirstFunction = 0xE000;  // ids from here are functions, not nodes

bool is_node(std::uint16_t id) {
  return id != 0 && id < kFirstFunction;
}

}  // namespace

Result<SidMap> SidMap::create(std::map<Algorithm, Ipv6Prefix> blocks, std::uint16_t udt6_function,
                              std::uint16_t ua_function) {
  if (udt6_function < kFirstFunction) {
    return fail(ErrorCode::kInvalidArgument, "uDT6 function {:x}: must be e000..ffff", udt6_function);
  }
  if (ua_function < kFirstFunction) {
    return fail(ErrorCode::kInvalidArgument, "uA function {:x}: must be e000..ffff", ua_function);
  }
  for (auto at = blocks.begin(); at != blocks.end(); ++at) {
    const auto& [algorithm, block] = *at;
    if (algorithm != kAlgorithmSpf && !is_flex_algo(algorithm)) {
      return fail(ErrorCode::kInvalidArgument, "block {}: algorithm {} is neither 0 nor 128..255", block, algorithm);
    }
    if (block.length != kBlockBits) {
      return fail(ErrorCode::kInvalidArgument, "block {} of algorithm {}: must be a /32", block, algorithm);
    }
    for (auto other = blocks.begin(); other != at; ++other) {
      if (other->second == block) {
        return fail(ErrorCode::kInvalidArgument, "block {}: algorithms {} and {} share it", block, other->first,
                    algorithm);
      }
    }
  }
  SidMap map;
  map.blocks_ = std::move(blocks);
  map.udt6_function_ = udt6_function;
  map.ua_function_ = ua_function;
  return map;
}

std::optional<Ipv6Prefix> SidMap::locator(Algorithm algorithm, NodeId node) const {
  const auto sid = node_sid(algorithm, node);
  if (!sid) return std::nullopt;
  return Ipv6Prefix{*sid, kLocatorBits};
}

std::optional<Ipv6Address> SidMap::node_sid(Algorithm algorithm, NodeId node) const {
  const auto block = blocks_.find(algorithm);
  if (block == blocks_.end() || !is_node(node.value())) return std::nullopt;
  Ipv6Address sid = block->second.address;
  sid.set_group(kBlockGroups, node.value());
  return sid;
}

std::optional<Ipv6Address> SidMap::udt6_sid(Algorithm algorithm, NodeId node) const {
  auto sid = node_sid(algorithm, node);
  if (sid) sid->set_group(kBlockGroups + 1, udt6_function_);
  return sid;
}

// The functions from ua_function up, as far as the uDT6's (if that comes later) or the end.
std::optional<std::uint16_t> SidMap::ua_function(NodeId neighbour) const {
  if (!is_node(neighbour.value())) return std::nullopt;
  const unsigned function = unsigned{ua_function_} + neighbour.value();
  const unsigned end = udt6_function_ > ua_function_ ? udt6_function_ : 0x10000U;
  return function < end ? std::optional(static_cast<std::uint16_t>(function)) : std::nullopt;
}

std::optional<Ipv6Address> SidMap::adjacency_sid(NodeId node, NodeId neighbour) const {
  auto sid = node_sid(kAlgorithmSpf, node);
  const auto function = ua_function(neighbour);
  if (!sid || !function) return std::nullopt;
  sid->set_group(kBlockGroups + 1, *function);
  return sid;
}

std::optional<Algorithm> SidMap::algorithm_of(const Ipv6Address& sid) const {
  for (const auto& [algorithm, block] : blocks_) {
    if (block.contains(sid)) return algorithm;
  }
  return std::nullopt;
}

std::optional<NodeId> SidMap::node_of(const Ipv6Prefix& locator) const {
  const NodeId node(locator.address.group(kBlockGroups));
  if (locator.length != kLocatorBits || !is_node(node.value()) || !algorithm_of(locator.address)) return std::nullopt;
  return node;
}

std::vector<Segment> SidMap::segments_of(const Ipv6Address& carrier) const {
  std::vector<Segment> segments;
  const auto algorithm = algorithm_of(carrier);
  if (!algorithm) return segments;
  for (std::size_t group = kBlockGroups; group < 8; ++group) {
    const std::uint16_t id = carrier.group(group);
    if (is_node(id)) {
      segments.push_back({*algorithm, NodeId(id)});
      continue;
    }
    if (segments.empty() || segments.back().neighbour || id <= ua_function_) break;
    const NodeId neighbour(static_cast<std::uint16_t>(id - ua_function_));
    if (*algorithm != kAlgorithmSpf || ua_function(neighbour) != id) break;  // uDT6, or none of ours
    segments.back().neighbour = neighbour;
  }
  return segments;
}

Result<std::vector<Segment>> segments_to(const SidMap& map, const std::vector<Ipv6Address>& sids, NodeId edge) {
  std::vector<Segment> segments;
  for (const Ipv6Address& sid : sids) {
    const auto asked = map.segments_of(sid);
    if (asked.empty()) {
      return fail(ErrorCode::kInvalidArgument, "SID {} names no node in any of the fabric's blocks", sid);
    }
    segments.insert(segments.end(), asked.begin(), asked.end());
  }
  const NodeId end = segments.empty() ? NodeId{} : segments.back().neighbour.value_or(segments.back().node);
  if (end != edge) {
    return fail(ErrorCode::kInvalidArgument, "the path ends at node {}, not at the endpoint's {}", end, edge);
  }
  if (segments.back().neighbour) segments.push_back({kAlgorithmSpf, edge});
  return segments;
}

Result<std::vector<Ipv6Address>> pack_carriers(const SidMap& map, const std::vector<Segment>& segments,
                                               bool append_udt6) {
  if (segments.empty()) return fail(ErrorCode::kInvalidArgument, "segment list: no hops");
  if (append_udt6 && segments.back().neighbour) {
    return fail(ErrorCode::kInvalidArgument, "segment list: ends with a uA, and uDT6 is looked up at a node");
  }
  std::vector<Ipv6Address> carriers;
  Algorithm algorithm = segments.front().algorithm;
  std::size_t used = kIdsPerCarrier;  // none is open
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    auto sid = map.node_sid(segment.algorithm, segment.node);
    std::optional<std::uint16_t> function;
    if (segment.neighbour) {
      sid = segment.algorithm == kAlgorithmSpf ? map.adjacency_sid(segment.node, *segment.neighbour) : std::nullopt;
      if (sid) function = sid->group(kBlockGroups + 1);
    } else if (append_udt6 && i + 1 == segments.size()) {
      function = map.udt6_function();
    }
    if (!sid) {
      return fail(ErrorCode::kInvalidArgument, "segment list: no SID for node id {} in algorithm {}", segment.node,
                  segment.algorithm);
    }
    // A function is looked up together with its node's id, so the two stay in one carrier.
    const std::size_t needed = function ? 2 : 1;
    if (used + needed > kIdsPerCarrier || segment.algorithm != algorithm) {
      carriers.push_back(map.blocks().at(segment.algorithm).address);
      algorithm = segment.algorithm;
      used = 0;
    }
    carriers.back().set_group(kBlockGroups + used++, segment.node.value());
    if (function) carriers.back().set_group(kBlockGroups + used++, *function);
  }
  return carriers;
}

}  // namespace pathwise::te
