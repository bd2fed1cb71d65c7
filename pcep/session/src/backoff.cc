// SPDX-License-Identifier: Apache-2.0
#include "pcep/session/backoff.h"

#include <algorithm>

namespace pathwise::pcep {

Backoff::Backoff(BackoffConfig config, std::function<double()> random)
    : config_(config), random_(std::move(random)), wait_(config.initial) {}

std::chrono::milliseconds Backoff::next() {
  const double spread = 1.0 + config_.jitter * (2.0 * random_() - 1.0);
  const auto wait = std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(wait_.count()) * spread));
  wait_ = std::min(wait_ * 2, config_.maximum);
  return wait;
}

}  // namespace pathwise::pcep
