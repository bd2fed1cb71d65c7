// SPDX-License-Identifier: Apache-2.0
// What a PCC wants, and what a PCE answers, in the words of te. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/ip.h"
#include "base/units.h"
#include "pcep/codec/route.h"

namespace pathwise::pcep {

enum class Optimise : std::uint8_t { kIgp, kTe, kDelay };

// One LSP that shall exist: from our edge router to the peer's.
struct LspIntent {
  std::string name;         // symbolic path name, "<site>-<tier>"; unique at this PCC
  Ipv6Address source;       // router id of our edge router
  Ipv6Address destination;  // router id of the peer's edge router
  Color color;              // of the SR policy; 0: none
  Optimise optimise = Optimise::kIgp;
  std::optional<Microseconds> max_delay;   // bound of the path's delay
  std::optional<BitsPerSecond> bandwidth;  // to reserve
  std::uint32_t exclude_any = 0;           // admin groups, bits 0..31
  std::uint32_t include_any = 0;
  std::uint32_t include_all = 0;
  std::uint8_t setup_priority = 7;  // 0 is the highest
  std::uint8_t holding_priority = 7;
  std::uint32_t preference = 100;  // of the candidate path, RFC 9256 section 2.7
  friend bool operator==(const LspIntent&, const LspIntent&) = default;
};

// A metric that a PCE sent, and what it can be trusted for: some return the bound that we asked for.
struct PathMetric {
  enum class Origin : std::uint8_t { kComputed, kBound, kSuspectedEcho };
  MetricType type = MetricType::kIgp;
  float value = 0;  // microseconds for kPathDelay
  Origin origin = Origin::kComputed;
  friend bool operator==(const PathMetric&, const PathMetric&) = default;
};

// A path to install. Answer with Pcc::installed() or Pcc::failed() and the same srp_id.
struct LspUpdate {
  std::string name;
  std::vector<Srv6Subobject> segments;  // in order, each with a SID; never empty
  std::vector<PathMetric> metrics;      // an absent metric is unknown, never 0
  std::optional<BitsPerSecond> bandwidth;
  std::uint32_t srp_id = 0;
  std::string pce;  // which PCE computed it
  [[nodiscard]] std::optional<Microseconds> computed_delay() const;
  friend bool operator==(const LspUpdate&, const LspUpdate&) = default;
};

// One LSP as it stands, for state paths and the CLI.
struct LspView {
  LspIntent intent;
  std::uint32_t plsp_id = 0;
  Operational state = Operational::kDown;
  bool delegated = false;  // to a PCE whose session is up
  bool stale = false;      // the PCE is lost; the last path is kept for the state time-out
  std::optional<LspUpdate> installed;
  std::string reason;  // of the last change
  std::uint64_t updates = 0;
};

}  // namespace pathwise::pcep
