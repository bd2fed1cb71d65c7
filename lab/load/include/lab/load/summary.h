// SPDX-License-Identifier: Apache-2.0
// What became of each request, and of all. Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/units.h"
#include "lab/load/answer_check.h"
#include "lab/load/latency.h"

namespace pathwise::lab {

struct RequestRecord {
  std::uint64_t sequence = 0;  // in order of completion, from 1
  TierName tier;               // asked for
  std::string session;         // x-session-id, if sent
  std::string labels;          // x-pathwise-labels, if sent
  Failure failure = Failure::kNone;
  unsigned status = 0;   // HTTP; 0: no response
  RequestId request_id;  // x-request-id of the response
  SiteName site;         // x-pathwise-site
  TierName served_tier;  // x-pathwise-tier
  std::string decision;  // x-pathwise-decision
  SteadyTime started;
  Microseconds ttft{0};  // to the first token (streams) or the whole answer
  Microseconds e2e{0};   // to the last byte
  std::uint32_t tokens = 0;
  std::uint32_t cached_tokens = 0;
  std::string error;  // what failed
};
// One JSON object, without newline: a line of --records.
[[nodiscard]] std::string to_json(const RequestRecord& record);

struct TierSummary {
  std::uint64_t requests = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t tokens = 0;
  std::map<Failure, std::uint64_t> failures;
  std::map<SiteName, std::uint64_t> sites;  // that served; at most kMaxSites, then "(other)"
  LatencyQuantiles ttft;                    // of successes
  LatencyQuantiles e2e;

  static constexpr std::size_t kMaxSites = 64;
  void add(const RequestRecord& record);
  // Neither whole nor refused.
  [[nodiscard]] std::uint64_t broken() const;
};

struct LoadSummary {
  std::map<TierName, TierSummary> tiers;  // as asked for
  TierSummary total;
  std::uint64_t shed = 0;  // not sent: every worker was busy
  Microseconds elapsed{0};

  // A table for people.
  [[nodiscard]] std::string table() const;
};

}  // namespace pathwise::lab
