// SPDX-License-Identifier: Apache-2.0
#include "router/select/cost.h"

#include <algorithm>

#include "router/select/views.h"

namespace pathwise::router::select {

namespace {

// Sequences ahead of us beyond the capacity wait for one of the running ones to end: `capacity` of
// them end in one mean service time.
double slot_wait(const Offer& offer, double sequences, double service_s) {
  if (offer.capacity <= 0) return 0;
  const double beyond = sequences + 1 - offer.capacity;
  return beyond > 0 ? beyond / offer.capacity * service_s : 0;
}

}  // namespace

PresentLoad present_load(const Offer& offer) {
  const auto requests = offer.cell != nullptr ? offer.cell->requests.load(std::memory_order_relaxed) : 0;
  const auto tokens = offer.cell != nullptr ? offer.cell->prefill_tokens.load(std::memory_order_relaxed) : 0;
  const double sequences = double{offer.running} + double{offer.waiting};
  return {.sequences = std::max(0.0, sequences + static_cast<double>(requests - offer.own_requests)),
          .prefill_tokens =
              std::max(0.0, double{offer.prefill_tokens} + static_cast<double>(tokens - offer.own_prefill_tokens))};
}

CostTerms cost_of(const Offer& offer, const PathTerms& path, const CostInput& input) {
  const PresentLoad load = present_load(offer);
  const double rate = offer.prefill_rate > 0 ? offer.prefill_rate : kDefaultPrefillRate;
  const double added = std::max(0.0, load.sequences - offer.running);
  const double itl = (offer.itl > 0 ? offer.itl : kDefaultItl) + offer.itl_slope * added;
  CostTerms terms;
  terms.rtt = path.rtt_s;
  terms.transfer = path.bytes_per_second > 0 ? input.body_bytes / path.bytes_per_second : 0;
  terms.decode = input.output_tokens * itl;
  terms.ratio = input.ratio;
  terms.wait = input.ratio * (load.prefill_tokens / rate + slot_wait(offer, load.sequences, terms.decode));
  terms.adapter_load = input.ratio * input.adapter_load;
  terms.cached_tokens = std::min(input.cached_tokens, input.prompt_tokens);
  terms.prefill = input.ratio * (input.prompt_tokens - terms.cached_tokens) / rate;
  terms.price = offer.price_per_token * (input.prompt_tokens + input.output_tokens);
  terms.ttft = terms.rtt + terms.transfer + terms.wait + terms.adapter_load + terms.prefill;
  terms.e2e = terms.ttft + terms.decode;
  switch (input.objective) {
    case policy::Objective::kTtft:
      terms.objective = terms.ttft;
      break;
    case policy::Objective::kE2e:
      terms.objective = terms.e2e;
      break;
    case policy::Objective::kCost:
      terms.objective = terms.price + kTieBreak * terms.e2e;
      if (input.budget_s > 0 && terms.e2e > input.budget_s) terms.objective += kLatePenalty;
      break;
  }
  return terms;
}

}  // namespace pathwise::router::select
