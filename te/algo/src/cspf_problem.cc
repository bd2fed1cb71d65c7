// SPDX-License-Identifier: Apache-2.0
#include "cspf_problem.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/format.h"

namespace pathwise::te {
namespace {

// Also the order in which bounded sums break ties.
constexpr std::array kMetrics{CspfObjective::kDelay, CspfObjective::kIgp, CspfObjective::kTe, CspfObjective::kHops,
                              CspfObjective::kPrice};

std::string_view name_of(CspfObjective metric) {
  switch (metric) {
    case CspfObjective::kIgp:
      return "IGP metric";
    case CspfObjective::kTe:
      return "TE metric";
    case CspfObjective::kDelay:
      return "delay";
    case CspfObjective::kHops:
      return "number of hops";
    case CspfObjective::kPrice:
      return "price";
  }
  return "metric";
}

bool share_element(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  for (auto left = a.begin(), right = b.begin(); left != a.end() && right != b.end();) {
    if (*left == *right) return true;
    *left < *right ? ++left : ++right;
  }
  return false;
}

}  // namespace

std::string metric_text(CspfObjective metric, std::uint64_t sum) {
  return metric == CspfObjective::kDelay ? to_human(Microseconds(sum)) : formatted("{}", sum);
}

Result<void> CspfProblem::load(const TopologySnapshot& snapshot, const CspfRequest& request) {
  snapshot_ = &snapshot;
  request_ = &request;
  if (auto valid = check(); !valid) return valid;
  choose_columns();
  srlgs_.assign(request.exclude_srlgs.begin(), request.exclude_srlgs.end());
  std::ranges::sort(srlgs_);
  excluded_nodes_.assign(snapshot.nodes.size(), 0);
  for (const NodeIndex node : request.exclude_nodes) excluded_nodes_[node] = 1;
  weigh_links();
  look_ahead();
  return {};
}

Result<void> CspfProblem::check() const {
  const std::size_t nodes = snapshot_->nodes.size();
  const std::size_t links = snapshot_->links.size();
  const CspfRequest& request = *request_;
  const auto invalid = [](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, "path computation: {}", what);
  };
  if (request.source >= nodes || request.destination >= nodes) return invalid("an end is not a node of the topology");
  const auto fits = [&](std::size_t size) { return size == 0 || size == links; };
  if (!fits(request.available.size())) {
    return fail(ErrorCode::kInvalidArgument, "path computation: available bandwidth of {} links, the topology has {}",
                request.available.size(), links);
  }
  if (!fits(request.prices.size()) || !fits(request.penalties.size())) {
    return invalid("prices or penalties of another number of links than the topology has");
  }
  const bool priced = request.optimise == CspfObjective::kPrice || request.max_price;
  if (priced && request.prices.size() != links) return invalid("a price is asked for and no link has one");
  if (request.max_delay && request.max_delay->count() < 0) return invalid("a negative delay bound");
  const auto no_node = [&](NodeIndex node) { return node >= nodes; };
  const auto no_link = [&](LinkIndex link) { return link >= links; };
  if (std::ranges::any_of(request.exclude_nodes, no_node) || std::ranges::any_of(request.exclude_links, no_link)) {
    return invalid("what is excluded is not in the topology");
  }
  const auto is_end = [&](NodeIndex node) { return node == request.source || node == request.destination; };
  if (std::ranges::any_of(request.exclude_nodes, is_end)) return invalid("an end of the path is excluded");
  const auto no_hop = [&](const IncludeHop& hop) {
    return hop.link != kNoLink ? no_link(hop.link) : no_node(hop.node);
  };
  if (std::ranges::any_of(request.include, no_hop)) return invalid("what is included is not in the topology");
  if (request.include.size() > kMaxIncludeHops) return invalid("too many hops to include");
  return {};
}

std::optional<std::uint64_t> CspfProblem::bound_on(CspfObjective metric) const {
  switch (metric) {
    case CspfObjective::kIgp:
      return request_->max_igp;
    case CspfObjective::kTe:
      return request_->max_te;
    case CspfObjective::kDelay:
      return request_->max_delay ? std::optional(static_cast<std::uint64_t>(request_->max_delay->count()))
                                 : std::nullopt;
    case CspfObjective::kHops:
      return request_->max_hops;
    case CspfObjective::kPrice:
      return request_->max_price;
  }
  return std::nullopt;
}

void CspfProblem::choose_columns() {
  columns_ = 0;
  const auto add = [this](std::optional<CspfObjective> metric, std::uint64_t bound) {
    metrics_[columns_] = metric;
    bounds_[columns_++] = bound;
  };
  if (!request_->penalties.empty()) add(std::nullopt, kUnbounded);
  add(request_->optimise, bound_on(request_->optimise).value_or(kUnbounded));
  for (const CspfObjective metric : kMetrics) {
    if (const auto bound = bound_on(metric); bound && metric != request_->optimise) add(metric, *bound);
  }
}

bool CspfProblem::allowed(LinkIndex index) const {
  const CspfRequest& request = *request_;
  const Link& link = snapshot_->links[index];
  if (!link.unusable.empty() || link.reverse == kNoLink) return false;
  if (request.bandwidth) {
    if (!request.available.empty()) {
      if (request.available[index] < *request.bandwidth) return false;
    } else if (!link.max_reservable_bandwidth || *link.max_reservable_bandwidth < *request.bandwidth) {
      return false;
    }
  }
  if (request.exclude_any.intersects(link.admin_groups) || !link.admin_groups.contains(request.include_all) ||
      (request.include_any.any() && !request.include_any.intersects(link.admin_groups))) {
    return false;
  }
  if (excluded_nodes_[link.from] != 0 || excluded_nodes_[link.to] != 0) return false;
  return srlgs_.empty() || !share_element(srlgs_, link.srlgs);
}

std::optional<std::uint32_t> CspfProblem::metric_of(CspfObjective metric, LinkIndex index) const {
  const Link& link = snapshot_->links[index];
  switch (metric) {
    case CspfObjective::kIgp:
      return link.igp_metric;
    case CspfObjective::kTe:
      return link.te_metric;
    case CspfObjective::kDelay:
      return link.delay_us;
    case CspfObjective::kHops:
      return 1;
    case CspfObjective::kPrice:
      return request_->prices[index];
  }
  return std::nullopt;
}

void CspfProblem::weigh_links() {
  weights_.assign(snapshot_->links.size() * columns_, kPruned);
  for (LinkIndex i = 0; i < snapshot_->links.size(); ++i) {
    if (!allowed(i)) continue;
    std::array<std::uint32_t, kMaxColumns> row{};
    bool known = true;
    for (std::size_t column = 0; column < columns_ && known; ++column) {
      const auto value = metrics_[column] ? metric_of(*metrics_[column], i) : std::optional(request_->penalties[i]);
      known = value && *value != kPruned;
      if (known) row[column] = *value;
    }
    if (known) std::copy_n(row.begin(), columns_, weights_.begin() + static_cast<std::ptrdiff_t>(i * columns_));
  }
  for (const LinkIndex link : request_->exclude_links) weights_[link * columns_] = kPruned;
}

NodeIndex CspfProblem::target(std::size_t stage) const {
  if (stage == include().size()) return request_->destination;
  const IncludeHop& hop = include()[stage];
  return hop.link != kNoLink ? snapshot_->links[hop.link].from : hop.node;
}

std::array<std::uint64_t, kMaxColumns> CspfProblem::left_behind(std::size_t stage) const {
  std::array<std::uint64_t, kMaxColumns> sums{};
  if (stage == include().size()) return sums;
  const IncludeHop& hop = include()[stage];
  const NodeIndex node = hop.link != kNoLink ? snapshot_->links[hop.link].to : hop.node;
  const std::uint64_t* behind = left(state(stage + 1, node));
  for (std::size_t column = 0; column < columns_; ++column) {
    sums[column] = behind[column];
    if (sums[column] == kUnreachable || hop.link == kNoLink) continue;
    sums[column] = weights().usable(hop.link) ? sums[column] + weights().at(hop.link, column) : kUnreachable;
  }
  return sums;
}

void CspfProblem::look_ahead() {
  left_.assign(states() * columns_, kUnreachable);
  for (std::size_t stage = include().size() + 1; stage-- > 0;) look_ahead(stage);
}

// The bounded metrics first: nodes that one of them rules out need not be looked at for the next.
void CspfProblem::look_ahead(std::size_t stage) {
  const std::size_t nodes = snapshot_->nodes.size();
  const std::array<std::uint64_t, kMaxColumns> behind = left_behind(stage);
  alive_.assign(nodes, 1);
  for (std::size_t column = columns_; column-- > 0;) {
    if (behind[column] == kUnreachable || behind[column] > bounds_[column]) return;
    distances_.run_to(*snapshot_, target(stage), weights(), column,
                      {.limit = bounds_[column] - behind[column], .allowed = alive_});
    for (NodeIndex node = 0; node < nodes; ++node) {
      if (distances_[node] == kUnreachable) {
        alive_[node] = 0;
      } else {
        left_[state(stage, node) * columns_ + column] = distances_[node] + behind[column];
      }
    }
  }
}

std::size_t CspfProblem::next_stage(std::size_t stage, LinkIndex link, NodeIndex node) const {
  while (stage < include().size()) {
    const IncludeHop& hop = include()[stage];
    if (hop.link != kNoLink ? hop.link != link : hop.node != node) break;
    ++stage;
    link = kNoLink;  // it is behind us, of whatever kind the hop was
  }
  return stage;
}

bool CspfProblem::may_take(std::size_t stage, NodeIndex from, LinkIndex link) const {
  if (stage == include().size()) return true;
  const IncludeHop& hop = include()[stage];
  if (hop.link != kNoLink) return hop.link == link || (!hop.strict && snapshot_->links[hop.link].from != from);
  return !hop.strict || snapshot_->link_to[link] == hop.node;
}

bool CspfProblem::comes_later(std::size_t stage, NodeIndex node) const {
  for (std::size_t later = stage; later < include().size(); ++later) {
    if (include()[later].link == kNoLink && include()[later].node == node) return true;
  }
  return stage < include().size() && node == request_->destination;
}

ComputedPath CspfProblem::path_of(std::vector<LinkIndex> links) const {
  ComputedPath path{.source = request_->source, .links = std::move(links), .cost = 0, .delay = Microseconds(0)};
  for (const LinkIndex link : path.links) {
    path.cost += weights().at(link, cost_column());
    const auto delay = snapshot_->links[link].delay_us;
    path.delay = path.delay && delay ? std::optional(*path.delay + Microseconds(*delay)) : std::nullopt;
  }
  return path;
}

bool CspfProblem::within_bounds(const std::vector<LinkIndex>& links) const {
  for (std::size_t column = 0; column < columns_; ++column) {
    std::uint64_t sum = 0;
    for (const LinkIndex link : links) sum += weights().at(link, column);
    if (sum > bounds_[column]) return false;
  }
  return true;
}

std::string CspfProblem::constraints() const {
  const CspfRequest& request = *request_;
  std::string text;
  if (request.bandwidth) text += formatted(" with {} free", to_human(*request.bandwidth));
  if (request.exclude_any.any() || request.include_any.any() || request.include_all.any()) {
    text += " under the affinity constraints";
  }
  if (!request.exclude_srlgs.empty() || !request.exclude_nodes.empty() || !request.exclude_links.empty()) {
    text += " without what is excluded";
  }
  if (!request.include.empty()) text += " through what is included";
  return text;
}

// Without the bounds, of this metric alone.
std::uint64_t CspfProblem::least_sum(std::size_t column) {
  if (include().empty()) {
    distances_.run_to(*snapshot_, request_->destination, weights(), column, {.until = request_->source});
    return distances_[request_->source];
  }
  const auto bounds = bounds_;
  bounds_.fill(kUnbounded);
  look_ahead();
  bounds_ = bounds;
  return left(state(next_stage(0, kNoLink, request_->source), request_->source))[column];
}

std::unexpected<Error> CspfProblem::no_path() {
  const NodeName& from = snapshot_->nodes[request_->source].name;
  const NodeName& to = snapshot_->nodes[request_->destination].name;
  const std::string under = constraints();
  std::string together;
  for (std::size_t column = 0; column < columns_; ++column) {
    if (!metrics_[column] || bounds_[column] == kUnbounded) continue;
    const std::uint64_t least = least_sum(column);
    if (least == kUnreachable) break;
    const CspfObjective metric = *metrics_[column];
    if (least > bounds_[column]) {
      return fail(ErrorCode::kNotFound, "no path from {} to {}{}: the least {} is {}, the bound {}", from, to, under,
                  name_of(metric), metric_text(metric, least), metric_text(metric, bounds_[column]));
    }
    together +=
        formatted("{}{} {}", together.empty() ? "" : ", ", name_of(metric), metric_text(metric, bounds_[column]));
  }
  if (together.empty()) return fail(ErrorCode::kNotFound, "no path from {} to {}{}", from, to, under);
  return fail(ErrorCode::kNotFound, "no path from {} to {}{} within all bounds at once: {}", from, to, under, together);
}

}  // namespace pathwise::te
