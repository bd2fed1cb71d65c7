// SPDX-License-Identifier: Apache-2.0
#include "te/algo/ordered_update.h"

#include <algorithm>
#include <numeric>

namespace pathwise::te {
namespace {

bool same_nodes(const TopologySnapshot& before, const TopologySnapshot& after) {
  return std::ranges::equal(before.nodes, after.nodes, {}, &Node::name, &Node::name);
}

// The links are sorted by these three: equal sequences mean equal indices.
bool same_links(const TopologySnapshot& before, const TopologySnapshot& after) {
  return std::ranges::equal(before.links, after.links, [](const Link& a, const Link& b) {
    return a.from == b.from && a.to == b.to && a.local_address == b.local_address && a.reverse == b.reverse;
  });
}

// A graph whose links all point the other way: distances *to* a node.
std::vector<std::uint32_t> reversed(const TopologySnapshot& snapshot, const std::vector<std::uint32_t>& costs) {
  std::vector<std::uint32_t> result(costs.size(), kPruned);
  for (LinkIndex link = 0; link < costs.size(); ++link) {
    if (costs[link] != kPruned) result[snapshot.link_reverse[link]] = costs[link];
  }
  return result;
}

// Nodes that reach `target`, the nearest first.
std::vector<NodeIndex> by_distance(const TopologySnapshot& snapshot, const Spf& to_target) {
  std::vector<NodeIndex> nodes(snapshot.nodes.size());
  std::iota(nodes.begin(), nodes.end(), NodeIndex{0});
  std::erase_if(nodes, [&](NodeIndex node) { return to_target.distance(node) == kUnreachable; });
  std::ranges::sort(nodes, {}, [&](NodeIndex node) { return to_target.distance(node); });
  return nodes;
}

struct Towards {
  const TopologySnapshot& snapshot;
  const std::vector<std::uint32_t>& costs;
  Spf distance;

  Towards(const TopologySnapshot& topology, const std::vector<std::uint32_t>& link_costs, NodeIndex target)
      : snapshot(topology), costs(link_costs) {
    const auto backwards = reversed(topology, link_costs);
    distance.run(topology, backwards, target);
  }
  [[nodiscard]] bool on_shortest_path(LinkIndex link) const {
    const Link& each = snapshot.links[link];
    return costs[link] != kPruned && distance.distance(each.to) != kUnreachable &&
           costs[link] + distance.distance(each.to) == distance.distance(each.from);
  }
};

// Of what sends to the far end of `link` over it: how many routers, at most, stand one behind the other
// behind `self`. They all update before it.
std::uint32_t longest_queue(const TopologySnapshot& snapshot, const std::vector<std::uint32_t>& costs, LinkIndex link,
                            NodeIndex self) {
  const Towards towards(snapshot, costs, snapshot.links[link].to);
  if (!towards.on_shortest_path(link)) return 0;
  const auto nodes = by_distance(snapshot, towards.distance);
  std::vector<bool> over_link(snapshot.nodes.size());
  over_link[snapshot.links[link].from] = true;
  for (const NodeIndex node : nodes) {  // nearest first: whoever sends to one that is marked is marked
    for (LinkIndex out = snapshot.first_link[node]; out < snapshot.first_link[node + 1]; ++out) {
      if (towards.on_shortest_path(out) && over_link[snapshot.link_to[out]]) over_link[node] = true;
    }
  }
  std::vector<std::uint32_t> behind(snapshot.nodes.size(), 0);
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {  // the farthest first
    if (!over_link[*node]) continue;
    for (LinkIndex out = snapshot.first_link[*node]; out < snapshot.first_link[*node + 1]; ++out) {
      const NodeIndex next = snapshot.link_to[out];
      if (!towards.on_shortest_path(out) || !over_link[next]) continue;
      behind[next] = std::max(behind[next], behind[*node] + 1);
    }
  }
  return behind[self];
}

// The hops, at most, between `self` and the near end of `link`: those routers update first.
std::uint32_t longest_way(const TopologySnapshot& snapshot, const std::vector<std::uint32_t>& costs, LinkIndex link,
                          NodeIndex self) {
  const Towards towards(snapshot, costs, snapshot.links[link].from);
  std::vector<std::uint32_t> ahead(snapshot.nodes.size(), 0);
  for (const NodeIndex node : by_distance(snapshot, towards.distance)) {
    for (LinkIndex out = snapshot.first_link[node]; out < snapshot.first_link[node + 1]; ++out) {
      if (towards.on_shortest_path(out)) ahead[node] = std::max(ahead[node], ahead[snapshot.link_to[out]] + 1);
    }
  }
  return ahead[self];
}

}  // namespace

OrderedUpdate::OrderedUpdate(const TopologySnapshot& before, const TopologySnapshot& after,
                             const FlexAlgoDefinition& definition, const NodeName& self)
    : self_(self) {
  before_ = {.snapshot = &before, .costs = link_costs(definition, before), .from_self = {}};
  after_ = {.snapshot = &after, .costs = link_costs(definition, after), .from_self = {}};
  if (after.find(self) == kNoNode || !find_change()) return;
  ordered_ = true;
  const NodeIndex at = after.find(self);
  before_.from_self.run(before, before_.costs, at);
  after_.from_self.run(after, after_.costs, at);
  for (Direction& direction : directions_) set_up(direction);
}

bool OrderedUpdate::find_change() {
  if (!same_nodes(*before_.snapshot, *after_.snapshot) || !same_links(*before_.snapshot, *after_.snapshot)) {
    return false;
  }
  const auto& links = after_.snapshot->links;
  for (LinkIndex link = 0; link < links.size(); ++link) {
    if (links[link].unusable != before_.snapshot->links[link].unusable) return false;  // it broke, or is repaired
    if (before_.costs[link] == after_.costs[link]) continue;
    const bool other_link = !directions_.empty() && directions_.front().link != links[link].reverse;
    if (other_link || links[link].reverse == kNoLink) return false;
    directions_.push_back({.link = link, .worse = after_.costs[link] > before_.costs[link], .rank = 0, .beyond = {}});
  }
  // One way better and the other worse: what moves from one to the other has no safe order.
  return !directions_.empty() && directions_.size() <= 2 &&
         (directions_.size() == 1 || directions_[0].worse == directions_[1].worse);
}

void OrderedUpdate::set_up(Direction& direction) {
  const Side& at = side(direction);
  const NodeIndex self = at.snapshot->find(self_);
  direction.rank = direction.worse ? longest_queue(*at.snapshot, at.costs, direction.link, self)
                                   : longest_way(*at.snapshot, at.costs, direction.link, self);
  direction.beyond.run(*at.snapshot, at.costs, at.snapshot->links[direction.link].to);
}

bool OrderedUpdate::uses(const Direction& direction, NodeIndex destination) const {
  const Side& at = side(direction);
  const std::uint64_t to_link = at.from_self.distance(at.snapshot->links[direction.link].from);
  const std::uint64_t beyond = direction.beyond.distance(destination);
  if (at.costs[direction.link] == kPruned || to_link == kUnreachable || beyond == kUnreachable) return false;
  return to_link + at.costs[direction.link] + beyond == at.from_self.distance(destination);
}

std::uint32_t OrderedUpdate::rank(NodeIndex destination) const {
  if (!ordered_) return 0;
  for (const Direction& direction : directions_) {
    if (uses(direction, destination)) return direction.rank;  // never both: it would be a loop
  }
  return 0;
}

}  // namespace pathwise::te
