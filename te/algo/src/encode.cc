// SPDX-License-Identifier: Apache-2.0
#include "te/algo/encode.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

Result<std::vector<NodeIndex>> nodes_along(const TopologySnapshot& snapshot, const ComputedPath& path) {
  if (path.source >= snapshot.nodes.size()) return fail(ErrorCode::kInvalidArgument, "path: no such source");
  std::vector<NodeIndex> nodes{path.source};
  for (const LinkIndex link : path.links) {
    if (link >= snapshot.links.size() || snapshot.links[link].from != nodes.back()) {
      return fail(ErrorCode::kInvalidArgument, "path: link {} does not leave {}", link,
                  snapshot.nodes[nodes.back()].name);
    }
    nodes.push_back(snapshot.links[link].to);
  }
  return nodes;
}

// From each position, for one algorithm: the last position that its only shortest path reaches over
// the path's links. A part of an only shortest path is one too, so every position before works as well.
std::vector<std::size_t> reaches(const TopologySnapshot& snapshot, const ComputedPath& path,
                                 const std::vector<NodeIndex>& nodes, const FlexAlgoDefinition& algorithm) {
  const std::vector<std::uint32_t> costs = link_costs(algorithm, snapshot);
  std::vector<std::size_t> result(nodes.size());
  Spf spf;
  for (std::size_t from = 0; from < path.links.size(); ++from) {
    spf.run(snapshot, costs, nodes[from]);
    std::size_t to = from;
    while (to < path.links.size() && spf.on_shortest_path(path.links[to]) && spf.parents(nodes[to + 1]) == 1) ++to;
    result[from] = to;
  }
  return result;
}

// The best list of segments that ends at a position with one in `algorithm`.
struct State {
  std::size_t segments = kNone;
  std::size_t changes = 0;
  std::size_t preference = 0;  // sum of the algorithms' positions
  std::size_t from = 0;        // where the last segment starts
  std::size_t from_algorithm = 0;
  [[nodiscard]] auto rank() const { return std::tuple(segments, changes, preference); }
};

class Encoder {
 public:
  Encoder(const NodeIds& ids, const std::vector<NodeIndex>& nodes, std::vector<std::vector<std::size_t>> reach)
      : ids_(ids), nodes_(nodes), reach_(std::move(reach)), states_(nodes.size(), std::vector<State>(reach_.size())) {}

  // The first position that no list of segments gets past; kNone: the end is reached.
  std::size_t run() {
    for (std::size_t from = 0; from + 1 < nodes_.size(); ++from) {
      for (std::size_t algorithm = 0; algorithm < reach_.size(); ++algorithm) advance(from, algorithm);
    }
    for (std::size_t position = nodes_.size() - 1; position > 0; --position) {
      if (best(position).segments != kNone) return position + 1 == nodes_.size() ? kNone : position;
    }
    return 0;
  }

  [[nodiscard]] std::vector<Segment> segments(const std::vector<FlexAlgoDefinition>& algorithms) const {
    std::vector<Segment> list;
    std::size_t position = nodes_.size() - 1;
    auto algorithm = static_cast<std::size_t>(std::ranges::min_element(states_[position], {}, &State::rank) -
                                              states_[position].begin());
    while (position > 0) {
      const State& state = states_[position][algorithm];
      list.push_back({algorithms[algorithm].algorithm, *ids_.id(nodes_[position])});
      position = state.from;
      algorithm = state.from_algorithm;
    }
    std::ranges::reverse(list);
    return list;
  }

 private:
  [[nodiscard]] const State& best(std::size_t position) const {
    return *std::ranges::min_element(states_[position], {}, &State::rank);
  }

  // Extends every list that ends at `from` by one segment of `algorithm`, to each position in reach.
  void advance(std::size_t from, std::size_t algorithm) {
    State next;
    for (std::size_t last = 0; last < reach_.size(); ++last) {
      const State& state = states_[from][last];
      if (from > 0 && state.segments == kNone) continue;
      State candidate{.segments = from == 0 ? 1 : state.segments + 1,
                      .changes = from == 0 ? 0 : state.changes + (last != algorithm ? 1 : 0),
                      .preference = (from == 0 ? 0 : state.preference) + algorithm,
                      .from = from,
                      .from_algorithm = last};
      if (candidate.rank() < next.rank()) next = candidate;
    }
    if (next.segments == kNone) return;
    for (std::size_t to = from + 1; to <= reach_[algorithm][from]; ++to) {
      if (!ids_.id(nodes_[to])) continue;
      if (next.rank() < states_[to][algorithm].rank()) states_[to][algorithm] = next;
    }
  }

  const NodeIds& ids_;
  const std::vector<NodeIndex>& nodes_;
  std::vector<std::vector<std::size_t>> reach_;  // [algorithm][position]
  std::vector<std::vector<State>> states_;       // [position][algorithm]
};

Result<NodeId> id_of(const TopologySnapshot& snapshot, const NodeIds& ids, NodeIndex node) {
  if (const auto id = ids.id(node)) return *id;
  return fail(ErrorCode::kFailedPrecondition, "segments: node {} has no id", snapshot.nodes[node].name);
}

}  // namespace

LinkIndex adjacency_link(const TopologySnapshot& snapshot, NodeIndex from, NodeIndex to) {
  for (LinkIndex link = snapshot.first_link[from]; link < snapshot.first_link[from + 1]; ++link) {
    if (snapshot.links[link].to == to && snapshot.links[link].unusable.empty()) return link;
  }
  return kNoLink;
}

Result<std::vector<Segment>> pin_path(const TopologySnapshot& snapshot, const ComputedPath& path, const NodeIds& ids,
                                      const SidMap& map) {
  const auto nodes = nodes_along(snapshot, path);
  if (!nodes) return std::unexpected(nodes.error());
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < path.links.size(); ++i) {
    const auto from = id_of(snapshot, ids, (*nodes)[i]);
    const auto to = id_of(snapshot, ids, (*nodes)[i + 1]);
    if (!from || !to) return std::unexpected(from ? to.error() : from.error());
    if (adjacency_link(snapshot, (*nodes)[i], (*nodes)[i + 1]) != path.links[i] || !map.adjacency_sid(*from, *to)) {
      return fail(ErrorCode::kFailedPrecondition, "segments: link {} from {} to {} has no adjacency SID",
                  snapshot.links[path.links[i]].local_address, snapshot.nodes[(*nodes)[i]].name,
                  snapshot.nodes[(*nodes)[i + 1]].name);
    }
    segments.push_back({kAlgorithmSpf, *from, *to});
  }
  const auto last = id_of(snapshot, ids, nodes->back());
  if (!last) return std::unexpected(last.error());
  segments.push_back({kAlgorithmSpf, *last});
  return segments;
}

Result<std::vector<Segment>> encode_path(const TopologySnapshot& snapshot, const ComputedPath& path, const NodeIds& ids,
                                         const SegmentOptions& options) {
  const auto nodes = nodes_along(snapshot, path);
  if (!nodes) return std::unexpected(nodes.error());
  if (options.algorithms.empty()) return fail(ErrorCode::kInvalidArgument, "segments: no algorithm is offered");
  if (!ids.id(nodes->back())) {
    return fail(ErrorCode::kFailedPrecondition, "segments: node {} has no id", snapshot.nodes[nodes->back()].name);
  }
  if (path.links.empty()) {
    return std::vector{Segment{options.algorithms.front().algorithm, *ids.id(path.source)}};
  }
  std::vector<std::vector<std::size_t>> reach;
  for (const FlexAlgoDefinition& algorithm : options.algorithms) {
    reach.push_back(reaches(snapshot, path, *nodes, algorithm));
  }
  Encoder encoder(ids, *nodes, std::move(reach));
  if (const std::size_t stuck = encoder.run(); stuck != kNone) {
    return fail(ErrorCode::kFailedPrecondition,
                "segments: from {} to {} is no offered algorithm's only shortest path; an adjacency SID is needed",
                snapshot.nodes[(*nodes)[stuck]].name, snapshot.nodes[(*nodes)[stuck + 1]].name);
  }
  return encoder.segments(options.algorithms);
}

}  // namespace pathwise::te
