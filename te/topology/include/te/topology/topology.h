// SPDX-License-Identifier: Apache-2.0
// The traffic engineering database as an immutable snapshot in index form: what algorithms read.
// Built by TopologyBuilder (te/topology/builder.h); any thread may read it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/ip.h"
#include "base/units.h"

namespace pathwise::te {

// Positions in TopologySnapshot's arrays. Stable within one snapshot only.
using NodeIndex = std::uint32_t;
using LinkIndex = std::uint32_t;
inline constexpr NodeIndex kNoNode = ~NodeIndex{0};
inline constexpr LinkIndex kNoLink = ~LinkIndex{0};

// Extended admin groups (RFC 7308); bits 0..255.
struct AdminGroups {
  std::array<std::uint64_t, 4> words{};
  void set(unsigned bit) { words[bit / 64 % 4] |= std::uint64_t{1} << bit % 64; }
  [[nodiscard]] bool test(unsigned bit) const { return (words[bit / 64 % 4] >> bit % 64 & 1) != 0; }
  [[nodiscard]] bool any() const { return (words[0] | words[1] | words[2] | words[3]) != 0; }
  [[nodiscard]] bool intersects(const AdminGroups& other) const {
    return ((words[0] & other.words[0]) | (words[1] & other.words[1]) | (words[2] & other.words[2]) |
            (words[3] & other.words[3])) != 0;
  }
  [[nodiscard]] bool contains(const AdminGroups& other) const {
    return (other.words[0] & ~words[0]) == 0 && (other.words[1] & ~words[1]) == 0 &&
           (other.words[2] & ~words[2]) == 0 && (other.words[3] & ~words[3]) == 0;
  }
  friend bool operator==(const AdminGroups&, const AdminGroups&) = default;
};

struct Node {
  NodeName name;
  std::string system_id;
  Ipv6Address router_id6;
  std::vector<std::pair<Algorithm, Ipv6Prefix>> locators;
  friend bool operator==(const Node&, const Node&) = default;
};

// One direction of a link. Absent TE attributes are unknown, never zero.
struct Link {
  NodeIndex from = kNoNode;
  NodeIndex to = kNoNode;
  LinkIndex reverse = kNoLink;  // the other direction; kNoLink: one-way, not used by any computation
  Ipv6Address local_address;
  Ipv6Address remote_address;
  std::uint32_t igp_metric = 0;
  std::optional<std::uint32_t> te_metric;
  std::optional<std::uint32_t> delay_us;
  std::optional<std::uint32_t> min_delay_us;
  std::optional<std::uint32_t> max_delay_us;
  std::optional<BitsPerSecond> max_bandwidth;
  std::optional<BitsPerSecond> max_reservable_bandwidth;
  AdminGroups admin_groups;
  std::vector<std::uint32_t> srlgs;  // shared risk link groups (RFC 5307 section 1.1, RFC 6119), ascending
  std::string unusable;              // set: why no computation may use it
  friend bool operator==(const Link&, const Link&) = default;
};

// Links of node n are links[first_link[n] .. first_link[n + 1]), sorted by (from, to, local_address).
struct TopologySnapshot {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  std::vector<Node> nodes;  // sorted by name
  std::vector<Link> links;
  std::vector<LinkIndex> first_link;  // nodes.size() + 1 entries
  // Of each link, once more and dense: all that a shortest-path computation walks along.
  std::vector<NodeIndex> link_to;
  std::vector<LinkIndex> link_reverse;

  [[nodiscard]] NodeIndex find(const NodeName& name) const;             // kNoNode if absent
  [[nodiscard]] NodeIndex find_router_id(const Ipv6Address& id) const;  // kNoNode if absent
  [[nodiscard]] std::span<const Link> out_links(NodeIndex node) const {
    return std::span(links).subspan(first_link[node], first_link[node + 1] - first_link[node]);
  }
};
using TopologySnapshotPtr = std::shared_ptr<const TopologySnapshot>;

}  // namespace pathwise::te
