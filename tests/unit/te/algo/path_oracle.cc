// SPDX-License-Identifier: Apache-2.0
#include "path_oracle.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

std::optional<std::uint64_t> value_of(const TopologySnapshot& snapshot, const CspfRequest& request,
                                      CspfObjective metric, LinkIndex index) {
  const Link& link = snapshot.links[index];
  if (metric == CspfObjective::kIgp) return link.igp_metric;
  if (metric == CspfObjective::kTe) return link.te_metric;
  if (metric == CspfObjective::kDelay) return link.delay_us;
  if (metric == CspfObjective::kHops) return 1;
  if (request.prices[index] == kPruned) return std::nullopt;
  return request.prices[index];
}

struct Bound {
  CspfObjective metric;
  std::optional<std::uint64_t> value;
};

std::vector<Bound> bounds(const CspfRequest& request) {
  std::optional<std::uint64_t> delay;
  if (request.max_delay) delay = static_cast<std::uint64_t>(request.max_delay->count());
  return {{CspfObjective::kDelay, delay},
          {CspfObjective::kIgp, request.max_igp},
          {CspfObjective::kTe, request.max_te},
          {CspfObjective::kHops, request.max_hops},
          {CspfObjective::kPrice, request.max_price}};
}

bool may_use(const TopologySnapshot& snapshot, const CspfRequest& request, LinkIndex index) {
  const Link& link = snapshot.links[index];
  if (!link.unusable.empty()) return false;
  if (request.bandwidth) {  // an unknown bandwidth is not enough for anything, not even for 0
    const auto free = request.available.empty() ? link.max_reservable_bandwidth : request.available[index];
    if (!free || *free < *request.bandwidth) return false;
  }
  for (unsigned bit = 0; bit < 256; ++bit) {
    if (request.exclude_any.test(bit) && link.admin_groups.test(bit)) return false;
    if (request.include_all.test(bit) && !link.admin_groups.test(bit)) return false;
  }
  if (request.include_any.any() && !request.include_any.intersects(link.admin_groups)) return false;
  for (const std::uint32_t srlg : request.exclude_srlgs) {
    if (std::ranges::count(link.srlgs, srlg) > 0) return false;
  }
  return std::ranges::count(request.exclude_links, index) == 0 &&
         std::ranges::count(request.exclude_nodes, link.from) == 0 &&
         std::ranges::count(request.exclude_nodes, link.to) == 0;
}

bool visits_includes(const TopologySnapshot& snapshot, const CspfRequest& request,
                     const std::vector<LinkIndex>& links) {
  std::vector<NodeIndex> nodes{request.source};
  for (const LinkIndex link : links) nodes.push_back(snapshot.links[link].to);
  std::size_t at = 0;  // position of the hop before, in `nodes`
  for (const IncludeHop& hop : request.include) {
    std::size_t found = at;
    if (hop.link != kNoLink) {
      while (found < links.size() && links[found] != hop.link) ++found;
      if (found == links.size() || (hop.strict && found != at)) return false;
      at = found + 1;
    } else {
      while (found < nodes.size() && nodes[found] != hop.node) ++found;
      if (found == nodes.size() || (hop.strict && found > at + 1)) return false;
      at = found;
    }
  }
  return true;
}

}  // namespace

OraclePath describe(const TopologySnapshot& snapshot, const CspfRequest& request, std::vector<LinkIndex> links) {
  OraclePath path{.links = std::move(links)};
  const auto sum = [&](CspfObjective metric) {
    std::uint64_t total = 0;
    for (const LinkIndex link : path.links) total += *value_of(snapshot, request, metric, link);
    return total;
  };
  path.cost = sum(request.optimise);
  if (!request.penalties.empty()) {
    std::uint64_t total = 0;
    for (const LinkIndex link : path.links) total += request.penalties[link];
    path.rank.push_back(total);
  }
  path.rank.push_back(path.cost);
  for (const Bound& bound : bounds(request)) {
    if (bound.value && bound.metric != request.optimise) path.rank.push_back(sum(bound.metric));
  }
  path.rank.push_back(path.links.size());
  return path;
}

bool keeps_constraints(const TopologySnapshot& snapshot, const CspfRequest& request,
                       const std::vector<LinkIndex>& links) {
  for (const LinkIndex link : links) {
    if (!may_use(snapshot, request, link) || !value_of(snapshot, request, request.optimise, link)) return false;
  }
  for (const Bound& bound : bounds(request)) {
    if (!bound.value) continue;
    std::uint64_t total = 0;
    for (const LinkIndex link : links) {
      const auto value = value_of(snapshot, request, bound.metric, link);
      if (!value) return false;
      total += *value;
    }
    if (total > *bound.value) return false;
  }
  return visits_includes(snapshot, request, links);
}

std::vector<OraclePath> all_paths(const TopologySnapshot& snapshot, const CspfRequest& request) {
  std::vector<OraclePath> found;
  std::vector<bool> seen(snapshot.nodes.size());
  std::vector<LinkIndex> links;
  const std::function<void(NodeIndex)> visit = [&](NodeIndex at) {
    if (at == request.destination) {
      if (keeps_constraints(snapshot, request, links)) found.push_back(describe(snapshot, request, links));
      return;
    }
    seen[at] = true;
    for (LinkIndex link = snapshot.first_link[at]; link < snapshot.first_link[at + 1]; ++link) {
      if (seen[snapshot.links[link].to]) continue;
      links.push_back(link);
      visit(snapshot.links[link].to);
      links.pop_back();
    }
    seen[at] = false;
  };
  visit(request.source);
  std::ranges::stable_sort(found, {}, &OraclePath::rank);
  return found;
}

CspfRequest random_request(const TopologySnapshot& snapshot, Random& random, std::vector<std::uint32_t>& prices) {
  const auto some = [&](std::uint64_t one_in) { return random.below(one_in) == 0; };
  const auto node = [&] { return static_cast<NodeIndex>(random.below(snapshot.nodes.size())); };
  const auto link = [&] { return static_cast<LinkIndex>(random.below(snapshot.links.size())); };
  prices.clear();
  for (std::size_t i = 0; i < snapshot.links.size(); ++i) {
    prices.push_back(some(12) ? kPruned : static_cast<std::uint32_t>(random.below(9)));
  }
  CspfRequest request{.source = node(), .destination = node()};
  request.optimise = static_cast<CspfObjective>(random.below(5));
  request.prices = prices;
  if (some(2)) request.max_delay = Microseconds(random.below(25));
  if (some(3)) request.max_igp = random.below(30);
  if (some(3)) request.max_te = random.below(30);
  if (some(3)) request.max_hops = random.below(7);
  if (some(4)) request.max_price = random.below(25);
  if (some(4)) request.bandwidth = BitsPerSecond(100 * random.below(3));
  if (some(4)) request.exclude_any.set(static_cast<unsigned>(random.below(3)));
  if (some(6)) request.include_any.set(static_cast<unsigned>(random.below(3)));
  if (some(12)) request.include_all.set(static_cast<unsigned>(random.below(3)));
  if (some(5)) request.exclude_srlgs = {9, static_cast<std::uint32_t>(1 + random.below(4))};
  if (some(5) && !snapshot.links.empty()) request.exclude_links = {link(), link()};
  if (const NodeIndex excluded = node(); some(5) && excluded != request.source && excluded != request.destination) {
    request.exclude_nodes = {excluded};
  }
  if (some(3)) {
    for (std::uint64_t hops = 1 + random.below(3); hops > 0; --hops) {
      const bool by_link = some(4) && !snapshot.links.empty();
      request.include.push_back({by_link ? kNoNode : node(), by_link ? link() : kNoLink, some(4)});
    }
  }
  return request;
}

std::string route(const TopologySnapshot& snapshot, const Result<ComputedPath>& path) {
  if (!path) return path.error().message;
  std::string text = snapshot.nodes[path->source].name.str();
  for (const LinkIndex link : path->links) text += "-" + snapshot.nodes[snapshot.links[link].to].name.str();
  return text;
}

}  // namespace pathwise::te
