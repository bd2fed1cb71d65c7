// SPDX-License-Identifier: Apache-2.0
// uSIDs of the fabric (RFC 9800 NEXT-C-SID, 32-bit blocks, 16-bit ids): which SID means which node
// in which algorithm. Pure configuration; values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/ip.h"

namespace pathwise::te {

class SidMap {
 public:
  // `blocks`: /32 per algorithm. `udt6_function`: the 16-bit function of every edge's uDT6, >= 0xE000.
  [[nodiscard]] static Result<SidMap> create(std::map<Algorithm, Ipv6Prefix> blocks, std::uint16_t udt6_function);

  // The node's locator, "fcbb:bb80:4::/48"; nullopt when the algorithm has no block.
  [[nodiscard]] std::optional<Ipv6Prefix> locator(Algorithm algorithm, NodeId node) const;
  // uN SID "fcbb:bb80:4::", uDT6 SID "fcbb:bb80:4:fe00::".
  [[nodiscard]] std::optional<Ipv6Address> node_sid(Algorithm algorithm, NodeId node) const;
  [[nodiscard]] std::optional<Ipv6Address> udt6_sid(Algorithm algorithm, NodeId node) const;
  // The algorithm whose block holds `sid`.
  [[nodiscard]] std::optional<Algorithm> algorithm_of(const Ipv6Address& sid) const;
  // Node ids that a carrier visits, in order; its uDT6 function is not one of them.
  [[nodiscard]] std::vector<NodeId> nodes_of(const Ipv6Address& carrier) const;
  [[nodiscard]] const std::map<Algorithm, Ipv6Prefix>& blocks() const { return blocks_; }
  [[nodiscard]] std::uint16_t udt6_function() const { return udt6_function_; }

 private:
  std::map<Algorithm, Ipv6Prefix> blocks_;
  std::uint16_t udt6_function_ = 0;
};

// One hop of a path as a uSID: node `node` reached by algorithm `algorithm`'s shortest path.
struct NodeSegment {
  Algorithm algorithm;
  NodeId node;
  friend bool operator==(const NodeSegment&, const NodeSegment&) = default;
};

// Packs hops into uSID carriers (up to 6 ids behind a 32-bit block) and ends the last one with the
// endpoint's uDT6 function in the last hop's algorithm. Another block starts another carrier.
// Errors: no hops, or an algorithm without a block.
[[nodiscard]] Result<std::vector<Ipv6Address>> pack_carriers(const SidMap& map, const std::vector<NodeSegment>& hops,
                                                             bool append_udt6);

}  // namespace pathwise::te
