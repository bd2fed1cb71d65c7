// SPDX-License-Identifier: Apache-2.0
// Where to draw the nodes of a graph. Stress majorisation (Gansner, Koren, North: "Graph Drawing by Stress
// Majorization", GD 2004), begun from classical scaling: distances on paper come as near as they can to
// distances in hops. The same graph gives the same picture. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace pathwise::cli {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

using GraphEdge = std::pair<std::size_t, std::size_t>;

// Quadratic in memory and, per iteration, in time: a second for this many nodes.
inline constexpr std::size_t kMaxDrawnNodes = 1000;

// Unit: a hop. The longest axis lies along x, the centre at 0. Parts without a link between them are kept apart.
[[nodiscard]] std::vector<Point> layout(std::size_t nodes, std::span<const GraphEdge> edges);

struct Box {
  double width = 0;
  double height = 0;
};

// Moves nodes apart whose boxes (about their points) overlap, and away from edges that would run under
// them, by no more than needed.
void separate(std::vector<Point>& points, std::span<const Box> boxes, std::span<const GraphEdge> edges);

}  // namespace pathwise::cli
