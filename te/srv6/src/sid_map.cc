// SPDX-License-Identifier: Apache-2.0
#include "te/srv6/sid_map.h"

#include <utility>

namespace pathwise::te {
namespace {

constexpr std::uint8_t kBlockBits = 32;
constexpr std::uint8_t kLocatorBits = 48;
constexpr std::size_t kBlockGroups = 2;                   // 16-bit groups of the block
constexpr std::size_t kIdsPerCarrier = 8 - kBlockGroups;  // ids behind it
constexpr std::uint16_t kFirstFunction = 0xE000;          // ids from here are functions, not nodes

bool is_node(std::uint16_t id) {
  return id != 0 && id < kFirstFunction;
}

}  // namespace

Result<SidMap> SidMap::create(std::map<Algorithm, Ipv6Prefix> blocks, std::uint16_t udt6_function) {
  if (udt6_function < kFirstFunction) {
    return fail(ErrorCode::kInvalidArgument, "uDT6 function {:x}: must be e000..ffff", udt6_function);
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

std::optional<Algorithm> SidMap::algorithm_of(const Ipv6Address& sid) const {
  for (const auto& [algorithm, block] : blocks_) {
    if (block.contains(sid)) return algorithm;
  }
  return std::nullopt;
}

std::vector<NodeId> SidMap::nodes_of(const Ipv6Address& carrier) const {
  std::vector<NodeId> nodes;
  if (!algorithm_of(carrier)) return nodes;
  for (std::size_t group = kBlockGroups; group < 8 && is_node(carrier.group(group)); ++group) {
    nodes.emplace_back(carrier.group(group));
  }
  return nodes;
}

Result<std::vector<Ipv6Address>> pack_carriers(const SidMap& map, const std::vector<NodeSegment>& hops,
                                               bool append_udt6) {
  if (hops.empty()) return fail(ErrorCode::kInvalidArgument, "segment list: no hops");
  std::vector<Ipv6Address> carriers;
  Algorithm algorithm = hops.front().algorithm;
  std::size_t used = kIdsPerCarrier;  // none is open
  for (std::size_t i = 0; i < hops.size(); ++i) {
    const NodeSegment& hop = hops[i];
    const auto sid = map.node_sid(hop.algorithm, hop.node);
    if (!sid) {
      return fail(ErrorCode::kInvalidArgument, "segment list: no SID for node id {} in algorithm {}", hop.node,
                  hop.algorithm);
    }
    // End.DT6 is looked up together with its node's id, so the two stay in one carrier.
    const std::size_t needed = append_udt6 && i + 1 == hops.size() ? 2 : 1;
    if (used + needed > kIdsPerCarrier || hop.algorithm != algorithm) {
      carriers.push_back(map.blocks().at(hop.algorithm).address);
      algorithm = hop.algorithm;
      used = 0;
    }
    carriers.back().set_group(kBlockGroups + used++, hop.node.value());
    if (needed == 2) carriers.back().set_group(kBlockGroups + used++, map.udt6_function());
  }
  return carriers;
}

}  // namespace pathwise::te
