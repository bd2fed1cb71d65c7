// SPDX-License-Identifier: Apache-2.0
#include "router/select/quick_cost.h"

#include <algorithm>
#include <limits>

namespace pathwise::router::select {

namespace {

struct Constants {
  float prompt, output, body, deadline;
};

// The loop body has no calls and no branches; -O3 (this file's own) makes it four offers at a time.
template <policy::Objective kObjective>
void compute(const Constants& request, const OfferColumns& offers, const SiteColumns& sites,
             std::span<float> objective) {
  constexpr auto kPenalty = static_cast<float>(kLatePenalty);
  constexpr auto kTie = static_cast<float>(kTieBreak);
  const std::size_t count = objective.size();
  float* const out = objective.data();
  for (std::size_t i = 0; i < count; ++i) {
    const float sequences = std::max(0.0F, offers.sequences[i] + sites.requests[i]);
    const float ahead = std::max(0.0F, offers.prefill_tokens[i] + sites.prefill_tokens[i]);
    const float itl = offers.itl[i] + offers.itl_slope[i] * std::max(0.0F, sequences - offers.running[i]);
    const float decode = request.output * itl;
    const float slot = std::max(0.0F, (sequences + 1) * offers.per_capacity[i] - 1) * decode;
    const float fresh = request.prompt - std::min(sites.cached_tokens[i], request.prompt);
    const float at_site = (ahead + fresh) * offers.prefill_time[i] + slot + sites.adapter_load_s[i];
    const float ttft = sites.rtt_s[i] + request.body * sites.seconds_per_byte[i] + sites.ratio[i] * at_site;
    if constexpr (kObjective == policy::Objective::kTtft) {
      out[i] = ttft;
    } else if constexpr (kObjective == policy::Objective::kE2e) {
      out[i] = ttft + decode;
    } else {
      const float e2e = ttft + decode;
      const float price = offers.price_per_token[i] * (request.prompt + request.output);
      out[i] = price + kTie * e2e + (e2e > request.deadline ? kPenalty : 0.0F);
    }
  }
}

}  // namespace

void SiteColumns::resize(std::size_t offers) {
  for (auto* column :
       {&rtt_s, &seconds_per_byte, &requests, &prefill_tokens, &cached_tokens, &ratio, &adapter_load_s}) {
    column->resize(offers);
  }
}

void quick_costs(const CostInput& input, const OfferColumns& offers, const SiteColumns& sites,
                 std::span<float> objective) {
  const Constants request{
      .prompt = static_cast<float>(input.prompt_tokens),
      .output = static_cast<float>(input.output_tokens),
      .body = static_cast<float>(input.body_bytes),
      .deadline = input.budget_s > 0 ? static_cast<float>(input.budget_s) : std::numeric_limits<float>::infinity()};
  switch (input.objective) {
    case policy::Objective::kTtft:
      return compute<policy::Objective::kTtft>(request, offers, sites, objective);
    case policy::Objective::kE2e:
      return compute<policy::Objective::kE2e>(request, offers, sites, objective);
    case policy::Objective::kCost:
      return compute<policy::Objective::kCost>(request, offers, sites, objective);
  }
}

void OfferColumns::add(const Offer& offer) {
  const float own_capacity = std::max(offer.capacity, 0.0F);
  target.push_back(offer.target);
  context_tokens.push_back(offer.context_tokens == 0 ? std::numeric_limits<float>::infinity()
                                                     : static_cast<float>(offer.context_tokens));
  itl.push_back(static_cast<float>(offer.itl > 0 ? offer.itl : kDefaultItl));
  itl_slope.push_back(offer.itl_slope);
  per_capacity.push_back(own_capacity > 0 ? 1 / own_capacity : 0);
  running.push_back(offer.running);
  sequences.push_back(offer.running + offer.waiting - static_cast<float>(offer.own_requests));
  prefill_tokens.push_back(offer.prefill_tokens - static_cast<float>(offer.own_prefill_tokens));
  prefill_time.push_back(static_cast<float>(1 / (offer.prefill_rate > 0 ? offer.prefill_rate : kDefaultPrefillRate)));
  price_per_token.push_back(static_cast<float>(offer.price_per_token));
}

}  // namespace pathwise::router::select
