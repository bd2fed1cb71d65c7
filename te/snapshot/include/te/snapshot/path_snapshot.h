// SPDX-License-Identifier: Apache-2.0
// What te knows of the paths to every peer site, per tier. Produced by pathwise-te, consumed by the
// router's selection. Immutable once published; any thread may read it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/ip.h"
#include "base/units.h"

namespace pathwise::te {

enum class PathOrigin : std::uint8_t { kPcep, kFlexAlgo, kBestEffort, kUnderlay, kExplicit };
enum class PathStatus : std::uint8_t {
  kUp,        // the preferred candidate is active
  kDegraded,  // alive, on a lower preference
  kDown,      // nothing is alive, or the tier is strict and its path is not
};

[[nodiscard]] std::string_view to_string(PathOrigin origin);
[[nodiscard]] std::string_view to_string(PathStatus status);

// How the replies to a candidate path's probes come back (RFC 9503).
enum class ReturnedBy : std::uint8_t {
  kUnknown,     // no reply yet
  kSamePath,    // the peer's same candidate path: the mirror of ours
  kActivePath,  // the peer has no such path, or does not say: whatever carries the tier there
};
[[nodiscard]] std::string_view to_string(ReturnedBy returned);

// One way, by both ends' clocks; right within `error`. Forward is from us to the peer.
struct OneWayDelay {
  Microseconds forward_min{}, forward_p50{};
  Microseconds backward_min{}, backward_p50{};
  Microseconds error{};
  friend bool operator==(const OneWayDelay&, const OneWayDelay&) = default;
};

// Two-way measurement by STAMP (RFC 8762) over a sliding window. Zero `received`: nothing is known.
struct Measurement {
  Microseconds rtt_min{};
  Microseconds rtt_p50{};
  Microseconds rtt_p99{};
  Microseconds jitter{};
  double loss = 0;  // 0..1
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  SystemTime last{};  // newest reply
  ReturnedBy returned_by = ReturnedBy::kUnknown;
  std::optional<OneWayDelay> one_way;  // only where both ends declare their clocks synchronised
  [[nodiscard]] bool known() const { return received > 0; }
  friend bool operator==(const Measurement&, const Measurement&) = default;
};

// One of several segment lists of a candidate path, RFC 9256 section 2.2.
struct SegmentListState {
  std::vector<Ipv6Address> segments;
  std::uint8_t weight = 1;
  bool alive = false;           // by its own probes
  bool used = false;            // carries its share when the candidate is active
  std::string reason;           // when not alive
  std::vector<NodeName> nodes;  // decoded; empty when unknown
  Measurement measured;
  friend bool operator==(const SegmentListState&, const SegmentListState&) = default;
};

// A candidate path, RFC 9256 section 2.2.
struct CandidatePathState {
  std::uint32_t preference = 0;
  PathOrigin origin = PathOrigin::kBestEffort;
  Algorithm algorithm;                // for kFlexAlgo
  bool valid = false;                 // by topology, or by the PCE
  bool alive = false;                 // by measurement
  std::string reason;                 // when not valid or not alive
  std::vector<Ipv6Address> segments;  // as installed
  std::vector<NodeName> nodes;        // decoded, our edge first; empty when unknown
  // Several lists: their states; `segments` and `nodes` are then the heaviest used one's, `measured` that of
  // the slowest used one, because a request may take it.
  std::vector<SegmentListState> lists;
  Measurement measured;
  std::optional<Microseconds> computed_delay;  // one way; a prior: measured is preferred
  std::optional<BitsPerSecond> reserved_bandwidth;
  SystemTime installed{};
  friend bool operator==(const CandidatePathState&, const CandidatePathState&) = default;
};

struct PathState {
  SiteName site;
  TierName tier;
  Color color;
  PathStatus status = PathStatus::kDown;
  std::optional<std::size_t> active;  // index into candidates
  std::vector<CandidatePathState> candidates;
  SystemTime since{};
  std::string reason;  // of the last transition
  std::uint64_t transitions = 0;

  [[nodiscard]] const CandidatePathState* active_candidate() const { return active ? &candidates[*active] : nullptr; }
  friend bool operator==(const PathState&, const PathState&) = default;
};

struct PcepSessionState {
  std::string address;
  std::string state;  // "up", "connecting", "down"
  SystemTime since{};
  std::string reason;
  friend bool operator==(const PcepSessionState&, const PcepSessionState&) = default;
};

struct PathSnapshot {
  std::uint64_t version = 0;
  std::uint64_t intent_revision = 0;
  std::vector<PathState> paths;  // sorted by (site, tier)
  std::vector<PcepSessionState> pcep_sessions;
  std::string topology_state;  // "live", "stale", "none"
  std::uint64_t topology_version = 0;

  [[nodiscard]] const PathState* find(const SiteName& site, const TierName& tier) const;
};
using PathSnapshotPtr = std::shared_ptr<const PathSnapshot>;

}  // namespace pathwise::te
