// SPDX-License-Identifier: Apache-2.0
#include "te/algo/spf.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace pathwise::te {
namespace {

constexpr std::uint32_t kNotInHeap = ~std::uint32_t{0};
constexpr std::uint32_t kArity = 4;

}  // namespace

bool participates(const Node& node, Algorithm algorithm) {
  if (algorithm == kAlgorithmSpf) return true;
  if (node.algorithms && !std::ranges::contains(*node.algorithms, algorithm)) return false;
  return std::ranges::any_of(node.locators, [&](const auto& locator) { return locator.first == algorithm; });
}

std::vector<std::uint32_t> link_costs(const FlexAlgoDefinition& definition, const TopologySnapshot& snapshot) {
  std::vector<bool> members(snapshot.nodes.size());
  for (std::size_t i = 0; i < members.size(); ++i) members[i] = participates(snapshot.nodes[i], definition.algorithm);
  std::vector<std::uint32_t> costs(snapshot.links.size(), kPruned);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const Link& link = snapshot.links[i];
    if (!members[link.from] || !members[link.to]) continue;
    if (const auto cost = link_cost(definition, link)) costs[i] = std::clamp<std::uint32_t>(*cost, 1, kPruned - 1);
  }
  return costs;
}

void Spf::run(const TopologySnapshot& snapshot, std::span<const std::uint32_t> costs, NodeIndex source) {
  snapshot_ = &snapshot;
  costs_ = costs;
  source_ = source;
  words_ = (snapshot.out_links(source).size() + 63) / 64;
  distance_.assign(snapshot.nodes.size(), kUnreachable);
  first_hops_.assign(snapshot.nodes.size() * words_, 0);
  position_.assign(snapshot.nodes.size(), kNotInHeap);
  marks_.assign(snapshot.nodes.size(), 0);
  marked_.clear();
  scratch_.assign(words_, 0);
  heap_.clear();
  heap_.reserve(snapshot.nodes.size());  // whatever the source: no later run allocates
  queue_.reset(snapshot.links.size() + 1);
  distance_[source] = 0;
  queue_.push(0, source);
  const auto current = [this](std::uint64_t distance, NodeIndex node) { return distance_[node] == distance; };
  for (NodeIndex node = queue_.pop(current); node != kNoNode; node = queue_.pop(current)) {
    words_ == 1 ? settle_one_word(node) : settle(node);
  }
}

// Costs are positive: `node` is settled and its set of first hops complete when it is passed on.
void Spf::settle(NodeIndex node) {
  for (LinkIndex link = snapshot_->first_link[node]; link < snapshot_->first_link[node + 1]; ++link) {
    if (costs_[link] == kPruned) continue;
    const NodeIndex to = snapshot_->link_to[link];
    const std::uint64_t distance = distance_[node] + costs_[link];
    if (distance > distance_[to]) continue;
    const auto target = hops(to);
    if (distance < distance_[to]) {
      distance_[to] = distance;
      std::ranges::fill(target, 0);
      queue_.push(distance, to);
    }
    inherit_hops(node, link, target);
  }
}

void Spf::settle_one_word(NodeIndex node) {
  const LinkIndex first = snapshot_->first_link[node];
  const LinkIndex end = snapshot_->first_link[node + 1];
  const std::uint64_t base = distance_[node];
  const bool own_links = node == source_;
  std::uint64_t passed_on = own_links ? 1 : first_hops_[node];
  for (LinkIndex link = first; link < end; ++link, passed_on <<= own_links ? 1 : 0) {
    if (costs_[link] == kPruned) continue;
    const NodeIndex to = snapshot_->link_to[link];
    const std::uint64_t distance = base + costs_[link];
    if (distance > distance_[to]) continue;
    if (distance == distance_[to]) {
      first_hops_[to] |= passed_on;
      continue;
    }
    distance_[to] = distance;
    first_hops_[to] = passed_on;
    queue_.push(distance, to);
  }
}

void Spf::inherit_hops(NodeIndex from, LinkIndex link, std::span<std::uint64_t> target) {
  if (from == source_) {
    const LinkIndex bit = link - snapshot_->first_link[source_];
    target[bit / 64] |= std::uint64_t{1} << bit % 64;
    return;
  }
  const auto inherited = hops(from);
  for (std::size_t i = 0; i < words_; ++i) target[i] |= inherited[i];
}

// A link into `node` is the other direction of a link out of it; links without one are never usable.
template <typename Visit>
void Spf::for_each_into(NodeIndex node, Visit visit) const {
  for (LinkIndex out = snapshot_->first_link[node]; out < snapshot_->first_link[node + 1]; ++out) {
    const LinkIndex in = snapshot_->link_reverse[out];
    if (in != kNoLink && costs_[in] != kPruned) visit(snapshot_->link_to[out], in);
  }
}

void Spf::mark(NodeIndex node, Mark as) {
  if (marks_[node] == 0) marked_.push_back(node);
  marks_[node] = static_cast<std::uint8_t>(marks_[node] | as);
}

// Four steps. Lost: nodes that none of their old parents holds at the old distance any more. They get a
// new distance from the rest of the tree, links that became cheaper improve what they can, and at last
// first hops are passed on where distances or parents changed.
void Spf::update(const TopologySnapshot& snapshot, std::span<const std::uint32_t> costs,
                 std::span<const CostChange> changes) {
  snapshot_ = &snapshot;
  costs_ = costs;
  find_lost(changes);
  rejoin_lost();
  improve(changes);
  for (const CostChange& change : changes) mark(snapshot.link_to[change.link], kHops);
  update_hops();
  for (const NodeIndex node : marked_) marks_[node] = 0;
  marked_.clear();
  lost_.clear();
}

// Over neighbours that are not lost; kUnreachable: there is none.
std::uint64_t Spf::least_distance_over_held(NodeIndex node) const {
  std::uint64_t least = kUnreachable;
  for_each_into(node, [&](NodeIndex from, LinkIndex link) {
    if ((marks_[from] & kLost) != 0 || distance_[from] == kUnreachable) return;
    least = std::min(least, distance_[from] + costs_[link]);
  });
  return least;
}

// In the order of old distances: a node's parents are decided before it is.
void Spf::find_lost(std::span<const CostChange> changes) {
  for (const CostChange& change : changes) {
    const NodeIndex from = snapshot_->links[change.link].from;
    const NodeIndex to = snapshot_->link_to[change.link];
    if (change.before == kPruned || costs_[change.link] <= change.before || to == source_) continue;
    if (distance_[from] == kUnreachable || distance_[from] + change.before != distance_[to]) continue;
    push_or_decrease(to);
  }
  while (!heap_.empty()) {
    const NodeIndex node = pop();
    mark(node, kHops);  // it has one parent less, at least
    if (least_distance_over_held(node) <= distance_[node]) continue;
    mark(node, kLost);
    lost_.push_back(node);
    for (LinkIndex out = snapshot_->first_link[node]; out < snapshot_->first_link[node + 1]; ++out) {
      const NodeIndex to = snapshot_->link_to[out];
      if (costs_[out] == kPruned || to == source_ || (marks_[to] & kLost) != 0) continue;
      if (distance_[node] + costs_[out] <= distance_[to]) push_or_decrease(to);
    }
  }
}

void Spf::rejoin_lost() {
  for (const NodeIndex node : lost_) distance_[node] = kUnreachable;
  for (const NodeIndex node : lost_) {
    mark(node, kMoved);
    const std::uint64_t distance = least_distance_over_held(node);
    if (distance == kUnreachable) continue;
    distance_[node] = distance;
    push_or_decrease(node);
  }
}

void Spf::improve(std::span<const CostChange> changes) {
  const auto shorten = [this](NodeIndex from, LinkIndex link) {
    const NodeIndex to = snapshot_->link_to[link];
    if (costs_[link] == kPruned || distance_[from] == kUnreachable || to == source_) return;
    if (distance_[from] + costs_[link] >= distance_[to]) return;
    distance_[to] = distance_[from] + costs_[link];
    mark(to, kMoved);
    push_or_decrease(to);
  };
  for (const CostChange& change : changes) {
    if (costs_[change.link] < change.before) shorten(snapshot_->links[change.link].from, change.link);
  }
  while (!heap_.empty()) {
    const NodeIndex node = pop();
    for (LinkIndex out = snapshot_->first_link[node]; out < snapshot_->first_link[node + 1]; ++out) shorten(node, out);
  }
}

// True if the set became another one.
bool Spf::recompute_hops(NodeIndex node) {
  std::ranges::fill(scratch_, 0);
  for_each_into(node, [&](NodeIndex from, LinkIndex link) {
    if (distance_[from] == kUnreachable || distance_[from] + costs_[link] != distance_[node]) return;
    inherit_hops(from, link, scratch_);
  });
  const auto target = hops(node);
  if (std::ranges::equal(scratch_, target)) return false;
  std::ranges::copy(scratch_, target.begin());
  return true;
}

// In the order of distances: whom a node inherits from is right by then.
void Spf::update_hops() {
  for (const NodeIndex node : marked_) {
    if (node == source_) continue;
    if (distance_[node] == kUnreachable) {
      std::ranges::fill(hops(node), 0);
    } else {
      push_or_decrease(node);
    }
  }
  while (!heap_.empty()) {
    const NodeIndex node = pop();
    const bool other_hops = recompute_hops(node);
    if (!other_hops && (marks_[node] & kMoved) == 0) continue;
    for (LinkIndex out = snapshot_->first_link[node]; out < snapshot_->first_link[node + 1]; ++out) {
      const NodeIndex to = snapshot_->link_to[out];
      if (costs_[out] == kPruned || to == source_) continue;
      if (distance_[node] + costs_[out] == distance_[to]) push_or_decrease(to);
    }
  }
}

std::vector<LinkIndex> Spf::first_hops(NodeIndex node) const {
  std::vector<LinkIndex> links;
  for (std::size_t word = 0; word < words_; ++word) {
    for (std::uint64_t bits = first_hops_[node * words_ + word]; bits != 0; bits &= bits - 1) {
      const auto bit = static_cast<LinkIndex>(word * 64 + static_cast<unsigned>(std::countr_zero(bits)));
      links.push_back(snapshot_->first_link[source_] + bit);
    }
  }
  return links;
}

bool Spf::on_shortest_path(LinkIndex link) const {
  const Link& edge = snapshot_->links[link];
  return costs_[link] != kPruned && distance_[edge.from] != kUnreachable && edge.to != source_ &&
         distance_[edge.from] + costs_[link] == distance_[edge.to];
}

std::size_t Spf::parents(NodeIndex node) const {
  std::size_t count = 0;
  for_each_into(node, [&](NodeIndex /*from*/, LinkIndex link) { count += on_shortest_path(link) ? 1 : 0; });
  return count;
}

bool Spf::before(NodeIndex a, NodeIndex b) const {
  return distance_[a] != distance_[b] ? distance_[a] < distance_[b] : a < b;
}

void Spf::push_or_decrease(NodeIndex node) {
  if (position_[node] == kNotInHeap) {
    position_[node] = static_cast<std::uint32_t>(heap_.size());
    heap_.push_back(node);
  }
  sift_up(position_[node]);
}

NodeIndex Spf::pop() {
  const NodeIndex top = heap_.front();
  position_[top] = kNotInHeap;
  const NodeIndex last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) {
    heap_.front() = last;
    position_[last] = 0;
    sift_down(0);
  }
  return top;
}

void Spf::sift_up(std::uint32_t position) {
  const NodeIndex node = heap_[position];
  while (position > 0) {
    const std::uint32_t parent = (position - 1) / kArity;
    if (!before(node, heap_[parent])) break;
    heap_[position] = heap_[parent];
    position_[heap_[position]] = position;
    position = parent;
  }
  heap_[position] = node;
  position_[node] = position;
}

void Spf::sift_down(std::uint32_t position) {
  const NodeIndex node = heap_[position];
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (;;) {
    const std::uint32_t first = kArity * position + 1;
    if (first >= size) break;
    std::uint32_t least = first;
    for (std::uint32_t child = first + 1; child < std::min(first + kArity, size); ++child) {
      if (before(heap_[child], heap_[least])) least = child;
    }
    if (!before(heap_[least], node)) break;
    heap_[position] = heap_[least];
    position_[heap_[position]] = position;
    position = least;
  }
  heap_[position] = node;
  position_[node] = position;
}

}  // namespace pathwise::te
