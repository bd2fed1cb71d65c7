// SPDX-License-Identifier: Apache-2.0
#include "lab/load/latency.h"

#include <algorithm>
#include <cmath>

namespace pathwise::lab {
namespace {

constexpr double kStep = 1.02;
constexpr std::size_t kBuckets = 1120;  // 1.02^1119 µs is more than an hour

}  // namespace

LatencyQuantiles::LatencyQuantiles() : buckets_(kBuckets) {}

void LatencyQuantiles::record(Microseconds value) {
  const double micros = std::max(1.0, static_cast<double>(value.count()));
  // Bucket i holds what is above kStep^(i-1) and at most kStep^i.
  const auto bucket = static_cast<std::size_t>(std::ceil(std::log(micros) / std::log(kStep)));
  ++buckets_[std::min(bucket, kBuckets - 1)];
  ++count_;
}

Microseconds LatencyQuantiles::quantile(double q) const {
  if (count_ == 0) return Microseconds{0};
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < kBuckets && (seen += buckets_[bucket]) < rank) ++bucket;
  return Microseconds{static_cast<std::int64_t>(std::ceil(std::pow(kStep, static_cast<double>(bucket))))};
}

}  // namespace pathwise::lab
