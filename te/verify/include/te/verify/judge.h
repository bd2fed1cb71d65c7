// SPDX-License-Identifier: Apache-2.0
// Compares where probes of a segment list were seen with where they should have been. What should be is
// followed hop by hop as routers decide (RFC 8986, RFC 9800): towards the next segment's node by its
// algorithm's shortest paths, all of them, or over the link that a uA names. Where several next hops are
// equally short, each is as intended, and what was seen before narrows what comes after. Pure. One thread
// per PathJudge.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "te/algo/flex_algo.h"
#include "te/algo/node_ids.h"
#include "te/algo/spf.h"
#include "te/srv6/sid_map.h"
#include "te/topology/topology.h"
#include "te/verify/run.h"

namespace pathwise::te {

// Whose address is it: router ids, both ends of links, locators.
class NodeAddresses {
 public:
  explicit NodeAddresses(const TopologySnapshot& topology);
  // kNoNode: nobody's, or claimed by two.
  [[nodiscard]] NodeIndex find(const Ipv6Address& address) const;

 private:
  void add(const Ipv6Address& address, NodeIndex node);
  std::unordered_map<Ipv6Address, NodeIndex> exact_;
  std::map<Ipv6Prefix, NodeIndex> locators_;
  std::vector<std::uint8_t> locator_lengths_;  // those that occur, longest first
};

struct VerifyNetwork {
  TopologySnapshotPtr topology;                 // null: none
  std::optional<SidMap> sids;                   // absent: no SRv6 here
  std::vector<FlexAlgoDefinition> definitions;  // algorithm 0 is added if it is not there
  NodeName edge;                                // the router that our host is attached to
  std::optional<Ipv6Prefix> attachment;         // of the link to it, which the topology does not have
};

enum class VerifyVerdict : std::uint8_t {
  kAsIntended,   // arrived, and nobody was seen where he should not be
  kDeviates,     // somebody was
  kIncomplete,   // no answer from the far end
  kNotCompared,  // arrived, but what is intended is not known here
  kNotProbed,
};
[[nodiscard]] std::string_view to_string(VerifyVerdict verdict);

struct JudgedHop {
  std::vector<NodeName> intended;  // several: equally short ways. Empty: behind the end, or not known
  std::optional<NodeName> node;    // who answered; absent: silence, or an address that is nobody's
  HopObservation seen;
  bool deviates = false;
  friend bool operator==(const JudgedHop&, const JudgedHop&) = default;
};

struct JudgedPath {
  std::vector<JudgedHop> hops;  // by hop limit; the router that decapsulates, if it was seen, stands before the far end
  VerifyVerdict verdict = VerifyVerdict::kNotProbed;
  std::string detail;  // one line: where it deviates, ends, or why it was not compared
  friend bool operator==(const JudgedPath&, const JudgedPath&) = default;
};

class PathJudge {
 public:
  explicit PathJudge(VerifyNetwork network);
  // `carriers`: the segment list; empty: underlay.
  [[nodiscard]] JudgedPath judge(const std::vector<Ipv6Address>& carriers, const PathObservation& observation);

 private:
  // A packet at `node` with the first `done` segments behind it. kNoNode: past the endpoint's decapsulation.
  struct Place {
    NodeIndex node = kNoNode;
    std::size_t done = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  using Places = std::vector<Place>;  // sorted, without doubles
  struct Following;

  [[nodiscard]] Result<std::vector<Segment>> segments_of(const std::vector<Ipv6Address>& carriers) const;
  [[nodiscard]] Places after(const Places& places, const std::vector<Segment>& segments);
  void add_after(Place place, const std::vector<Segment>& segments, Places& out);
  [[nodiscard]] const std::vector<NodeIndex>& next_hops(Algorithm algorithm, NodeIndex from, NodeIndex target);
  [[nodiscard]] const FlexAlgoDefinition* definition(Algorithm algorithm) const;
  [[nodiscard]] NodeIndex node_of(const HopObservation& seen, std::size_t hop) const;
  void judge_hop(Following& following, const HopObservation& seen);
  void judge_node(Following& following, JudgedHop& hop, NodeIndex node) const;
  void judge_arrival(Following& following, JudgedHop& hop) const;
  void judge_endpoint(Following& following, const HopObservation& seen) const;
  void conclude(Following& following, const PathObservation& observation) const;
  [[nodiscard]] bool ends_at(const Place& place, const std::vector<Segment>& segments) const;
  [[nodiscard]] std::string names(const Places& places) const;

  VerifyNetwork network_;
  std::optional<NodeIds> ids_;
  std::optional<NodeAddresses> addresses_;
  std::map<Algorithm, std::vector<std::uint32_t>> costs_;
  std::map<std::pair<Algorithm, NodeIndex>, std::unique_ptr<Spf>> trees_;  // at most kMaxTrees
  std::map<std::tuple<Algorithm, NodeIndex, NodeIndex>, std::vector<NodeIndex>> next_hops_;
};

}  // namespace pathwise::te
