// SPDX-License-Identifier: Apache-2.0
// The cost of a site, term by term (seconds, and money for price). Pure; any thread.
#pragma once

#include <cstdint>

#include "policy/fabric_config.h"

namespace pathwise::router::select {

struct Offer;
struct PathTerms;

// ttft(s) = rtt + body/bandwidth + wait + adapter_load + (prompt − cached)/prefill_rate
// e2e(s)  = ttft + expected_output × itl
// cost(s) = price × tokens
struct CostTerms {
  double rtt = 0;
  double transfer = 0;
  double wait = 0;
  double adapter_load = 0;
  double prefill = 0;
  double decode = 0;
  double price = 0;
  double cached_tokens = 0;
  double ratio = 1;  // learned: observed ÷ predicted of wait + adapter_load + prefill, already applied
  double ttft = 0, e2e = 0;
  double objective = 0;  // what the tier compares; lower is better
};

struct CostInput {
  double prompt_tokens = 0;
  double cached_tokens = 0;
  double output_tokens = 0;
  double body_bytes = 0;
  double adapter_load = 0;
  double ratio = 1;
  policy::Objective objective = policy::Objective::kE2e;
  double budget_s = 0;  // deadline of a cost objective; 0: none
};

inline constexpr double kDefaultPrefillRate = 4000;  // tokens/s of a model that has never said
inline constexpr double kDefaultItl = 0.03;          // s
inline constexpr double kLatePenalty = 1e6;          // money: a cost objective's deadline comes before its price
inline constexpr double kTieBreak = 1e-6;            // money a second: equal prices are decided by time

[[nodiscard]] CostTerms cost_of(const Offer& offer, const PathTerms& path, const CostInput& input);
// Sequences and prefill tokens at the target now: the digest's, corrected by what we sent since.
struct PresentLoad {
  double sequences = 0;
  double prefill_tokens = 0;
};
[[nodiscard]] PresentLoad present_load(const Offer& offer);

}  // namespace pathwise::router::select
