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

// IANA "SRv6 Endpoint Behaviors", as far as this code names them.
inline constexpr std::uint16_t kBehaviorUnknown = 0;          // reserved by the registry: the source did not say
inline constexpr std::uint16_t kBehaviorEnd = 1;              // RFC 8986 section 4.1
inline constexpr std::uint16_t kBehaviorEndX = 5;             // RFC 8986 section 4.2
inline constexpr std::uint16_t kBehaviorEndDt6 = 18;          // RFC 8986 section 4.6
inline constexpr std::uint16_t kBehaviorEndNextCsid = 43;     // uN: RFC 9800 section 4.1.1
inline constexpr std::uint16_t kBehaviorEndXNextCsid = 52;    // uA: RFC 9800 section 4.1.2
inline constexpr std::uint16_t kBehaviorEndDt6NextCsid = 62;  // uDT6: RFC 9800 section 4.1.6
// "End", "uN", "uA" …; "behaviour 7" for the others.
[[nodiscard]] std::string behavior_name(std::uint16_t behavior);

// Lengths in bits (RFC 9352 section 9). Their sum is at most 128.
struct SidStructure {
  std::uint8_t block = 0;
  std::uint8_t node = 0;
  std::uint8_t function = 0;
  std::uint8_t argument = 0;
  [[nodiscard]] bool fits() const { return unsigned{block} + node + function + argument <= 128; }
  friend auto operator<=>(const SidStructure&, const SidStructure&) = default;
};

// A SID that a node instantiated: of the node itself (End and the like), or of one link (End.X).
struct Srv6Sid {
  Ipv6Address sid;
  std::uint16_t behavior = kBehaviorUnknown;
  Algorithm algorithm;
  std::optional<SidStructure> structure;
  friend auto operator<=>(const Srv6Sid&, const Srv6Sid&) = default;
};

// SRv6 maximum SID depths (RFC 9352 section 4).
struct SidDepths {
  std::optional<std::uint8_t> max_segments_left;
  std::optional<std::uint8_t> max_end_pop;
  std::optional<std::uint8_t> max_h_encaps;  // SIDs that the node can push: of a headend
  std::optional<std::uint8_t> max_end_d;
  friend bool operator==(const SidDepths&, const SidDepths&) = default;
};

struct Node {
  NodeName name;
  std::string system_id;
  Ipv6Address router_id6;
  std::vector<std::pair<Algorithm, Ipv6Prefix>> locators;
  std::vector<Srv6Sid> sids;  // ascending
  // What the node says that it takes part in (RFC 9350 section 11), ascending; absent: the source does
  // not know, and its locators must do.
  std::optional<std::vector<Algorithm>> algorithms;
  SidDepths depths;
  friend bool operator==(const Node&, const Node&) = default;
};

// Unreserved bandwidth at each of the priorities 0 (highest) to 7 (RFC 5305 section 3.6).
using UnreservedBandwidth = std::array<BitsPerSecond, 8>;

// One direction of a link. Absent TE attributes are unknown, never zero.
struct Link {
  NodeIndex from = kNoNode;
  NodeIndex to = kNoNode;
  LinkIndex reverse = kNoLink;  // the other direction; kNoLink: one-way, not used by any computation
  Ipv6Address local_address;
  Ipv6Address remote_address;
  // Link identifiers (RFC 5307 section 1.1); 0 is "unknown" by that RFC.
  std::uint32_t local_id = 0;
  std::uint32_t remote_id = 0;
  std::uint32_t igp_metric = 0;
  std::optional<std::uint32_t> te_metric;
  std::optional<std::uint32_t> delay_us;
  std::optional<std::uint32_t> min_delay_us;
  std::optional<std::uint32_t> max_delay_us;
  std::optional<BitsPerSecond> max_bandwidth;
  std::optional<BitsPerSecond> max_reservable_bandwidth;
  std::optional<UnreservedBandwidth> unreserved_bandwidth;
  AdminGroups admin_groups;
  std::vector<std::uint32_t> srlgs;  // shared risk link groups (RFC 5307 section 1.1, RFC 6119), ascending
  std::vector<Srv6Sid> sids;         // End.X SIDs over this link, ascending
  std::string unusable;              // set: why no computation may use it
  friend bool operator==(const Link&, const Link&) = default;
};

// Links of node n are links[first_link[n] .. first_link[n + 1]), sorted by (from, to, local_address, local_id).
struct TopologySnapshot {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  std::vector<Node> nodes;  // sorted by name
  std::vector<Link> links;
  std::vector<LinkIndex> first_link;  // nodes.size() + 1 entries
  // Of each link, once more and dense: all that a shortest-path computation walks along.
  std::vector<NodeIndex> link_to;
  std::vector<LinkIndex> link_reverse;
  // What is wrong in the source and was left out or cannot be relied on: lines for people, ascending.
  std::vector<std::string> problems;

  [[nodiscard]] NodeIndex find(const NodeName& name) const;  // kNoNode if absent
  // kNoNode if absent, or if two nodes claim it: a path may not depend on luck.
  [[nodiscard]] NodeIndex find_router_id(const Ipv6Address& id) const;
  [[nodiscard]] std::span<const Link> out_links(NodeIndex node) const {
    return std::span(links).subspan(first_link[node], first_link[node + 1] - first_link[node]);
  }
};
using TopologySnapshotPtr = std::shared_ptr<const TopologySnapshot>;

}  // namespace pathwise::te
