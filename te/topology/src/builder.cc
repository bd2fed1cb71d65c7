// SPDX-License-Identifier: Apache-2.0
#include "te/topology/builder.h"

#include <algorithm>
#include <utility>

#include "base/format.h"

namespace pathwise::te {
namespace {

constexpr std::string_view kNoReverse = "the other direction is not advertised";
constexpr std::string_view kMaxMetric = "metric 16777215: not for SPF (RFC 5305)";

bool addresses_match(const Link& link, const Link& candidate) {
  return !link.local_address.is_unspecified() && link.local_address == candidate.remote_address &&
         link.remote_address == candidate.local_address;
}

// True if neither side's addresses contradict that these are two directions of one link.
bool addresses_agree(const Link& link, const Link& candidate) {
  const auto agree = [](const Ipv6Address& a, const Ipv6Address& b) {
    return a.is_unspecified() || b.is_unspecified() || a == b;
  };
  return agree(link.local_address, candidate.remote_address) && agree(link.remote_address, candidate.local_address);
}

std::pair<LinkIndex, LinkIndex> links_between(const TopologySnapshot& snapshot, NodeIndex from, NodeIndex to) {
  const auto links = snapshot.out_links(from);
  const auto range = std::ranges::equal_range(links, to, {}, &Link::to);
  const auto first = static_cast<LinkIndex>(snapshot.first_link[from] + (range.begin() - links.begin()));
  return {first, first + static_cast<LinkIndex>(range.size())};
}

template <typename Predicate>
LinkIndex only_unpaired(const TopologySnapshot& snapshot, LinkIndex link, Predicate fits) {
  const auto [first, last] = links_between(snapshot, snapshot.links[link].to, snapshot.links[link].from);
  LinkIndex found = kNoLink;
  for (LinkIndex i = first; i < last; ++i) {
    if (i == link || snapshot.links[i].reverse != kNoLink || !fits(snapshot.links[link], snapshot.links[i])) continue;
    if (found != kNoLink) return kNoLink;
    found = i;
  }
  return found;
}

template <typename Predicate>
void pair_links(TopologySnapshot& snapshot, Predicate fits) {
  for (LinkIndex i = 0; i < snapshot.links.size(); ++i) {
    if (snapshot.links[i].reverse != kNoLink) continue;
    const LinkIndex other = only_unpaired(snapshot, i, fits);
    // The match must hold from both sides, or the result would depend on the order.
    if (other == kNoLink || only_unpaired(snapshot, other, fits) != i) continue;
    snapshot.links[i].reverse = other;
    snapshot.links[other].reverse = i;
  }
}

}  // namespace

void TopologyBuilder::add_node(Node node) {
  std::ranges::sort(node.locators);
  NodeName name = node.name;
  nodes_.insert_or_assign(std::move(name), std::move(node));
}

void TopologyBuilder::add_link(LinkByName link) {
  LinkId id{std::move(link.from), std::move(link.to), link.attributes.local_address};
  links_.insert_or_assign(std::move(id), std::move(link.attributes));
}

TopologySnapshot TopologyBuilder::build(std::uint64_t epoch, std::uint64_t version) const {
  TopologySnapshot snapshot{.epoch = epoch, .version = version, .nodes = {}, .links = {}, .first_link = {}, .link_to = {}, .link_reverse = {}};
  snapshot.nodes.reserve(nodes_.size());
  for (const auto& [name, node] : nodes_) snapshot.nodes.push_back(node);
  snapshot.first_link.assign(nodes_.size() + 1, 0);
  for (const auto& [id, attributes] : links_) {  // in the order of (from, to, local_address)
    const NodeIndex from = snapshot.find(id.from);
    const NodeIndex to = snapshot.find(id.to);
    if (from == kNoNode || to == kNoNode || from == to) continue;
    Link& link = snapshot.links.emplace_back(attributes);
    link.from = from;
    link.to = to;
    link.reverse = kNoLink;
    snapshot.first_link[from + 1] = static_cast<LinkIndex>(snapshot.links.size());
  }
  for (std::size_t i = 1; i < snapshot.first_link.size(); ++i) {
    snapshot.first_link[i] = std::max(snapshot.first_link[i], snapshot.first_link[i - 1]);
  }
  pair_links(snapshot, addresses_match);
  pair_links(snapshot, addresses_agree);
  for (Link& link : snapshot.links) {
    // A node that does not advertise its neighbour's address: the neighbour does.
    if (link.reverse != kNoLink && link.remote_address.is_unspecified()) {
      link.remote_address = snapshot.links[link.reverse].local_address;
    }
    if (!link.unusable.empty()) continue;
    if (link.reverse == kNoLink) link.unusable = kNoReverse;
    if (link.igp_metric >= kMaxLinkMetric) link.unusable = kMaxMetric;
  }
  for (const Link& link : snapshot.links) {
    snapshot.link_to.push_back(link.to);
    snapshot.link_reverse.push_back(link.reverse);
  }
  return snapshot;
}

std::vector<std::string> TopologyBuilder::problems() const {
  std::vector<std::string> found;
  for (const auto& [id, link] : links_) {
    const auto report = [&](std::string_view reason) {
      found.push_back(formatted("link {} -> {} ({}): {}", id.from, id.to, id.local_address, reason));
    };
    if (id.from == id.to) {
      report("both ends are the same node");
    } else if (!nodes_.contains(id.from)) {
      report(formatted("node '{}' is not advertised", id.from));
    } else if (!nodes_.contains(id.to)) {
      report(formatted("node '{}' is not advertised", id.to));
    }
  }
  return found;
}

LinkId link_id(const TopologySnapshot& snapshot, const Link& link) {
  return {snapshot.nodes[link.from].name, snapshot.nodes[link.to].name, link.local_address};
}

}  // namespace pathwise::te
