// SPDX-License-Identifier: Apache-2.0
#include "te/topology/diff.h"

#include <map>

#include "base/format.h"

namespace pathwise::te {
namespace {

bool same_attributes(const Link& a, const Link& b) {
  Link copy = b;  // indices differ between snapshots without meaning anything
  copy.from = a.from;
  copy.to = a.to;
  copy.reverse = a.reverse;
  return a == copy;
}

// Merges two ordered sequences of keys; `same` compares elements of equal key.
template <typename Key, typename Element, typename Same>
void compare(const std::map<Key, const Element*>& before, const std::map<Key, const Element*>& after, Same same,
             std::vector<Key>& added, std::vector<Key>& changed, std::vector<Key>& removed) {
  for (const auto& [key, element] : after) {
    const auto old = before.find(key);
    if (old == before.end()) {
      added.push_back(key);
    } else if (!same(*old->second, *element)) {
      changed.push_back(key);
    }
  }
  for (const auto& [key, element] : before) {
    if (!after.contains(key)) removed.push_back(key);
  }
}

std::map<NodeName, const Node*> nodes_by_name(const TopologySnapshot& snapshot) {
  std::map<NodeName, const Node*> result;
  for (const Node& node : snapshot.nodes) result.emplace(node.name, &node);
  return result;
}

std::map<LinkId, const Link*> links_by_id(const TopologySnapshot& snapshot) {
  std::map<LinkId, const Link*> result;
  for (const Link& link : snapshot.links) result.emplace(link_id(snapshot, link), &link);
  return result;
}

void append(std::string& text, char sign, std::size_t count, std::string_view what) {
  if (count == 0) return;
  text += formatted("{}{}{} {}{}", text.empty() ? "" : ", ", sign, count, what, count == 1 ? "" : "s");
}

}  // namespace

bool TopologyDiff::empty() const {
  return added_nodes.empty() && changed_nodes.empty() && removed_nodes.empty() && added_links.empty() &&
         changed_links.empty() && removed_links.empty();
}

std::string TopologyDiff::summary() const {
  std::string text;
  append(text, '+', added_nodes.size(), "node");
  append(text, '~', changed_nodes.size(), "node");
  append(text, '-', removed_nodes.size(), "node");
  append(text, '+', added_links.size(), "link");
  append(text, '~', changed_links.size(), "link");
  append(text, '-', removed_links.size(), "link");
  return text.empty() ? "nothing" : text;
}

TopologyDiff diff(const TopologySnapshot& before, const TopologySnapshot& after) {
  TopologyDiff result;
  compare(nodes_by_name(before), nodes_by_name(after), std::equal_to<Node>{}, result.added_nodes, result.changed_nodes,
          result.removed_nodes);
  compare(links_by_id(before), links_by_id(after), same_attributes, result.added_links, result.changed_links,
          result.removed_links);
  return result;
}

}  // namespace pathwise::te
