// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next connection attempt: doubling, with jitter, bounded. The source of
// randomness is injected. One thread.
#pragma once

#include <chrono>
#include <functional>

namespace pathwise::pcep {

struct BackoffConfig {
  std::chrono::milliseconds initial{500};
  std::chrono::milliseconds maximum{30'000};
  double jitter = 0.25;  // of the wait, both ways
};

class Backoff {
 public:
  // `random` yields [0, 1).
  Backoff(BackoffConfig config, std::function<double()> random);
  [[nodiscard]] std::chrono::milliseconds next();
  // A session came up: the next wait is the initial one again.
  void reset() { wait_ = config_.initial; }

 private:
  BackoffConfig config_;
  std::function<double()> random_;
  std::chrono::milliseconds wait_;
};

}  // namespace pathwise::pcep
