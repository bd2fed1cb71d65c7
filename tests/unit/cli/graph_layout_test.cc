// SPDX-License-Identifier: Apache-2.0
#include "graph_layout.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <iostream>

#include "base/random.h"

namespace pathwise::cli {
namespace {

double apart(Point a, Point b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

TEST(GraphLayout, AChainIsStraightAndEvenlySpaced) {
  const std::vector<GraphEdge> edges{{0, 1}, {1, 2}, {2, 3}, {3, 4}};
  const auto points = layout(5, edges);
  for (const auto& [a, b] : edges) EXPECT_NEAR(apart(points[a], points[b]), 1, 0.05);
  for (const Point& point : points) EXPECT_NEAR(point.y, 0, 0.05);
  EXPECT_NEAR(apart(points[0], points[4]), 4, 0.1);
}

TEST(GraphLayout, TheSameGraphGivesTheSamePicture) {
  const std::vector<GraphEdge> edges{{0, 1}, {1, 2}, {2, 0}, {2, 3}};
  EXPECT_EQ(layout(4, edges), layout(4, edges));
}

TEST(GraphLayout, AGridUnfolds) {
  constexpr std::size_t kSide = 8;
  std::vector<GraphEdge> edges;
  for (std::size_t y = 0; y < kSide; ++y) {
    for (std::size_t x = 0; x < kSide; ++x) {
      if (x + 1 < kSide) edges.emplace_back(y * kSide + x, y * kSide + x + 1);
      if (y + 1 < kSide) edges.emplace_back(y * kSide + x, (y + 1) * kSide + x);
    }
  }
  const auto points = layout(kSide * kSide, edges);
  for (const auto& [a, b] : edges) EXPECT_NEAR(apart(points[a], points[b]), 1, 0.45);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j) EXPECT_GT(apart(points[i], points[j]), 0.4);
  }
}

TEST(GraphLayout, NodesThatAreAlikeAndPartsThatAreApartDoNotMeet) {
  // Two leaves of one hub, and a pair without a link to them.
  const std::vector<GraphEdge> edges{{0, 1}, {0, 2}, {3, 4}};
  const auto points = layout(6, edges);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j) EXPECT_GT(apart(points[i], points[j]), 0.3) << i << ' ' << j;
  }
  EXPECT_EQ(layout(0, {}).size(), 0U);
  EXPECT_EQ(layout(1, {}).size(), 1U);
}

TEST(GraphLayout, BoxesDoNotOverlapAfterwards) {
  Random random(1);
  std::vector<Point> points(60);
  for (Point& point : points) point = {random.uniform(0, 900), random.uniform(0, 600)};
  const std::vector<Box> boxes(points.size(), Box{80, 30});
  separate(points, boxes, {});
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j) {
      const bool clear = std::abs(points[i].x - points[j].x) > 79 || std::abs(points[i].y - points[j].y) > 29;
      EXPECT_TRUE(clear) << i << ' ' << j;
    }
  }
}

TEST(GraphLayout, ANodeIsMovedOffAnEdgeThatWouldRunUnderIt) {
  std::vector<Point> points{{0, 0}, {300, 0}, {150, 2}};
  separate(points, std::vector<Box>(3, Box{60, 30}), std::vector<GraphEdge>{{0, 1}});
  EXPECT_GT(std::abs(points[2].y - points[0].y), 14);
}

TEST(GraphLayout, TheLargestThatIsDrawnTakesSeconds) {
#ifdef NDEBUG
  constexpr std::size_t kNodes = kMaxDrawnNodes;
#else  // a build with sanitizers is twenty times slower, and says nothing about time
  constexpr std::size_t kNodes = kMaxDrawnNodes / 8;
#endif
  Random random(2);
  std::vector<GraphEdge> edges;
  for (std::size_t node = 1; node < kNodes; ++node) {
    edges.emplace_back(node, static_cast<std::size_t>(random.uniform(0, static_cast<double>(node))));
    edges.emplace_back(node, static_cast<std::size_t>(random.uniform(0, static_cast<double>(node))));
  }
  const auto start = std::chrono::steady_clock::now();
  const auto points = layout(kNodes, edges);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  std::cout << "  layout of " << kNodes << " nodes: " << took.count() << " ms\n";
  EXPECT_LT(took, std::chrono::seconds(30));
  for (const Point& point : points) ASSERT_TRUE(std::isfinite(point.x) && std::isfinite(point.y));
}

}  // namespace
}  // namespace pathwise::cli
