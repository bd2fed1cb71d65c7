// SPDX-License-Identifier: Apache-2.0
// uSIDs of the fabric (RFC 9800 NEXT-C-SID, 32-bit blocks, 16-bit ids): which SID means which node
// in which algorithm. Pure configuration; values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/ip.h"

namespace pathwise::te {

// One instruction of a path: go to `node` by `algorithm`'s shortest path (uN), and, with `neighbour`,
// leave it over its link to that neighbour (uA; algorithm 0).
struct Segment {
  Algorithm algorithm;
  NodeId node;
  std::optional<NodeId> neighbour = std::nullopt;
  friend bool operator==(const Segment&, const Segment&) = default;
};

class SidMap {
 public:
  // `blocks`: /32 per algorithm. `udt6_function`: the 16-bit function of every edge's uDT6, >= 0xE000.
  // `ua_function`: a node's uA to the neighbour with node id N has the function ua_function + N, so
  // that everybody knows every uA without a protocol that tells it. isisd takes its own from 0xE000 up.
  [[nodiscard]] static Result<SidMap> create(std::map<Algorithm, Ipv6Prefix> blocks, std::uint16_t udt6_function,
                                             std::uint16_t ua_function = kDefaultUaFunction);
  static constexpr std::uint16_t kDefaultUaFunction = 0xF000;

  // The node's locator, "fcbb:bb80:4::/48"; nullopt when the algorithm has no block.
  [[nodiscard]] std::optional<Ipv6Prefix> locator(Algorithm algorithm, NodeId node) const;
  // uN SID "fcbb:bb80:4::", uDT6 SID "fcbb:bb80:4:fe00::".
  [[nodiscard]] std::optional<Ipv6Address> node_sid(Algorithm algorithm, NodeId node) const;
  [[nodiscard]] std::optional<Ipv6Address> udt6_sid(Algorithm algorithm, NodeId node) const;
  // uA SID of `node` towards its neighbour, in algorithm 0: "fcbb:bb00:2:f011::". nullopt also if the
  // neighbour's id is too large for a function.
  [[nodiscard]] std::optional<Ipv6Address> adjacency_sid(NodeId node, NodeId neighbour) const;
  // The algorithm whose block holds `sid`.
  [[nodiscard]] std::optional<Algorithm> algorithm_of(const Ipv6Address& sid) const;
  // Whose locator this is; nullopt: no /48 of a node in one of our blocks.
  [[nodiscard]] std::optional<NodeId> node_of(const Ipv6Prefix& locator) const;
  // What a carrier asks for, in order: nodes, each perhaps with the neighbour that its uA leads to. Its
  // uDT6 function is none of them. Empty: in none of our blocks, or without a node.
  [[nodiscard]] std::vector<Segment> segments_of(const Ipv6Address& carrier) const;
  [[nodiscard]] const std::map<Algorithm, Ipv6Prefix>& blocks() const { return blocks_; }
  [[nodiscard]] std::uint16_t udt6_function() const { return udt6_function_; }

 private:
  std::map<Algorithm, Ipv6Prefix> blocks_;
  [[nodiscard]] std::optional<std::uint16_t> ua_function(NodeId neighbour) const;
  std::uint16_t udt6_function_ = 0;
  std::uint16_t ua_function_ = kDefaultUaFunction;
};

// The segments that a list of SIDs asks for, which must end at `edge`; behind a last uA the edge's own uN is added,
// because a uDT6 needs a node before it. kInvalidArgument: a SID of none of our blocks, or another end.
[[nodiscard]] Result<std::vector<Segment>> segments_to(const SidMap& map, const std::vector<Ipv6Address>& sids,
                                                       NodeId edge);
inline constexpr std::size_t kIdsPerCarrier = 6;  // 16-bit ids behind a 32-bit block

// Packs segments into uSID carriers (up to 6 ids behind a 32-bit block; a uA takes two, its node's and
// its function) and ends the last one with the endpoint's uDT6 function in the last segment's
// algorithm. Another block starts another carrier.
// Errors: no segments, an algorithm without a block, a uDT6 behind a uA, a uA outside algorithm 0.
[[nodiscard]] Result<std::vector<Ipv6Address>> pack_carriers(const SidMap& map, const std::vector<Segment>& segments,
                                                             bool append_udt6);

}  // namespace pathwise::te
