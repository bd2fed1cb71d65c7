// SPDX-License-Identifier: Apache-2.0
#include "te/topology/builder.h"

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "base/format.h"

namespace pathwise::te {
namespace {

constexpr int kPairingRounds = 8;  // more are needed for contrived parallel links only

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

// The same for link ids.
bool ids_agree(const Link& link, const Link& candidate) {
  const auto agree = [](std::uint32_t a, std::uint32_t b) { return a == 0 || b == 0 || a == b; };
  return agree(link.local_id, candidate.remote_id) && agree(link.remote_id, candidate.local_id);
}

bool ids_match(const Link& link, const Link& candidate) {
  return link.local_id != 0 && candidate.local_id != 0 && link.local_id == candidate.remote_id &&
         link.remote_id == candidate.local_id && addresses_agree(link, candidate);
}

bool nothing_contradicts(const Link& link, const Link& candidate) {
  return addresses_agree(link, candidate) && ids_agree(link, candidate);
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

// True if it found any.
template <typename Predicate>
bool pair_links(TopologySnapshot& snapshot, Predicate fits) {
  bool found = false;
  for (LinkIndex i = 0; i < snapshot.links.size(); ++i) {
    if (snapshot.links[i].reverse != kNoLink) continue;
    const LinkIndex other = only_unpaired(snapshot, i, fits);
    // The match must hold from both sides, or the result would depend on the order.
    if (other == kNoLink || only_unpaired(snapshot, other, fits) != i) continue;
    snapshot.links[i].reverse = other;
    snapshot.links[other].reverse = i;
    found = true;
  }
  return found;
}

// Why a link has no other direction.
std::string why_unpaired(const TopologySnapshot& snapshot, LinkIndex index) {
  const Link& link = snapshot.links[index];
  const auto [first, last] = links_between(snapshot, link.to, link.from);
  std::size_t free = 0;
  std::size_t possible = 0;
  for (LinkIndex i = first; i < last; ++i) {
    if (snapshot.links[i].reverse != kNoLink) continue;
    ++free;
    if (nothing_contradicts(link, snapshot.links[i])) ++possible;
  }
  if (possible == 0) {
    return free == 0 ? "one-way: the other direction is not advertised"
                     : formatted("the other direction is not advertised: {} to {} only by other addresses or link ids",
                                 snapshot.nodes[link.to].name, snapshot.nodes[link.from].name);
  }
  return formatted(
      "the other direction is not known: {} of {} could be it; neighbour addresses (sub-TLV 13) or link ids "
      "would tell",
      possible == 1 ? "a link" : formatted("{} links", possible), snapshot.nodes[link.to].name);
}

// What one direction lacks and the other says of the same link.
void complete_from_reverse(TopologySnapshot& snapshot, Link& link) {
  if (link.reverse == kNoLink) return;
  const Link& other = snapshot.links[link.reverse];
  if (link.remote_address.is_unspecified()) link.remote_address = other.local_address;
  if (link.remote_id == 0) link.remote_id = other.local_id;
}

void judge(TopologySnapshot& snapshot, LinkIndex index) {
  Link& link = snapshot.links[index];
  if (link.min_delay_us && link.max_delay_us && *link.min_delay_us > *link.max_delay_us) {
    link.min_delay_us.reset();
    link.max_delay_us.reset();
  }
  if (!link.unusable.empty()) return;
  if (link.reverse == kNoLink) link.unusable = why_unpaired(snapshot, index);
  if (link.igp_metric >= kMaxLinkMetric) {
    link.unusable = formatted("metric {}: not for SPF (RFC 5305)", link.igp_metric);
  }
}

void sort_unique(auto& list) {
  std::ranges::sort(list);
  const auto rest = std::ranges::unique(list);
  list.erase(rest.begin(), rest.end());
}

// Values that two nodes claim, with their names.
template <typename Value>
void find_shared(const std::map<NodeName, Node>& nodes, std::string_view what, Value value,
                 std::vector<std::string>& found) {
  std::map<std::decay_t<decltype(value(Node{}))>, std::string> owners;
  std::set<std::decay_t<decltype(value(Node{}))>> shared;
  for (const auto& [name, node] : nodes) {
    if (value(node) == decltype(value(node)){}) continue;
    std::string& owner = owners[value(node)];
    if (!owner.empty()) shared.insert(value(node));
    owner += (owner.empty() ? "" : ", ") + name.str();
  }
  for (const auto& each : shared) found.push_back(formatted("{} {}: claimed by {}", what, each, owners[each]));
}

}  // namespace

bool TopologyBuilder::add_node(Node node) {
  std::ranges::sort(node.locators);
  sort_unique(node.sids);
  if (node.algorithms) sort_unique(*node.algorithms);
  NodeName name = node.name;
  return nodes_.insert_or_assign(std::move(name), std::move(node)).second;
}

bool TopologyBuilder::add_link(LinkByName link) {
  sort_unique(link.attributes.srlgs);
  sort_unique(link.attributes.sids);
  LinkId id{std::move(link.from), std::move(link.to), link.attributes.local_address, link.attributes.local_id};
  return links_.insert_or_assign(std::move(id), std::move(link.attributes)).second;
}

void TopologyBuilder::add_problem(std::string problem) {
  told_.insert(std::move(problem));
}

TopologySnapshot TopologyBuilder::build(std::uint64_t epoch, std::uint64_t version) const {
  TopologySnapshot snapshot;
  snapshot.epoch = epoch;
  snapshot.version = version;
  snapshot.nodes.reserve(nodes_.size());
  for (const auto& [name, node] : nodes_) snapshot.nodes.push_back(node);
  snapshot.first_link.assign(nodes_.size() + 1, 0);
  snapshot.links.reserve(links_.size());
  for (const auto& [id, attributes] : links_) {  // in the order of (from, to, local_address, local_id)
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
  pair_links(snapshot, ids_match);
  // A pair that is found leaves fewer candidates to the others.
  for (int round = 0; round < kPairingRounds && pair_links(snapshot, nothing_contradicts); ++round) continue;
  for (Link& link : snapshot.links) complete_from_reverse(snapshot, link);
  for (LinkIndex i = 0; i < snapshot.links.size(); ++i) judge(snapshot, i);
  snapshot.link_to.reserve(snapshot.links.size());
  snapshot.link_reverse.reserve(snapshot.links.size());
  for (const Link& link : snapshot.links) {
    snapshot.link_to.push_back(link.to);
    snapshot.link_reverse.push_back(link.reverse);
  }
  std::set<std::string> all = told_;
  for (std::string& problem : problems()) all.insert(std::move(problem));
  snapshot.problems.assign(all.begin(), all.end());
  return snapshot;
}

std::vector<std::string> TopologyBuilder::problems() const {
  std::vector<std::string> found;
  for (const auto& [id, link] : links_) {
    const auto report = [&](std::string_view reason) {
      found.push_back(formatted("link {}: {}", to_string(id), reason));
    };
    if (id.from == id.to) {
      report("both ends are the same node");
    } else if (!nodes_.contains(id.from)) {
      report(formatted("node '{}' is not advertised", id.from));
    } else if (!nodes_.contains(id.to)) {
      report(formatted("node '{}' is not advertised", id.to));
    }
    if (link.min_delay_us && link.max_delay_us && *link.min_delay_us > *link.max_delay_us) {
      report(formatted("its minimum delay {} is above its maximum {}", *link.min_delay_us, *link.max_delay_us));
    }
  }
  find_shared(nodes_, "system id", [](const Node& node) { return node.system_id; }, found);
  find_shared(nodes_, "router id", [](const Node& node) { return node.router_id6; }, found);
  sort_unique(found);
  return found;
}

std::string to_string(const LinkId& id) {
  std::string text = formatted("{} -> {}", id.from, id.to);
  if (!id.local_address.is_unspecified()) return text + formatted(" ({})", id.local_address);
  return id.local_id == 0 ? text : text + formatted(" (link id {})", id.local_id);
}

LinkId link_id(const TopologySnapshot& snapshot, const Link& link) {
  return {snapshot.nodes[link.from].name, snapshot.nodes[link.to].name, link.local_address, link.local_id};
}

}  // namespace pathwise::te
