// SPDX-License-Identifier: GPL-2.0-or-later
// FRR's link-state database as its daemons export it over ZAPI (opaque LINK_STATE messages), in our
// own types, and its translation into a topology. No libfrr here: recorded messages are test cases.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/ip.h"
#include "te/srv6/sid_map.h"
#include "te/topology/builder.h"

namespace pathwise::te {

// IS-IS: system id and level.
struct LsNodeId {
  std::uint8_t origin = 0;  // FRR's enum ls_origin
  std::array<std::uint8_t, 6> system_id{};
  std::uint8_t level = 0;
  [[nodiscard]] std::string to_string() const;  // "0000.0000.0001"
  friend auto operator<=>(const LsNodeId&, const LsNodeId&) = default;
};

struct LsNode {
  LsNodeId id;
  std::string name;  // dynamic hostname (RFC 5301); empty: not advertised
  Ipv6Address router_id6;
  friend bool operator==(const LsNode&, const LsNode&) = default;
};

// IEEE float octets per second (RFC 5305 section 3.4) as anybody may send them; nullopt: no rate (NaN,
// negative, or beyond what fits).
[[nodiscard]] std::optional<BitsPerSecond> bandwidth_of(float octets_per_second);

// One direction of an adjacency. `attributes` has addresses, link ids, metrics and admin groups.
struct LsLink {
  LsNodeId source;
  // What FRR said; nullopt: it did not know. Only the last resort: FRR 10.3 sets it to the source where
  // it has not seen the other direction yet, and never corrects it (isisd, lsp_to_edge_cb()).
  std::optional<LsNodeId> destination;
  std::uint32_t local_address4 = 0;  // part of FRR's key; network order
  Link attributes;
  friend bool operator==(const LsLink&, const LsLink&) = default;
};

struct LsPrefix {
  LsNodeId id;
  Ipv6Prefix prefix;
  friend bool operator==(const LsPrefix&, const LsPrefix&) = default;
};

struct LsMessage {
  bool removed = false;       // else added, updated or synchronised
  bool synchronised = false;  // part of the answer to a request for everything
  std::variant<LsNode, LsLink, LsPrefix> element;
  friend bool operator==(const LsMessage&, const LsMessage&) = default;
};

// What the translation needs to know of the fabric.
struct LsTranslation {
  const SidMap& sids;
  // For nodes whose locator of algorithm 0 is not in IS-IS.
  const std::map<NodeName, NodeId>& configured_ids;
};

// One thread.
class LsDatabase {
 public:
  // True if anything changed.
  bool apply(const LsMessage& message);
  void clear();
  [[nodiscard]] bool empty() const { return nodes_.empty() && links_.empty(); }

  // Locators: a /48 of a node inside a block of `sids` is one; its id then gives the node a locator in
  // every other block, because neither FRR's IS-IS nor its TED carries Flex-Algo participation: every
  // node of the fabric runs pathwise-frr with the same definitions (which neighbours verify).
  // Links are joined to their far nodes by what is there: the neighbour's address, else our address as
  // the neighbour's neighbour (FRR forgets the Neighbor Address sub-TLV of an adjacency that came up
  // before the link's parameters), else the destination that FRR said.
  // SIDs: those that pathwise-frr installs on every node by its node id (uN, uDT6; snapshot() adds the
  // uA SIDs), because the TED has none. A host name that two systems share, or that is no plain text,
  // names nobody: these go by their system ids.
  [[nodiscard]] TopologyBuilder translate(const LsTranslation& translation) const;
  // translate() and build(), with the uA SID of each link that has one.
  [[nodiscard]] TopologySnapshot snapshot(const LsTranslation& translation, std::uint64_t epoch,
                                          std::uint64_t version) const;

  // The links that have no far node, each as "node -> ? (local address)": not in translate()'s result.
  [[nodiscard]] std::vector<std::string> unplaced_links() const;

 private:
  struct Owners;  // who has, and who is a neighbour to, an address
  using LinkKey = std::tuple<LsNodeId, Ipv6Address, std::uint32_t, std::uint32_t>;
  [[nodiscard]] static LinkKey key_of(const LsLink& link);
  struct Names;  // of all nodes, and what is wrong with them
  using SystemId = std::array<std::uint8_t, 6>;
  [[nodiscard]] std::map<SystemId, NodeId> node_ids(const SidMap& sids, const Names& names,
                                                    TopologyBuilder& builder) const;
  [[nodiscard]] static std::optional<LsNodeId> destination_of(const LsLink& link, const Owners& owners);
  std::map<LsNodeId, LsNode> nodes_;
  std::map<LinkKey, LsLink> links_;
  std::set<std::pair<Ipv6Prefix, LsNodeId>> prefixes_;  // two nodes may advertise one: see NodeIds::conflicts()
};

}  // namespace pathwise::te
