// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/format.h"
#include "te/topology/diff.h"

namespace pathwise::te {
namespace {

// What an element says, each attribute as text; absent ones are "-".
using Attributes = std::vector<std::pair<std::string_view, std::string>>;

constexpr std::string_view kAbsent = "-";

template <typename T>
std::string text_of(const std::optional<T>& value) {
  return value ? formatted("{}", *value) : std::string(kAbsent);
}
std::string text_of(const std::optional<BitsPerSecond>& rate) {
  return rate ? formatted("{}", rate->value()) : std::string(kAbsent);
}
std::string text_of(const std::string& text) {
  return text.empty() ? std::string(kAbsent) : formatted("'{}'", text);
}
std::string text_of(const Ipv6Address& address) {
  return address.is_unspecified() ? std::string(kAbsent) : address.to_string();
}

template <typename Range, typename Each>
std::string list_of(const Range& range, Each each) {
  std::string text;
  for (const auto& item : range) text += (text.empty() ? "" : " ") + each(item);
  return text.empty() ? std::string(kAbsent) : text;
}

std::string text_of(const Srv6Sid& sid) {
  std::string text = formatted("{}({}, algorithm {}", sid.sid, behavior_name(sid.behavior), sid.algorithm);
  if (const auto& s = sid.structure) {
    append_formatted(text, ", {}/{}/{}/{}", s->block, s->node, s->function, s->argument);
  }
  return text + ")";
}
std::string text_of(const std::vector<Srv6Sid>& sids) {
  return list_of(sids, [](const Srv6Sid& sid) { return text_of(sid); });
}
std::string text_of(const AdminGroups& groups) {
  std::vector<unsigned> bits;
  for (unsigned bit = 0; bit < 256; ++bit) {
    if (groups.test(bit)) bits.push_back(bit);
  }
  return list_of(bits, [](unsigned bit) { return formatted("{}", bit); });
}

Attributes attributes_of(const Node& node) {
  const auto locator = [](const auto& each) { return formatted("{}={}", each.first, each.second); };
  const auto number = [](Algorithm each) { return formatted("{}", each); };
  return {{"system_id", text_of(node.system_id)},
          {"router_id6", text_of(node.router_id6)},
          {"locators", list_of(node.locators, locator)},
          {"sids", text_of(node.sids)},
          {"algorithms", node.algorithms ? list_of(*node.algorithms, number) : std::string("unknown")},
          {"max_segments_left", text_of(node.depths.max_segments_left)},
          {"max_end_pop", text_of(node.depths.max_end_pop)},
          {"max_h_encaps", text_of(node.depths.max_h_encaps)},
          {"max_end_d", text_of(node.depths.max_end_d)}};
}

Attributes attributes_of(const Link& link) {
  const auto id = [](std::uint32_t value) { return value == 0 ? std::string(kAbsent) : formatted("{}", value); };
  const auto rate = [](BitsPerSecond each) { return formatted("{}", each.value()); };
  const auto group = [](std::uint32_t each) { return formatted("{}", each); };
  return {{"remote_address", text_of(link.remote_address)},
          {"local_id", id(link.local_id)},
          {"remote_id", id(link.remote_id)},
          {"igp_metric", formatted("{}", link.igp_metric)},
          {"te_metric", text_of(link.te_metric)},
          {"delay_us", text_of(link.delay_us)},
          {"min_delay_us", text_of(link.min_delay_us)},
          {"max_delay_us", text_of(link.max_delay_us)},
          {"max_bandwidth_bps", text_of(link.max_bandwidth)},
          {"max_reservable_bandwidth_bps", text_of(link.max_reservable_bandwidth)},
          {"unreserved_bandwidth_bps",
           link.unreserved_bandwidth ? list_of(*link.unreserved_bandwidth, rate) : std::string(kAbsent)},
          {"admin_groups", text_of(link.admin_groups)},
          {"srlgs", list_of(link.srlgs, group)},
          {"sids", text_of(link.sids)},
          {"unusable", text_of(link.unusable)}};
}

// "igp_metric 10 -> 20, srlgs - -> 7"
std::string changes(const Attributes& before, const Attributes& after) {
  std::string text;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].second == after[i].second) continue;
    append_formatted(text, "{}{} {} -> {}", text.empty() ? "" : ", ", before[i].first, before[i].second,
                     after[i].second);
  }
  return text;
}

const Link* find_link(const TopologySnapshot& snapshot, const LinkId& id) {
  const NodeIndex from = snapshot.find(id.from);
  if (from == kNoNode) return nullptr;
  const auto links = snapshot.out_links(from);
  const auto at = std::ranges::find_if(links, [&](const Link& link) { return link_id(snapshot, link) == id; });
  return at == links.end() ? nullptr : &*at;
}

}  // namespace

std::string describe(const TopologyDiff& found, const TopologySnapshot& before, const TopologySnapshot& after) {
  std::string text;
  for (const NodeName& name : found.removed_nodes) append_formatted(text, "- node {}\n", name);
  for (const NodeName& name : found.added_nodes) append_formatted(text, "+ node {}\n", name);
  for (const NodeName& name : found.changed_nodes) {
    append_formatted(
        text, "~ node {}: {}\n", name,
        changes(attributes_of(before.nodes[before.find(name)]), attributes_of(after.nodes[after.find(name)])));
  }
  for (const LinkId& id : found.removed_links) append_formatted(text, "- link {}\n", to_string(id));
  for (const LinkId& id : found.added_links) append_formatted(text, "+ link {}\n", to_string(id));
  for (const LinkId& id : found.changed_links) {
    const Link* old = find_link(before, id);
    const Link* now = find_link(after, id);
    if (old == nullptr || now == nullptr) continue;
    append_formatted(text, "~ link {}: {}\n", to_string(id), changes(attributes_of(*old), attributes_of(*now)));
  }
  return text;
}

}  // namespace pathwise::te
