// SPDX-License-Identifier: Apache-2.0
#include "te/policy/network_view.h"

#include <algorithm>

#include "te/algo/encode.h"

namespace pathwise::te {

constexpr std::size_t kMostTraces = 10'000;  // more than a site has LSPs

TopologyView::TopologyView(TopologySnapshotPtr topology, SidMap map, std::vector<FlexAlgoDefinition> definitions)
    : topology_(std::move(topology)),
      map_(std::move(map)),
      definitions_(std::move(definitions)),
      ids_(NodeIds::from_locators(*topology_, map_)) {
  if (definition(kAlgorithmSpf) == nullptr) definitions_.insert(definitions_.begin(), FlexAlgoDefinition{});
}

const FlexAlgoDefinition* TopologyView::definition(Algorithm algorithm) const {
  const auto found = std::ranges::find(definitions_, algorithm, &FlexAlgoDefinition::algorithm);
  return found == definitions_.end() ? nullptr : &*found;
}

const TopologyView::Tree& TopologyView::tree(const FlexAlgoDefinition& definition, NodeIndex from) {
  auto& slot = trees_[{definition.algorithm, from}];
  if (!slot) {
    slot = std::make_unique<Tree>();
    slot->costs = link_costs(definition, *topology_);
    slot->spf.run(*topology_, slot->costs, from);
  }
  return *slot;
}

Result<TracedPath> TopologyView::shortest(Algorithm algorithm, const NodeName& from, const NodeName& to) {
  const FlexAlgoDefinition* wanted = definition(algorithm);
  if (wanted == nullptr) return fail(ErrorCode::kUnavailable, "algorithm {} is not defined here", algorithm);
  const auto takes_part = [&](const Node& node) { return participates(node, algorithm); };
  if (std::ranges::none_of(topology_->nodes, takes_part)) {
    return fail(ErrorCode::kUnavailable, "no node announces algorithm {}", algorithm);
  }
  const NodeIndex source = topology_->find(from);
  const NodeIndex target = topology_->find(to);
  if (source == kNoNode) return fail(ErrorCode::kNotFound, "{} is not in the topology", from);
  if (target == kNoNode) return fail(ErrorCode::kNotFound, "{} is not in the topology", to);
  const Spf& spf = tree(*wanted, source).spf;
  if (spf.distance(target) == kUnreachable) {
    return fail(ErrorCode::kNotFound, "no path in algorithm {} from {} to {}", algorithm, from, to);
  }
  std::vector<LinkIndex> links;  // from the target back
  for (NodeIndex node = target; node != source && links.size() <= topology_->nodes.size();) {
    const auto out = topology_->out_links(node);
    const auto back = std::ranges::find_if(
        out, [&](const Link& link) { return link.reverse != kNoLink && spf.on_shortest_path(link.reverse); });
    if (back == out.end()) return fail(ErrorCode::kInternal, "shortest path to {} breaks off", to);
    links.push_back(back->reverse);
    node = back->to;
  }
  std::ranges::reverse(links);
  return along(source, links);
}

std::optional<TracedPath> TopologyView::trace(const NodeName& from, const std::vector<Ipv6Address>& carriers) {
  if (traces_.size() >= kMostTraces) traces_.clear();
  const auto [known, fresh] = traces_.try_emplace({from, carriers});
  if (fresh) known->second = find_trace(from, carriers);
  return known->second;
}

std::optional<TracedPath> TopologyView::find_trace(const NodeName& from,
                                                   const std::vector<Ipv6Address>& carriers) const {
  const NodeIndex source = topology_->find(from);
  if (source == kNoNode) return std::nullopt;
  const auto links = walk(*topology_, source, carriers, {.map = map_, .ids = ids_, .algorithms = definitions_});
  if (links) return along(source, *links);
  TracedPath path{.nodes = {from}};  // several ways, or none known: at least the nodes that the list names
  for (const Ipv6Address& carrier : carriers) {
    for (const Segment& segment : map_.segments_of(carrier)) {
      const NodeIndex node = ids_.node(segment.node);
      if (node == kNoNode) return std::nullopt;
      if (topology_->nodes[node].name != path.nodes.back()) path.nodes.push_back(topology_->nodes[node].name);
    }
  }
  return path;
}

TracedPath TopologyView::along(NodeIndex from, const std::vector<LinkIndex>& links) const {
  TracedPath path{.nodes = {topology_->nodes[from].name}, .delay = Microseconds{0}};
  for (const LinkIndex index : links) {
    const Link& link = topology_->links[index];
    path.nodes.push_back(topology_->nodes[link.to].name);
    const auto delay = link.min_delay_us ? link.min_delay_us : link.delay_us;
    if (path.delay && delay) {
      *path.delay += Microseconds(*delay);
    } else {
      path.delay.reset();
    }
  }
  return path;
}

}  // namespace pathwise::te
