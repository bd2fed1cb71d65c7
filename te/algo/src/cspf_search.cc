// SPDX-License-Identifier: Apache-2.0
#include "cspf_search.h"

#include <algorithm>
#include <array>

namespace pathwise::te {
namespace {

constexpr std::uint32_t kNoLabel = ~std::uint32_t{0};
constexpr unsigned kMaxCriticals = 64;

}  // namespace

Result<void> CspfSearch::prepare(const TopologySnapshot& snapshot, const CspfRequest& request) {
  labels_made_ = comparisons_made_ = 0;
  return problem_.load(snapshot, request);
}

Result<bool> CspfSearch::search(std::span<const LinkIndex> prefix, std::span<const LinkIndex> banned) {
  const std::size_t nodes = problem_.snapshot().nodes.size();
  critical_.assign(nodes, 0);
  visits_.assign(nodes, 0);
  criticals_ = 0;
  labels_before_ = labels_made_;
  comparisons_before_ = comparisons_made_;
  for (;;) {
    clear();
    Result<bool> found = start(prefix);
    if (found && *found) found = settle_until_found(banned);
    if (!found || !*found) return found;
    if (!problem_.include().empty()) {
      const Result<bool> loops = note_loops(found_);
      if (!loops) return std::unexpected(loops.error());
      if (*loops) continue;
    }
    take(found_, prefix);
    return true;
  }
}

void CspfSearch::clear() {
  labels_.clear();
  sums_.clear();
  queue_.clear();
  front_.assign(problem_.states(), kNoLabel);
  blocked_.assign(problem_.snapshot().nodes.size(), 0);
}

// The label behind the prefix. False: nothing within the bounds goes on from there.
Result<bool> CspfSearch::start(std::span<const LinkIndex> prefix) {
  const TopologySnapshot& snapshot = problem_.snapshot();
  const std::size_t columns = problem_.columns();
  NodeIndex node = problem_.request().source;
  std::size_t stage = problem_.next_stage(0, kNoLink, node);
  std::array<std::uint64_t, kMaxColumns> total{};
  blocked_[node] = 1;
  for (const LinkIndex link : prefix) {
    for (std::size_t i = 0; i < columns; ++i) total[i] += problem_.weights().at(link, i);
    node = snapshot.link_to[link];
    stage = problem_.next_stage(stage, link, node);
    blocked_[node] = 1;
  }
  const std::size_t state = problem_.state(stage, node);
  const std::uint64_t* left = problem_.left(state);
  if (left[0] == kUnreachable) return false;
  for (std::size_t i = 0; i < columns; ++i) {
    total[i] += left[i];
    if (total[i] > problem_.bound(i)) return false;
  }
  push({.state = static_cast<std::uint32_t>(state), .hops = static_cast<std::uint32_t>(prefix.size())}, total.data());
  return true;
}

Result<bool> CspfSearch::settle_until_found(std::span<const LinkIndex> banned) {
  const auto goal =
      static_cast<std::uint32_t>(problem_.state(problem_.include().size(), problem_.request().destination));
  const auto order = [this](const Queued& a, const Queued& b) { return after(a, b); };
  while (!queue_.empty()) {
    std::ranges::pop_heap(queue_, order);
    const std::uint32_t label = queue_.back().label;
    queue_.pop_back();
    if (labels_[label].state == goal) {
      found_ = label;
      return true;
    }
    if (is_dominated(labels_[label], sums(label))) continue;
    settle(label);
    extend(label, label == 0 ? banned : std::span<const LinkIndex>{});
    if (exhausted()) {
      return fail(ErrorCode::kResourceExhausted, "path computation: more than {} labels or {} comparisons",
                  kMaxCspfLabels, kMaxCspfComparisons);
    }
  }
  return false;
}

bool CspfSearch::exhausted() const {
  return labels_made_ - labels_before_ > kMaxCspfLabels ||
         comparisons_made_ - comparisons_before_ > kMaxCspfComparisons;
}

void CspfSearch::extend(std::uint32_t parent, std::span<const LinkIndex> banned) {
  const TopologySnapshot& snapshot = problem_.snapshot();
  const WeightTable weights = problem_.weights();
  const NodeIndex from = node_of(labels_[parent]);
  const std::size_t stage = labels_[parent].state / snapshot.nodes.size();
  for (LinkIndex link = snapshot.first_link[from]; link < snapshot.first_link[from + 1]; ++link) {
    const NodeIndex to = snapshot.link_to[link];
    if (!weights.usable(link) || blocked_[to] != 0) continue;
    if (!banned.empty() && std::ranges::find(banned, link) != banned.end()) continue;
    if (stage == problem_.include().size()) {
      add(parent, link, to, stage);
      continue;
    }
    if (!problem_.may_take(stage, from, link)) continue;
    const std::size_t next = problem_.next_stage(stage, link, to);
    if (!problem_.comes_later(next, to)) add(parent, link, to, next);
  }
}

void CspfSearch::add(std::uint32_t parent, LinkIndex link, NodeIndex node, std::size_t stage) {
  const std::size_t state = problem_.state(stage, node);
  const std::uint64_t* left = problem_.left(state);
  if (left[0] == kUnreachable) return;
  const std::uint64_t* before = sums(parent);
  const std::uint64_t* left_before = problem_.left(labels_[parent].state);
  const WeightTable weights = problem_.weights();
  std::array<std::uint64_t, kMaxColumns> total{};
  for (std::size_t i = 0; i < problem_.columns(); ++i) {
    total[i] = before[i] - left_before[i] + weights.at(link, i) + left[i];
    if (total[i] > problem_.bound(i)) return;
  }
  Label label{.seen = labels_[parent].seen,
              .state = static_cast<std::uint32_t>(state),
              .link = link,
              .parent = parent,
              .hops = labels_[parent].hops + 1};
  if (criticals_ > 0 && critical_[node] != 0) {
    const std::uint64_t bit = std::uint64_t{1} << (critical_[node] - 1);
    if ((label.seen & bit) != 0) return;
    label.seen |= bit;
  }
  if (!is_dominated(label, total.data())) push(label, total.data());
}

void CspfSearch::push(Label label, const std::uint64_t* total) {
  const auto index = static_cast<std::uint32_t>(labels_.size());
  labels_.push_back(label);
  sums_.insert(sums_.end(), total, total + problem_.columns());
  ++labels_made_;
  queue_.push_back({total[0], index});
  std::ranges::push_heap(queue_, [this](const Queued& a, const Queued& b) { return after(a, b); });
}

// Every sum but the first, which is less for what was settled before.
bool CspfSearch::no_more(const std::uint64_t* a, const std::uint64_t* b) const {
  for (std::size_t i = 1; i < problem_.columns(); ++i) {
    if (a[i] > b[i]) return false;
  }
  return true;
}

bool CspfSearch::is_dominated(const Label& label, const std::uint64_t* total) {
  for (std::uint32_t at = front_[label.state]; at != kNoLabel; at = labels_[at].next) {
    ++comparisons_made_;
    if ((labels_[at].seen & ~label.seen) == 0 && no_more(sums(at), total)) return true;
  }
  return false;
}

// What the label dominates in all but the first sum was extended before, but need not be looked at again.
void CspfSearch::settle(std::uint32_t label) {
  Label& settled = labels_[label];
  std::uint32_t* link = &front_[settled.state];
  while (*link != kNoLabel) {
    ++comparisons_made_;
    Label& other = labels_[*link];
    if ((settled.seen & ~other.seen) == 0 && no_more(sums(label), sums(*link))) {
      *link = other.next;
    } else {
      link = &other.next;
    }
  }
  settled.next = front_[settled.state];
  front_[settled.state] = label;
}

bool CspfSearch::after(const Queued& a, const Queued& b) const {
  if (a.cost != b.cost) return a.cost > b.cost;
  const std::uint64_t* left = sums(a.label);
  const std::uint64_t* right = sums(b.label);
  for (std::size_t i = 1; i < problem_.columns(); ++i) {
    if (left[i] != right[i]) return left[i] > right[i];
  }
  const Label& one = labels_[a.label];
  const Label& other = labels_[b.label];
  if (one.hops != other.hops) return one.hops > other.hops;
  return one.state != other.state ? one.state > other.state : a.label > b.label;
}

Result<bool> CspfSearch::note_loops(std::uint32_t label) {
  bool loops = false;
  bool too_many = false;
  for (std::uint32_t at = label;; at = labels_[at].parent) {
    const NodeIndex node = node_of(labels_[at]);
    if (visits_[node]++ == 1) {
      loops = true;
      too_many = criticals_ == kMaxCriticals;
      if (too_many) break;
      critical_[node] = static_cast<std::uint8_t>(++criticals_);
    }
    if (labels_[at].link == kNoLink) break;
  }
  std::ranges::fill(visits_, 0);
  if (too_many) {
    return fail(ErrorCode::kResourceExhausted, "path computation: too many ways to visit the included hops in a loop");
  }
  return loops;
}

void CspfSearch::take(std::uint32_t label, std::span<const LinkIndex> prefix) {
  rank_.assign(sums(label), sums(label) + problem_.columns());
  rank_.push_back(labels_[label].hops);
  path_links_.clear();
  for (std::uint32_t at = label; labels_[at].link != kNoLink; at = labels_[at].parent) {
    path_links_.push_back(labels_[at].link);
  }
  path_links_.insert(path_links_.end(), prefix.rbegin(), prefix.rend());
  std::ranges::reverse(path_links_);
}

}  // namespace pathwise::te
