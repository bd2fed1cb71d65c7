// SPDX-License-Identifier: Apache-2.0
// cost_of(…).objective of every site and nothing else: in single precision, without divisions or
// branches, over columns, so that the compiler vectorises it. The two agree to 1e-4 of the value
// (a test says so).
#pragma once

#include <span>
#include <vector>

#include "router/select/cost.h"
#include "router/select/views.h"

namespace pathwise::router::select {

// What one request finds at each offer of its model; same length and order as the model's columns.
struct SiteColumns {
  std::vector<float> rtt_s;  // infinite: the site is out
  std::vector<float> seconds_per_byte;
  std::vector<float> requests;        // sent by ourselves, not finished
  std::vector<float> prefill_tokens;  // likewise, before the first token
  std::vector<float> cached_tokens;
  std::vector<float> ratio;
  std::vector<float> adapter_load_s;

  // Keeps the memory: nothing is allocated in steady state.
  void resize(std::size_t offers);
};

// `input`'s cached tokens, ratio and adapter load are not read. `objective` has one place an offer;
// infinite where rtt_s is.
void quick_costs(const CostInput& input, const OfferColumns& offers, const SiteColumns& sites,
                 std::span<float> objective);

}  // namespace pathwise::router::select
