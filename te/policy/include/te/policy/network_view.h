// SPDX-License-Identifier: Apache-2.0
// What the engine asks of the topology: is there a path, through which nodes, how long. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/units.h"
#include "te/algo/flex_algo.h"
#include "te/algo/node_ids.h"
#include "te/algo/spf.h"
#include "te/srv6/sid_map.h"
#include "te/topology/topology.h"

namespace pathwise::te {

struct TracedPath {
  std::vector<NodeName> nodes;        // both ends included
  std::optional<Microseconds> delay;  // one way, sum of the links' minimum delays; nullopt: a link has none
  friend bool operator==(const TracedPath&, const TracedPath&) = default;
};

class NetworkView {
 public:
  virtual ~NetworkView() = default;
  // The algorithm's shortest path (one of them if several). kNotFound: the endpoint is not reachable
  // in it. kUnavailable: this view cannot tell (no definition, nobody announces the algorithm).
  [[nodiscard]] virtual Result<TracedPath> shortest(Algorithm algorithm, const NodeName& from, const NodeName& to) = 0;
  // Where packets with this segment list go, as far as can be told.
  [[nodiscard]] virtual std::optional<TracedPath> trace(const NodeName& from,
                                                        const std::vector<Ipv6Address>& carriers) = 0;
};

// Over one snapshot; keeps the shortest paths of each (algorithm, source) and the traces that it was asked for: the
// engine asks for the same ones at each step.
class TopologyView final : public NetworkView {
 public:
  TopologyView(TopologySnapshotPtr topology, SidMap map, std::vector<FlexAlgoDefinition> definitions);
  [[nodiscard]] Result<TracedPath> shortest(Algorithm algorithm, const NodeName& from, const NodeName& to) override;
  [[nodiscard]] std::optional<TracedPath> trace(const NodeName& from,
                                                const std::vector<Ipv6Address>& carriers) override;

  // Node ids and locators of the topology that contradict each other: paths of these nodes are unknown.
  [[nodiscard]] const std::vector<std::string>& id_conflicts() const { return ids_.conflicts(); }

 private:
  struct Tree {
    std::vector<std::uint32_t> costs;
    Spf spf;
  };
  [[nodiscard]] const FlexAlgoDefinition* definition(Algorithm algorithm) const;
  [[nodiscard]] const Tree& tree(const FlexAlgoDefinition& definition, NodeIndex from);
  [[nodiscard]] std::optional<TracedPath> find_trace(const NodeName& from,
                                                     const std::vector<Ipv6Address>& carriers) const;
  [[nodiscard]] TracedPath along(NodeIndex from, const std::vector<LinkIndex>& links) const;

  TopologySnapshotPtr topology_;
  SidMap map_;
  std::vector<FlexAlgoDefinition> definitions_;  // with algorithm 0
  NodeIds ids_;
  std::map<std::pair<Algorithm, NodeIndex>, std::unique_ptr<Tree>> trees_;
  std::map<std::pair<NodeName, std::vector<Ipv6Address>>, std::optional<TracedPath>> traces_;
};

}  // namespace pathwise::te
