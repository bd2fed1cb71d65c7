// SPDX-License-Identifier: Apache-2.0
#include "suurballe.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <queue>

namespace pathwise::te {
namespace {

struct FlowCost {
  std::uint64_t shared = 0;
  std::uint64_t cost = 0;  // reduced by what is left to the destination: never negative
  friend auto operator<=>(const FlowCost&, const FlowCost&) = default;
  friend FlowCost operator+(FlowCost a, FlowCost b) { return {a.shared + b.shared, a.cost + b.cost}; }
};
constexpr FlowCost kFar{kUnreachable, kUnreachable};

// Each node is two vertices, one that links arrive at and one that they leave: what passes between them passes
// through the node.
using Vertex = std::uint32_t;
constexpr Vertex arrival(NodeIndex node) {
  return 2 * node;
}
constexpr Vertex departure(NodeIndex node) {
  return 2 * node + 1;
}

struct Step {
  FlowCost cost = kFar;
  Vertex from = ~Vertex{0};
  LinkIndex link = kNoLink;  // kNoLink: inside a node
  bool back = false;         // takes the unit on the link away
  bool done = false;
};

class TwoUnits {
 public:
  TwoUnits(const CspfProblem& problem, SuurballeRules rules)
      : problem_(problem),
        snapshot_(problem.snapshot()),
        rules_(rules),
        into_(snapshot_.nodes.size(), kNoLink),
        out_of_(snapshot_.nodes.size(), kNoLink) {}

  // The next unit by the cheapest way, over the links of the first one as well if that takes them away.
  bool augment() {
    steps_.assign(2 * snapshot_.nodes.size(), {});
    const NodeIndex source = problem_.request().source;
    const Vertex goal = arrival(problem_.request().destination);
    if (left(source) == kUnreachable) return false;
    reach(departure(source), {.cost = {}, .from = departure(source)});
    while (!queue_.empty()) {
      const Vertex vertex = queue_.top().second;
      queue_.pop();
      if (std::exchange(steps_[vertex].done, true)) continue;
      if (vertex == goal) break;
      const NodeIndex node = vertex / 2;
      if (vertex == arrival(node)) {
        from_arrival(node);
      } else {
        from_departure(node);
      }
    }
    queue_ = {};
    if (steps_[goal].cost == kFar) return false;
    apply(goal);
    return true;
  }

  // The two units as paths. Where both pass a node, either may go on as the other: the sum is the same.
  [[nodiscard]] std::vector<LinkIndex> take_path() {
    std::vector<LinkIndex> path;
    std::vector<std::size_t> length_at(snapshot_.nodes.size(), kUnreachable);
    NodeIndex node = problem_.request().source;
    length_at[node] = 0;
    while (node != problem_.request().destination) {
      const auto link = std::ranges::find_if(flow_, [&](LinkIndex each) { return snapshot_.links[each].from == node; });
      path.push_back(*link);
      flow_.erase(link);
      node = snapshot_.link_to[path.back()];
      if (length_at[node] != kUnreachable) {  // a loop of links without cost
        for (std::size_t i = length_at[node]; i < path.size(); ++i) {
          if (i > length_at[node]) length_at[snapshot_.links[path[i]].from] = kUnreachable;
        }
        path.resize(length_at[node]);
      }
      length_at[node] = path.size();
    }
    return path;
  }

 private:
  [[nodiscard]] std::uint64_t left(NodeIndex node) const { return problem_.left(problem_.state(0, node))[0]; }
  [[nodiscard]] bool on_first(NodeIndex node) const { return into_[node] != kNoLink && out_of_[node] != kNoLink; }

  void reach(Vertex vertex, Step step) {
    if (step.cost >= steps_[vertex].cost) return;
    steps_[vertex] = step;
    queue_.emplace(step.cost, vertex);
  }

  void from_arrival(NodeIndex node) {
    const FlowCost here = steps_[arrival(node)].cost;
    const bool taken = rules_.nodes && on_first(node);
    if (!taken || rules_.share) {
      reach(departure(node), {.cost = here + FlowCost{.shared = taken ? 1U : 0U}, .from = arrival(node)});
    }
    if (const LinkIndex link = into_[node]; link != kNoLink) {
      reach(departure(snapshot_.links[link].from), {.cost = here, .from = arrival(node), .link = link, .back = true});
    }
  }

  void from_departure(NodeIndex node) {
    const FlowCost here = steps_[departure(node)].cost;
    if (on_first(node)) reach(arrival(node), {.cost = here, .from = departure(node)});
    for (LinkIndex link = snapshot_.first_link[node]; link < snapshot_.first_link[node + 1]; ++link) {
      const NodeIndex to = snapshot_.link_to[link];
      if (!problem_.weights().usable(link) || left(to) == kUnreachable) continue;
      const bool taken = link == out_of_[node];
      // The other direction of a link of the first unit is only good for taking that away.
      if ((taken && !rules_.share) || snapshot_.link_reverse[link] == into_[node]) continue;
      const FlowCost reduced{taken ? 1U : 0U, problem_.weights().at(link, 0) + left(to) - left(node)};
      reach(arrival(to), {.cost = here + reduced, .from = departure(node), .link = link});
    }
  }

  void apply(Vertex goal) {
    const Vertex start = departure(problem_.request().source);
    for (Vertex at = goal; at != start; at = steps_[at].from) {
      const Step& step = steps_[at];
      if (step.link == kNoLink) continue;
      if (step.back) {
        flow_.erase(std::ranges::find(flow_, step.link));
      } else {
        flow_.push_back(step.link);
      }
    }
    for (const LinkIndex link : flow_) {  // looked at by the second augmentation only
      out_of_[snapshot_.links[link].from] = link;
      into_[snapshot_.links[link].to] = link;
    }
  }

  const CspfProblem& problem_;
  const TopologySnapshot& snapshot_;
  SuurballeRules rules_;
  std::vector<LinkIndex> into_;    // by node: the first unit's link to it
  std::vector<LinkIndex> out_of_;  // and from it
  std::vector<LinkIndex> flow_;    // each link once for each unit
  std::vector<Step> steps_;        // by vertex
  std::priority_queue<std::pair<FlowCost, Vertex>, std::vector<std::pair<FlowCost, Vertex>>, std::greater<>> queue_;
};

}  // namespace

std::optional<std::pair<std::vector<LinkIndex>, std::vector<LinkIndex>>> suurballe(const CspfProblem& problem,
                                                                                   SuurballeRules rules) {
  TwoUnits flow(problem, rules);
  if (!flow.augment() || !flow.augment()) return std::nullopt;
  auto one = flow.take_path();
  auto other = flow.take_path();
  return std::pair(std::move(one), std::move(other));
}

}  // namespace pathwise::te
