// SPDX-License-Identifier: Apache-2.0
#include "te/algo/cspf.h"

#include <algorithm>
#include <compare>
#include <queue>
#include <tuple>

#include "base/format.h"
#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

// Both metrics of every link; `cost` is kPruned on links that the constraints rule out.
struct LinkMetrics {
  std::vector<std::uint32_t> cost;
  std::vector<std::uint32_t> delay;  // 0 where it does not matter
};

std::optional<std::uint32_t> objective_of(CspfObjective objective, const Link& link) {
  switch (objective) {
    case CspfObjective::kIgp:
      return link.igp_metric;
    case CspfObjective::kTe:
      return link.te_metric;
    case CspfObjective::kDelay:
      return link.delay_us;
  }
  return std::nullopt;
}

bool has_bandwidth(const CspfRequest& request, const Link& link, LinkIndex index) {
  if (!request.bandwidth) return true;
  if (!request.available.empty()) return request.available[index] >= *request.bandwidth;
  return link.max_reservable_bandwidth && *link.max_reservable_bandwidth >= *request.bandwidth;
}

bool affinities_allow(const CspfRequest& request, const Link& link) {
  return !request.exclude_any.intersects(link.admin_groups) && link.admin_groups.contains(request.include_all) &&
         (!request.include_any.any() || request.include_any.intersects(link.admin_groups));
}

LinkMetrics link_metrics(const TopologySnapshot& snapshot, const CspfRequest& request) {
  LinkMetrics metrics;
  metrics.cost.assign(snapshot.links.size(), kPruned);
  metrics.delay.assign(snapshot.links.size(), 0);
  for (LinkIndex i = 0; i < snapshot.links.size(); ++i) {
    const Link& link = snapshot.links[i];
    if (!link.unusable.empty() || link.reverse == kNoLink) continue;
    if (!has_bandwidth(request, link, i) || !affinities_allow(request, link)) continue;
    const auto cost = objective_of(request.optimise, link);
    if (!cost || *cost == kPruned || (request.max_delay && !link.delay_us)) continue;
    metrics.cost[i] = *cost;
    if (request.max_delay) metrics.delay[i] = *link.delay_us;
  }
  return metrics;
}

// Distances *to* the destination: SPF from it over the reversed links.
Spf distances_to(const TopologySnapshot& snapshot, NodeIndex destination, std::vector<std::uint32_t>& reversed,
                 const std::vector<std::uint32_t>& values, const std::vector<std::uint32_t>& usable) {
  reversed.assign(snapshot.links.size(), kPruned);
  for (LinkIndex i = 0; i < snapshot.links.size(); ++i) {
    if (usable[i] != kPruned) reversed[snapshot.links[i].reverse] = values[i];
  }
  Spf spf;
  spf.run(snapshot, reversed, destination);
  return spf;
}

struct Label {
  std::uint64_t cost = 0;
  std::uint64_t delay = 0;
  std::uint32_t hops = 0;
  NodeIndex node = kNoNode;
  LinkIndex link = kNoLink;  // that led here
  std::uint32_t parent = 0;  // index of the label before; meaningless for the first
};

// Order of the queue: the lower bound of the whole path through the label, then determinism.
struct Key {
  std::uint64_t cost;
  std::uint64_t delay;
  std::uint32_t hops;
  NodeIndex node;
  std::uint32_t label;
  friend auto operator<=>(const Key&, const Key&) = default;
};

class LabelSetting {
 public:
  LabelSetting(const TopologySnapshot& snapshot, const CspfRequest& request, const LinkMetrics& metrics)
      : snapshot_(snapshot),
        request_(request),
        metrics_(metrics),
        cost_to_(distances_to(snapshot, request.destination, reversed_cost_, metrics.cost, metrics.cost)),
        delay_to_(distances_to(snapshot, request.destination, reversed_delay_, metrics.delay, metrics.cost)),
        least_delay_(snapshot.nodes.size(), kUnreachable) {}

  [[nodiscard]] std::uint64_t least_delay() const { return delay_to_.distance(request_.source); }

  // The index of the destination's label; nullopt: no path within the bound, or out of labels.
  std::optional<std::uint32_t> run() {
    add({.node = request_.source});
    while (!queue_.empty()) {
      const Key key = queue_.top();
      queue_.pop();
      if (key.node == request_.destination) return key.label;
      // A node's labels leave the queue by ascending cost: one is dominated unless its delay is less.
      if (labels_[key.label].delay >= least_delay_[key.node]) continue;
      least_delay_[key.node] = labels_[key.label].delay;
      extend(key.label);
      if (exhausted()) return std::nullopt;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool exhausted() const { return labels_.size() > kMaxCspfLabels; }

  [[nodiscard]] ComputedPath path(std::uint32_t index) const {
    ComputedPath path{.source = request_.source, .links = {}, .cost = labels_[index].cost, .delay = Microseconds(0)};
    for (; labels_[index].link != kNoLink; index = labels_[index].parent) path.links.push_back(labels_[index].link);
    std::ranges::reverse(path.links);
    for (const LinkIndex link : path.links) {
      const auto delay = snapshot_.links[link].delay_us;
      path.delay = path.delay && delay ? std::optional(*path.delay + Microseconds(*delay)) : std::nullopt;
    }
    return path;
  }

 private:
  void add(const Label& label) {
    const std::uint64_t cost_left = cost_to_.distance(label.node);
    if (cost_left == kUnreachable || label.delay >= least_delay_[label.node]) return;
    const std::uint64_t delay = label.delay + delay_to_.distance(label.node);
    if (request_.max_delay && delay > static_cast<std::uint64_t>(request_.max_delay->count())) return;
    queue_.push({label.cost + cost_left, delay, label.hops, label.node, static_cast<std::uint32_t>(labels_.size())});
    labels_.push_back(label);
  }

  void extend(std::uint32_t parent) {
    const Label from = labels_[parent];
    for (LinkIndex i = snapshot_.first_link[from.node]; i < snapshot_.first_link[from.node + 1]; ++i) {
      if (metrics_.cost[i] == kPruned) continue;
      add({.cost = from.cost + metrics_.cost[i],
           .delay = from.delay + metrics_.delay[i],
           .hops = from.hops + 1,
           .node = snapshot_.links[i].to,
           .link = i,
           .parent = parent});
    }
  }

  const TopologySnapshot& snapshot_;
  const CspfRequest& request_;
  const LinkMetrics& metrics_;
  std::vector<std::uint32_t> reversed_cost_;  // what the two Spf below refer to
  std::vector<std::uint32_t> reversed_delay_;
  Spf cost_to_;
  Spf delay_to_;
  std::vector<std::uint64_t> least_delay_;  // of each node's settled labels
  std::vector<Label> labels_;
  std::priority_queue<Key, std::vector<Key>, std::greater<>> queue_;
};

std::unexpected<Error> no_path(const TopologySnapshot& snapshot, const CspfRequest& request,
                               std::uint64_t least_delay) {
  const NodeName& from = snapshot.nodes[request.source].name;
  const NodeName& to = snapshot.nodes[request.destination].name;
  if (least_delay != kUnreachable && request.max_delay) {
    return fail(ErrorCode::kNotFound, "no path from {} to {}: the least delay is {}, the bound {}", from, to,
                to_human(Microseconds(least_delay)), to_human(*request.max_delay));
  }
  std::string constraints;
  if (request.bandwidth) constraints += formatted(" with {} free", to_human(*request.bandwidth));
  if (request.exclude_any.any() || request.include_any.any() || request.include_all.any()) {
    constraints += " under the affinity constraints";
  }
  return fail(ErrorCode::kNotFound, "no path from {} to {}{}", from, to, constraints);
}

}  // namespace

Result<ComputedPath> compute_cspf(const TopologySnapshot& snapshot, const CspfRequest& request) {
  if (request.source >= snapshot.nodes.size() || request.destination >= snapshot.nodes.size()) {
    return fail(ErrorCode::kInvalidArgument, "path computation: an end is not a node of the topology");
  }
  if (!request.available.empty() && request.available.size() != snapshot.links.size()) {
    return fail(ErrorCode::kInvalidArgument, "path computation: available bandwidth of {} links, the topology has {}",
                request.available.size(), snapshot.links.size());
  }
  const LinkMetrics metrics = link_metrics(snapshot, request);
  LabelSetting search(snapshot, request, metrics);
  const auto label = search.run();
  if (label) return search.path(*label);
  if (search.exhausted()) {
    return fail(ErrorCode::kResourceExhausted, "path computation: more than {} labels", kMaxCspfLabels);
  }
  return no_path(snapshot, request, search.least_delay());
}

}  // namespace pathwise::te
