// SPDX-License-Identifier: Apache-2.0
#include "te/algo/encode.h"

#include <algorithm>
#include <compare>
#include <limits>
#include <queue>
#include <tuple>

#include "base/format.h"
#include "segment_reach.h"

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

struct Cost {
  std::size_t carriers = 0;
  std::size_t ids = 0;
  std::size_t preference = 0;  // what decides between equals
  friend auto operator<=>(const Cost&, const Cost&) = default;
};

// A list of segments that gets the packet to `position`.
struct Label {
  Cost cost;
  std::size_t position = 0;
  std::size_t algorithm = kNone;      // of the open carrier
  std::size_t used = kIdsPerCarrier;  // ids in it
  bool done = false;                  // nothing may follow
  Segment segment = {};               // the last one
  std::size_t before = kNone;         // the label it continues
};

class Encoder {
 public:
  Encoder(const TopologySnapshot& snapshot, const ComputedPath& path, const std::vector<NodeIndex>& nodes,
          const NodeIds& ids, const SegmentOptions& options)
      : snapshot_(snapshot),
        path_(path),
        nodes_(nodes),
        ids_(ids),
        options_(options),
        reach_(snapshot, path, nodes, options),
        plain_(find_plain()),
        settled_((options.algorithms.size() + 1) * (kIdsPerCarrier + 1)) {}

  Result<std::vector<Segment>> run() {
    push({});
    std::optional<Cost> needed;
    while (!open_.empty()) {
      const auto [least, ahead, index] = open_.top();
      open_.pop();
      const Label label = labels_[index];
      if (needed && least.carriers > options_.max_carriers.value_or(kNone)) break;
      if (label.done) {
        if (within_limits(label.cost)) return segments(index);
        if (!needed) needed = label.cost;
        continue;
      }
      if (is_dominated(label)) continue;
      settle(index);
      expand(index);
    }
    return needed ? too_long(*needed) : stuck();
  }

 private:
  [[nodiscard]] std::size_t end() const { return path_.links.size(); }

  std::size_t find_plain() const {
    const auto at = std::ranges::find(options_.algorithms, kAlgorithmSpf, &FlexAlgoDefinition::algorithm);
    return at == options_.algorithms.end() ? kNone : static_cast<std::size_t>(at - options_.algorithms.begin());
  }

  // In the order of what a list costs at least when it is complete (A*), then of the distance to the end: so that
  // the SPFs of lists that could not win are never run.
  void push(const Label& label) {
    open_.emplace(least_complete(label), end() - label.position, labels_.size());
    labels_.push_back(label);
  }
  [[nodiscard]] Cost least_complete(const Label& label) const {
    Cost cost = label.cost;
    if (label.done) return cost;
    const std::size_t rest = options_.ends_with_udt6 ? 2 : 1;
    cost.ids += rest;
    if (label.used + rest > kIdsPerCarrier) ++cost.carriers;
    return cost;
  }

  std::vector<std::size_t>& settled_like(const Label& label) {
    const std::size_t algorithm = label.algorithm == kNone ? options_.algorithms.size() : label.algorithm;
    return settled_[algorithm * (kIdsPerCarrier + 1) + label.used];
  }
  void settle(std::size_t index) {
    furthest_ = std::max(furthest_, labels_[index].position);
    settled_like(labels_[index]).push_back(index);
  }
  // Whatever can follow `label` can follow the other, and costs no more then.
  bool is_dominated(const Label& label) {
    return std::ranges::any_of(settled_like(label), [&](std::size_t index) {
      const Label& other = labels_[index];
      return other.position >= label.position && other.cost.ids <= label.cost.ids && other.cost <= label.cost;
    });
  }

  void expand(std::size_t index) {
    const std::size_t from = labels_[index].position;
    if (from == end()) return add_node(index, plain_, from);  // behind a uA: the uDT6 needs a uN
    if (options_.pin) return expand_pinned(index, from);
    for (std::size_t algorithm = 0; algorithm < options_.algorithms.size(); ++algorithm) {
      const std::size_t last = reach_.last(from, algorithm);
      for (std::size_t to = from + 1; to <= last; ++to) add_node(index, algorithm, to);
    }
    if (plain_ == kNone || options_.adjacencies == nullptr) return;
    const std::size_t last = std::min(reach_.last(from, plain_), end() - 1);
    for (std::size_t at = from; at <= last; ++at) {
      if (has_adjacency(at)) add_adjacency(index, at);
    }
  }

  // One link at a time: by its uA, or, if it has none, by a uN that takes it.
  void expand_pinned(std::size_t index, std::size_t from) {
    if (has_adjacency(from)) return add_adjacency(index, from);
    for (std::size_t algorithm = 0; algorithm < options_.algorithms.size(); ++algorithm) {
      if (reach_.last(from, algorithm) > from) add_node(index, algorithm, from + 1);
    }
  }

  // Whether the link that leaves position `at` is what a uA of its node means. One without the neighbour's address
  // has none: its node has no next hop to install it with.
  [[nodiscard]] bool has_adjacency(std::size_t at) const {
    if (plain_ == kNone || options_.adjacencies == nullptr) return false;
    if (snapshot_.links[path_.links[at]].remote_address.is_unspecified()) return false;
    const auto from = ids_.id(nodes_[at]);
    const auto to = ids_.id(nodes_[at + 1]);
    return from && to && options_.adjacencies->adjacency_sid(*from, *to) &&
           adjacency_link(snapshot_, nodes_[at], nodes_[at + 1]) == path_.links[at];
  }

  void add_node(std::size_t index, std::size_t algorithm, std::size_t to) {
    const auto id = ids_.id(nodes_[to]);
    if (!id) return;
    Label next = after(index, algorithm, to == end() && options_.ends_with_udt6 ? 2 : 1);
    next.position = to;
    next.done = to == end();
    next.cost.preference += algorithm;
    next.segment = {options_.algorithms[algorithm].algorithm, *id};
    push(next);
  }

  void add_adjacency(std::size_t index, std::size_t at) {
    Label next = after(index, plain_, 2);
    next.position = at + 1;
    next.done = next.position == end() && !options_.ends_with_udt6;
    next.cost.preference += options_.algorithms.size();
    next.segment = {kAlgorithmSpf, *ids_.id(nodes_[at]), ids_.id(nodes_[at + 1])};
    push(next);
  }

  // The label with `ids` more, which stay together, of `algorithm`: packed as pack_carriers() does.
  [[nodiscard]] Label after(std::size_t index, std::size_t algorithm, std::size_t ids) const {
    Label next = labels_[index];
    if (next.algorithm != algorithm || next.used + ids > kIdsPerCarrier) {
      ++next.cost.carriers;
      next.used = 0;
    }
    next.algorithm = algorithm;
    next.used += ids;
    next.cost.ids += ids;
    next.before = index;
    return next;
  }

  [[nodiscard]] bool within_limits(const Cost& cost) const {
    return cost.carriers <= options_.max_carriers.value_or(kNone) && cost.ids <= options_.max_ids.value_or(kNone);
  }

  [[nodiscard]] std::vector<Segment> segments(std::size_t index) const {
    std::vector<Segment> list;
    for (; labels_[index].before != kNone; index = labels_[index].before) list.push_back(labels_[index].segment);
    std::ranges::reverse(list);
    return list;
  }

  [[nodiscard]] std::unexpected<Error> too_long(const Cost& needed) const {
    std::string limits;
    if (options_.max_carriers) limits = formatted("{} carriers", *options_.max_carriers);
    if (options_.max_ids) append_formatted(limits, "{}{} ids", limits.empty() ? "" : " and ", *options_.max_ids);
    return fail(ErrorCode::kResourceExhausted, "segments: the path needs {} carriers with {} ids; at most {} fit",
                needed.carriers, needed.ids, limits);
  }

  [[nodiscard]] std::unexpected<Error> stuck() const {
    const Node& from = snapshot_.nodes[nodes_[furthest_]];
    const Node& to = snapshot_.nodes[nodes_[furthest_ + 1]];
    for (const std::size_t at : {furthest_, furthest_ + 1}) {
      if (ids_.id(nodes_[at]) || (at == 0 && !options_.pin)) continue;
      return fail(ErrorCode::kFailedPrecondition, "segments: node {} has no id", snapshot_.nodes[nodes_[at]].name);
    }
    return fail(ErrorCode::kFailedPrecondition,
                "segments: from {} to {} is no offered algorithm's only shortest path; {}", from.name, to.name,
                options_.adjacencies == nullptr ? "an adjacency SID is needed"
                                                : formatted("and its link {} has no adjacency SID",
                                                            snapshot_.links[path_.links[furthest_]].local_address));
  }

  const TopologySnapshot& snapshot_;
  const ComputedPath& path_;
  const std::vector<NodeIndex>& nodes_;
  const NodeIds& ids_;
  const SegmentOptions& options_;
  SegmentReach reach_;
  const std::size_t plain_;  // algorithm 0's place among the offered; kNone: it is none of them
  std::vector<Label> labels_;
  using Open = std::tuple<Cost, std::size_t, std::size_t>;  // least cost when complete, links to the end, label
  std::priority_queue<Open, std::vector<Open>, std::greater<>> open_;
  std::vector<std::vector<std::size_t>> settled_;  // by algorithm and ids in the open carrier
  std::size_t furthest_ = 0;
};

}  // namespace

LinkIndex adjacency_link(const TopologySnapshot& snapshot, NodeIndex from, NodeIndex to) {
  for (LinkIndex link = snapshot.first_link[from]; link < snapshot.first_link[from + 1]; ++link) {
    if (snapshot.links[link].to == to && snapshot.links[link].unusable.empty()) return link;
  }
  return kNoLink;
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
  return Encoder(snapshot, path, *nodes, ids, options).run();
}

}  // namespace pathwise::te
