// SPDX-License-Identifier: Apache-2.0
// Quantiles of any number of latencies in bounded memory: logarithmic buckets 2 % apart, from 1 µs to
// over an hour. A quantile is never below the true one and at most 2 % above it. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/units.h"

namespace pathwise::lab {

class LatencyQuantiles {
 public:
  LatencyQuantiles();
  void record(Microseconds value);
  // `q` in 0..1; zero if nothing was recorded.
  [[nodiscard]] Microseconds quantile(double q) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
};

}  // namespace pathwise::lab
