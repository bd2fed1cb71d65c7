// SPDX-License-Identifier: Apache-2.0
#include "graph_layout.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <numeric>

namespace pathwise::cli {
namespace {

constexpr int kPowerIterations = 60;
constexpr int kStressIterations = 200;
constexpr double kSettled = 1e-3;  // hops that the furthest node moved in one iteration
constexpr int kSeparateIterations = 80;
constexpr std::uint16_t kApart = std::numeric_limits<std::uint16_t>::max();

using Distances = std::vector<std::uint16_t>;  // nodes × nodes, hops

// Breadth first from every node. Parts that are not connected are put one hop further apart than the
// longest distance within one.
Distances hop_distances(std::size_t nodes, std::span<const GraphEdge> edges) {
  std::vector<std::vector<std::size_t>> neighbours(nodes);
  for (const auto& [a, b] : edges) {
    neighbours[a].push_back(b);
    neighbours[b].push_back(a);
  }
  Distances distances(nodes * nodes, kApart);
  std::uint16_t longest = 1;
  std::vector<std::size_t> queue;
  for (std::size_t from = 0; from < nodes; ++from) {
    const auto row = std::span(distances).subspan(from * nodes, nodes);
    row[from] = 0;
    queue.assign(1, from);
    for (std::size_t head = 0; head < queue.size(); ++head) {
      for (const std::size_t next : neighbours[queue[head]]) {
        if (row[next] != kApart) continue;
        row[next] = static_cast<std::uint16_t>(row[queue[head]] + 1);
        longest = std::max(longest, row[next]);
        queue.push_back(next);
      }
    }
  }
  std::ranges::replace(distances, kApart, static_cast<std::uint16_t>(longest + 1));
  return distances;
}

// A point of a spiral, the same for the same index: breaks ties between nodes that are alike.
Point spiral(std::size_t index, double size) {
  const double angle = static_cast<double>(index) * std::numbers::pi * (3 - std::sqrt(5.0));  // golden
  const double radius = size * std::sqrt(static_cast<double>(index) + 0.5);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

// The leading eigenvector of the doubly centred matrix of -d²/2 that is orthogonal to `before`, scaled by the
// root of its eigenvalue (classical scaling), by power iteration.
std::vector<double> principal_axis(const std::vector<double>& centred, std::size_t nodes,
                                   const std::vector<double>& before) {
  std::vector<double> axis(nodes);
  for (std::size_t i = 0; i < nodes; ++i) axis[i] = spiral(i, 1).x + 1e-3 * static_cast<double>(i % 7);
  double eigenvalue = 0;
  std::vector<double> next(nodes);
  for (int iteration = 0; iteration < kPowerIterations; ++iteration) {
    double along = 0;
    double size = 0;
    for (std::size_t i = 0; i < nodes; ++i) {
      along += before[i] * axis[i];
      size += before[i] * before[i];
    }
    for (std::size_t i = 0; i < nodes && size > 0; ++i) axis[i] -= along / size * before[i];
    for (std::size_t i = 0; i < nodes; ++i) {
      next[i] = 0;
      for (std::size_t j = 0; j < nodes; ++j) next[i] += centred[i * nodes + j] * axis[j];
    }
    eigenvalue = std::sqrt(std::inner_product(next.begin(), next.end(), next.begin(), 0.0));
    if (eigenvalue < 1e-9) return std::vector<double>(nodes, 0.0);
    for (std::size_t i = 0; i < nodes; ++i) axis[i] = next[i] / eigenvalue;
  }
  for (double& value : axis) value *= std::sqrt(eigenvalue);
  return axis;
}

std::vector<Point> classical_scaling(const Distances& distances, std::size_t nodes) {
  std::vector<double> centred(nodes * nodes);
  std::vector<double> row_mean(nodes);
  double mean = 0;
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t j = 0; j < nodes; ++j) {
      const double d = distances[i * nodes + j];
      centred[i * nodes + j] = -d * d / 2;
      row_mean[i] += centred[i * nodes + j] / static_cast<double>(nodes);
    }
    mean += row_mean[i] / static_cast<double>(nodes);
  }
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t j = 0; j < nodes; ++j) centred[i * nodes + j] += mean - row_mean[i] - row_mean[j];
  }
  const auto x = principal_axis(centred, nodes, std::vector<double>(nodes, 0.0));
  const auto y = principal_axis(centred, nodes, x);
  std::vector<Point> points(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    const Point nudge = spiral(i, 0.02);
    points[i] = {x[i] + nudge.x, y[i] + nudge.y};
  }
  return points;
}

// Moves node i to where the others would have it, nearer ones with more weight. Returns how far.
double majorise(std::vector<Point>& points, const Distances& distances, std::size_t i) {
  const std::size_t nodes = points.size();
  Point wanted{};
  double weights = 0;
  for (std::size_t j = 0; j < nodes; ++j) {
    if (j == i) continue;
    const double d = distances[i * nodes + j];
    const double weight = 1 / (d * d);
    const double dx = points[i].x - points[j].x;
    const double dy = points[i].y - points[j].y;
    const double stretch = d / std::sqrt(std::max(dx * dx + dy * dy, 1e-12));
    wanted.x += weight * (points[j].x + stretch * dx);
    wanted.y += weight * (points[j].y + stretch * dy);
    weights += weight;
  }
  wanted.x /= weights;
  wanted.y /= weights;
  const double moved = std::hypot(wanted.x - points[i].x, wanted.y - points[i].y);
  points[i] = wanted;
  return moved;
}

// Turns the points so that they are widest along x, about their centre.
void straighten(std::vector<Point>& points) {
  Point centre{};
  for (const Point& point : points) {
    centre.x += point.x / static_cast<double>(points.size());
    centre.y += point.y / static_cast<double>(points.size());
  }
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (Point& point : points) {
    point.x -= centre.x;
    point.y -= centre.y;
    xx += point.x * point.x;
    xy += point.x * point.y;
    yy += point.y * point.y;
  }
  const double angle = std::atan2(2 * xy, xx - yy) / 2;
  for (Point& point : points) {
    point = {point.x * std::cos(angle) + point.y * std::sin(angle),
             -point.x * std::sin(angle) + point.y * std::cos(angle)};
  }
}

bool push_boxes_apart(std::vector<Point>& points, std::span<const Box> boxes) {
  bool moved = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j) {
      const double dx = points[j].x - points[i].x;
      const double dy = points[j].y - points[i].y;
      const double over_x = (boxes[i].width + boxes[j].width) / 2 - std::abs(dx);
      const double over_y = (boxes[i].height + boxes[j].height) / 2 - std::abs(dy);
      if (over_x <= 0 || over_y <= 0) continue;
      moved = true;
      if (over_x < over_y) {
        const double step = std::copysign(over_x / 2 + 0.5, dx);
        points[i].x -= step;
        points[j].x += step;
      } else {
        const double step = std::copysign(over_y / 2 + 0.5, dy);
        points[i].y -= step;
        points[j].y += step;
      }
    }
  }
  return moved;
}

bool push_off_edges(std::vector<Point>& points, std::span<const Box> boxes, std::span<const GraphEdge> edges) {
  bool moved = false;
  for (const auto& [a, b] : edges) {
    const double dx = points[b].x - points[a].x;
    const double dy = points[b].y - points[a].y;
    const double length = std::hypot(dx, dy);
    if (length < 1) continue;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (i == a || i == b) continue;
      const double along = ((points[i].x - points[a].x) * dx + (points[i].y - points[a].y) * dy) / (length * length);
      if (along <= 0 || along >= 1) continue;
      const double off = ((points[i].x - points[a].x) * -dy + (points[i].y - points[a].y) * dx) / length;
      // Half of the box as the edge sees it.
      const double room = (boxes[i].width * std::abs(dy) + boxes[i].height * std::abs(dx)) / length / 2;
      if (std::abs(off) >= room) continue;
      moved = true;
      const double step = std::copysign(std::min(room - std::abs(off) + 0.5, room / 4), off);
      points[i].x += -dy / length * step;
      points[i].y += dx / length * step;
    }
  }
  return moved;
}

}  // namespace

std::vector<Point> layout(std::size_t nodes, std::span<const GraphEdge> edges) {
  if (nodes < 2) return std::vector<Point>(nodes);
  const Distances distances = hop_distances(nodes, edges);
  std::vector<Point> points = classical_scaling(distances, nodes);
  for (int iteration = 0; iteration < kStressIterations; ++iteration) {
    double furthest = 0;
    for (std::size_t i = 0; i < nodes; ++i) furthest = std::max(furthest, majorise(points, distances, i));
    if (furthest < kSettled) break;
  }
  straighten(points);
  return points;
}

void separate(std::vector<Point>& points, std::span<const Box> boxes, std::span<const GraphEdge> edges) {
  for (int iteration = 0; iteration < kSeparateIterations; ++iteration) {
    const bool off = push_off_edges(points, boxes, edges);
    const bool apart = push_boxes_apart(points, boxes);
    if (!off && !apart) return;
  }
}

}  // namespace pathwise::cli
