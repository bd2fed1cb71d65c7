// SPDX-License-Identifier: Apache-2.0
#include "te/measure/window.h"

#include <algorithm>
#include <vector>

namespace pathwise::te {
namespace {

Microseconds to_us(std::chrono::nanoseconds value) {
  return std::chrono::duration_cast<Microseconds>(value);
}

// The nearest rank: the smallest value that at least `percent` % of the samples do not exceed.
Microseconds percentile(const std::vector<std::chrono::nanoseconds>& sorted, std::size_t percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return to_us(sorted[std::max<std::size_t>(rank, 1) - 1]);
}

Microseconds mean_difference(const std::vector<std::chrono::nanoseconds>& in_order) {
  if (in_order.size() < 2) return {};
  std::chrono::nanoseconds sum{};
  for (std::size_t i = 1; i < in_order.size(); ++i) sum += std::chrono::abs(in_order[i] - in_order[i - 1]);
  return to_us(sum / (in_order.size() - 1));
}

}  // namespace

Window::Window(std::size_t max_samples, std::chrono::nanoseconds max_age)
    : max_samples_(std::max<std::size_t>(max_samples, 1)), max_age_(max_age) {}

void Window::record(SteadyTime now, std::uint32_t sequence, std::optional<std::chrono::nanoseconds> rtt) {
  const auto earlier = std::ranges::find(samples_.rbegin(), samples_.rend(), sequence, &Sample::sequence);
  if (earlier != samples_.rend()) {
    if (!earlier->rtt) earlier->rtt = rtt;
    return;
  }
  samples_.push_back({now, sequence, rtt});
  while (samples_.size() > max_samples_ || samples_.front().when + max_age_ < now) samples_.pop_front();
}

WindowStatistics Window::statistics(SteadyTime now, std::size_t newest) const {
  WindowStatistics result;
  std::vector<std::chrono::nanoseconds> rtts;
  const std::size_t count = newest == 0 ? samples_.size() : std::min(newest, samples_.size());
  for (std::size_t i = samples_.size() - count; i < samples_.size(); ++i) {
    if (samples_[i].when + max_age_ < now) continue;
    ++result.samples;
    if (samples_[i].rtt) rtts.push_back(*samples_[i].rtt);
  }
  result.received = rtts.size();
  if (result.samples > 0) {
    result.loss = static_cast<double>(result.samples - result.received) / static_cast<double>(result.samples);
  }
  if (rtts.empty()) return result;
  result.jitter = mean_difference(rtts);
  std::chrono::nanoseconds sum{};
  for (const auto rtt : rtts) sum += rtt;
  result.mean = to_us(sum / rtts.size());
  std::ranges::sort(rtts);
  result.min = to_us(rtts.front());
  result.max = to_us(rtts.back());
  result.p50 = percentile(rtts, 50);
  result.p99 = percentile(rtts, 99);
  return result;
}

}  // namespace pathwise::te
