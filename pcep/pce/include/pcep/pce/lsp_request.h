// SPDX-License-Identifier: Apache-2.0
// What the PCE asks of a path computation and what it gets. Plain values without te's types: the
// composition root adapts. Any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/ip.h"
#include "base/units.h"
#include "pcep/codec/route.h"

namespace pathwise::pcep {

// An LSP at the PCE: who reported it, and its PLSP-ID there.
struct LspKey {
  std::string pcc;
  std::uint32_t plsp_id = 0;
  friend auto operator<=>(const LspKey&, const LspKey&) = default;
};

// One direction of a link, by what stays the same from one topology to the next.
struct LinkKey {
  NodeName from;
  NodeName to;
  Ipv6Address local;
  friend auto operator<=>(const LinkKey&, const LinkKey&) = default;
};

struct LspRequest {
  LspKey key;
  std::string name;
  Ipv6Address source;
  Ipv6Address destination;
  MetricType optimise = MetricType::kIgp;  // kIgp, kTe, kHopCount or kPathDelay
  std::optional<Microseconds> max_delay;
  std::optional<BitsPerSecond> bandwidth;
  std::uint32_t exclude_any = 0;
  std::uint32_t include_any = 0;
  std::uint32_t include_all = 0;
  std::uint8_t setup_priority = 7;
  std::uint8_t holding_priority = 7;
  std::optional<std::uint64_t> max_igp;
  std::optional<std::uint64_t> max_te;
  std::optional<std::uint64_t> max_hops;
  friend bool operator==(const LspRequest&, const LspRequest&) = default;
};

struct ComputedLsp {
  std::vector<Srv6Subobject> segments;  // each with a SID; at least one
  std::vector<NodeName> nodes;          // source first
  std::vector<LinkKey> links;           // what the path uses: reserved
  std::optional<Microseconds> delay;    // nullopt: a link of the path has no known delay
  std::optional<std::uint64_t> metric;  // sum of the optimised metric, if it is not the delay
  // The maximum reservable bandwidth of each of `links`; empty: not known, and nobody is preempted at once.
  std::vector<BitsPerSecond> capacities;
  friend bool operator==(const ComputedLsp&, const ComputedLsp&) = default;
};

}  // namespace pathwise::pcep
