// SPDX-License-Identifier: Apache-2.0
// What paths are wanted: the router compiles it from policy, te realises it. Self-contained; te knows
// no policy. The wire form is proto/pathwise/te.proto (te_wire_te converts). Values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/ip.h"
#include "base/units.h"
#include "te/algo/flex_algo.h"
#include "te/snapshot/path_snapshot.h"

namespace pathwise::te {

enum class IntentObjective : std::uint8_t { kIgp, kTe, kDelay };

struct PcepIntent {
  IntentObjective optimise = IntentObjective::kDelay;
  std::optional<Microseconds> max_delay;
  std::optional<BitsPerSecond> bandwidth;
  std::uint64_t exclude_any = 0;  // admin-group bits
  Ipv6Address source;             // our edge router's loopback
  friend bool operator==(const PcepIntent&, const PcepIntent&) = default;
};
struct FlexAlgoIntent {
  Algorithm algorithm;
  friend bool operator==(const FlexAlgoIntent&, const FlexAlgoIntent&) = default;
};
// A pair of addresses that a segment list is measured between.
struct ProbePair {
  Ipv6Address local, remote;
  friend bool operator==(const ProbePair&, const ProbePair&) = default;
};
struct ExplicitIntent {
  struct List {
    std::vector<Ipv6Address> segments;  // carriers up to the far edge; its uDT6 is appended
    std::uint8_t weight = 1;
    friend bool operator==(const List&, const List&) = default;
  };
  std::vector<List> lists;  // empty: this pair of sites has none
  // Of the second list and on; the first one's are the candidate's. As many as any pair of sites has: the peer may
  // have more lists than we do, and its probes want an answer.
  std::vector<ProbePair> probes;
  friend bool operator==(const ExplicitIntent&, const ExplicitIntent&) = default;
};
struct BestEffortIntent {
  friend bool operator==(const BestEffortIntent&, const BestEffortIntent&) = default;
};
struct UnderlayIntent {
  std::optional<Ipv6Address> gateway;
  friend bool operator==(const UnderlayIntent&, const UnderlayIntent&) = default;
};
using CandidateKind = std::variant<PcepIntent, FlexAlgoIntent, BestEffortIntent, UnderlayIntent, ExplicitIntent>;

struct CandidateIntent {
  std::uint32_t preference = 0;  // RFC 9256 section 2.7: higher is better
  Ipv6Address probe_address;     // in the peer's prefix
  CandidateKind kind;
  friend bool operator==(const CandidateIntent&, const CandidateIntent&) = default;
};

[[nodiscard]] PathOrigin origin_of(const CandidateKind& kind);
[[nodiscard]] Algorithm algorithm_of(const CandidateKind& kind);
// "flex-algo 128", "pcep", "best-effort", "underlay": for people.
[[nodiscard]] std::string describe(const CandidateKind& kind);

struct PeerTierIntent {
  SiteName site;
  TierName tier;
  Color color;
  Ipv6Prefix prefix;
  Ipv6Address address;
  Ipv6Address local_address;
  NodeName edge;
  NodeId edge_node_id;
  Ipv6Address edge_address;  // ::, unknown
  bool strict = false;
  std::vector<CandidateIntent> candidates;
  friend bool operator==(const PeerTierIntent&, const PeerTierIntent&) = default;
};

struct OwnTierIntent {
  TierName tier;
  Ipv6Prefix prefix;
  Ipv6Address address;
  std::vector<Ipv6Address> probe_addresses;  // one a candidate path, in the tier's order; then those of ProbePair
  friend bool operator==(const OwnTierIntent&, const OwnTierIntent&) = default;
};

struct Srv6Intent {
  std::map<Algorithm, Ipv6Prefix> blocks;
  std::uint16_t udt6_function = 0xFE00;
  std::uint16_t ua_function = 0xF000;
  std::uint32_t path_mtu = 0;  // octets; 0: no narrower than the host's own interface
  NodeName edge;
  NodeId edge_node_id;
  std::vector<FlexAlgoDefinition> flex_algos;  // to check reachability; may be incomplete
  friend bool operator==(const Srv6Intent&, const Srv6Intent&) = default;
};

struct TeIntent {
  std::uint64_t revision = 0;
  std::string hash;
  SiteName site;
  RouterName router;
  std::optional<Srv6Intent> srv6;  // absent: underlay only
  std::optional<Ipv6Prefix> tier_aggregate;
  std::vector<OwnTierIntent> own_tiers;
  std::vector<PeerTierIntent> peers;
  friend bool operator==(const TeIntent&, const TeIntent&) = default;
};

// Limits of one intent: a fabric of 1,000 sites and 8 tiers is within them.
inline constexpr std::size_t kMaxPeerTiers = 8192;
inline constexpr std::size_t kMaxCandidates = 16;
inline constexpr std::size_t kMaxSegmentLists = 16;

// kInvalidArgument naming the first thing that contradicts another: duplicates, addresses outside
// their prefix, prefixes outside the aggregate or overlapping our own.
[[nodiscard]] Result<void> validate(const TeIntent& intent);

// "<site>-<tier>", and "-<index>" for all but the tier's first PCEP candidate.
[[nodiscard]] std::string lsp_name(const PeerTierIntent& peer, std::size_t candidate);

}  // namespace pathwise::te
