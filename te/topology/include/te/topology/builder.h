// SPDX-License-Identifier: Apache-2.0
// Turns nodes and links by name, in any order, into a TopologySnapshot. Sources (FRR's TED, gRPC,
// a JSON file) use it, so that pairing and the reasons for unusable links are decided once.
#pragma once

#include <map>
#include <set>
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

// What one direction of a link is known by. Parallel links differ in `local_address`, or, on unnumbered links,
// in `local_id`.
struct LinkId {
  NodeName from;
  NodeName to;
  Ipv6Address local_address;
  std::uint32_t local_id = 0;
  friend auto operator<=>(const LinkId&, const LinkId&) = default;
};
// "a -> b (fd00::1)", "a -> b (link id 7)", "a -> b".
[[nodiscard]] std::string to_string(const LinkId& id);

// IS-IS: a link of the largest metric is not for ordinary SPF (RFC 5305 section 3).
inline constexpr std::uint32_t kMaxLinkMetric = 0xFFFFFF;

// One thread. Reusable: build() leaves the input in place.
class TopologyBuilder {
 public:
  // Another node of the same name, or another link of the same LinkId, replaces the first; the answer is
  // then false.
  bool add_node(Node node);
  bool add_link(LinkByName link);
  // Something that the source itself found wrong, for the snapshot's `problems`.
  void add_problem(std::string problem);

  // Directions are paired by address (a's local is b's remote), else by link id, or, where both are missing,
  // if there is one candidate only; a paired link takes the remote address and id that it lacks from the
  // other direction. `unusable` is set, unless the source set it, with the reason, on links whose other
  // direction is not known and on links of the maximum metric. Links of unknown nodes are left out; a
  // minimum delay above the maximum counts as none.
  [[nodiscard]] TopologySnapshot build(std::uint64_t epoch, std::uint64_t version) const;

  // What contradicts itself in the input, each naming the element: what build() leaves out or does not
  // believe, and system ids and router ids that two nodes claim. Ascending, without add_problem()'s.
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  std::map<NodeName, Node> nodes_;
  std::map<LinkId, Link> links_;
  std::set<std::string> told_;  // by add_problem()
};

// The snapshot's links and nodes as build() takes them; a round trip gives the same snapshot.
[[nodiscard]] LinkId link_id(const TopologySnapshot& snapshot, const Link& link);

}  // namespace pathwise::te
