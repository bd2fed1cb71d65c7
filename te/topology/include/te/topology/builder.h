// SPDX-License-Identifier: Apache-2.0
// Turns nodes and links by name, in any order, into a TopologySnapshot. Sources (FRR's TED, gRPC,
// a JSON file) use it, so that pairing and the reasons for unusable links are decided once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "te/topology/topology.h"

namespace pathwise::te {

// One direction of a link by name. `attributes` holds all but from, to and reverse, which build() sets.
struct LinkByName {
  NodeName from;
  NodeName to;
  Link attributes;
};

// What one direction of a link is known by. Parallel links differ in `local_address`.
struct LinkId {
  NodeName from;
  NodeName to;
  Ipv6Address local_address;
  friend auto operator<=>(const LinkId&, const LinkId&) = default;
};

// IS-IS: a link of the largest metric is not for ordinary SPF (RFC 5305 section 3).
inline constexpr std::uint32_t kMaxLinkMetric = 0xFFFFFF;

// One thread. Reusable: build() leaves the input in place.
class TopologyBuilder {
 public:
  // Another node of the same name, or another link of the same LinkId, replaces the first.
  void add_node(Node node);
  void add_link(LinkByName link);

  // Directions are paired by address (a's local is b's remote), or, where addresses are missing, if
  // there is one candidate only; a paired link takes the remote address that it lacks from the other
  // direction. `unusable` is set, unless the source set it, on links without an
  // other direction and on links of the maximum metric. Links of unknown nodes are left out.
  [[nodiscard]] TopologySnapshot build(std::uint64_t epoch, std::uint64_t version) const;

  // The links that build() leaves out, each with the reason.
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  std::map<NodeName, Node> nodes_;
  std::map<LinkId, Link> links_;
};

// The snapshot's links and nodes as build() takes them; a round trip gives the same snapshot.
[[nodiscard]] LinkId link_id(const TopologySnapshot& snapshot, const Link& link);

}  // namespace pathwise::te
