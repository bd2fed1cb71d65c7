// SPDX-License-Identifier: Apache-2.0
// A topology, and the paths that the tiers take over it now, as text and for Graphviz. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "graph_layout.h"
#include "te/snapshot/path_snapshot.h"
#include "te/topology/topology.h"

namespace pathwise::cli {

// A tier's active paths to all sites.
struct TierPaths {
  TierName tier;
  Color color;
  struct Path {
    SiteName site;
    std::vector<NodeName> nodes;  // our edge router first
  };
  std::vector<Path> paths;  // by site
};

// By color, then name. Paths whose nodes are not known (underlay, no topology) are left out; tiers stay.
[[nodiscard]] std::vector<TierPaths> tier_paths(const te::PathSnapshot& snapshot);

struct TopologyPicture {
  const te::TopologySnapshot& topology;
  std::string state;             // "live", "stale"; of a file: its name
  std::vector<TierPaths> tiers;  // none: of a file
};

[[nodiscard]] std::string topology_to_text(const TopologyPicture& picture);
// A digraph for neato or dot; each tier's links once, in its colour.
[[nodiscard]] std::string topology_to_dot(const TopologyPicture& picture);

// ---- what the pictures share ----

// The colour of the tier at this place: for strokes on white and on black alike (Okabe and Ito's, which those
// who see fewer colours can tell apart).
[[nodiscard]] std::string_view tier_colour(std::size_t tier);

// The directed hops of a tier, each once, with the sites whose paths take it.
using TierHops = std::map<std::pair<te::NodeIndex, te::NodeIndex>, std::vector<SiteName>>;
[[nodiscard]] TierHops hops_of(const te::TopologySnapshot& topology, const TierPaths& tier);

// Which sites hang on which node: ends of the tiers' paths. Our own edge router has "" as well.
[[nodiscard]] std::map<te::NodeIndex, std::vector<SiteName>> sites_at(const TopologyPicture& picture);
// The router at which the paths begin; kNoNode: there are none.
[[nodiscard]] te::NodeIndex head_of(const TopologyPicture& picture);

// layout() of the picture's nodes, our own edge router on the left. Not for more than kMaxDrawnNodes.
[[nodiscard]] std::vector<Point> place_nodes(const TopologyPicture& picture);
// One edge a link, whichever direction it is advertised in.
[[nodiscard]] std::vector<GraphEdge> edges_of(const te::TopologySnapshot& topology);

// For text between tags and in attributes. Control characters become spaces: XML 1.0 has none.
[[nodiscard]] std::string xml_escaped(std::string_view text);

// "8ms"; "8ms (7ms–9ms)" if they differ; "-" if unknown.
[[nodiscard]] std::string delay_text(const te::Link& link);
// Of both directions, for a label: "8.5ms", or "8.5ms/12ms" in the order of the link's ends if they differ by
// more than a tenth (measured ones are never quite the same). Two digits.
[[nodiscard]] std::string delay_label(const te::TopologySnapshot& topology, const te::Link& link);

}  // namespace pathwise::cli
