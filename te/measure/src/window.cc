// SPDX-License-Identifier: Apache-2.0
#include "te/measure/window.h"

#include <algorithm>

namespace pathwise::te {
namespace {

using std::chrono::nanoseconds;

Microseconds to_us(nanoseconds value) {
  return std::chrono::duration_cast<Microseconds>(value);
}

// The nearest rank: the smallest value that at least `percent` % of the samples do not exceed.
Microseconds percentile(const std::vector<nanoseconds>& sorted, std::size_t percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return to_us(sorted[std::max<std::size_t>(rank, 1) - 1]);
}

}  // namespace

Window::Window(std::size_t max_samples, nanoseconds max_age)
    : max_samples_(std::max<std::size_t>(max_samples, 1)), max_age_(max_age) {}

void Window::record(SteadyTime now, std::uint32_t sequence, std::optional<nanoseconds> rtt) {
  const bool younger = !highest_ || static_cast<std::int32_t>(sequence - *highest_) > 0;
  if (younger) highest_ = sequence;
  if (const auto earlier = younger ? samples_.end() : find(sequence); earlier != samples_.end()) {
    if (!earlier->rtt && rtt) replace(earlier, rtt);
    return;
  }
  samples_.push_back({now, sequence, std::nullopt});
  if (rtt) replace(samples_.end() - 1, rtt);
  while (samples_.size() > max_samples_) pop_oldest();
  evict(now);
}

void Window::correct(std::uint32_t sequence, nanoseconds difference) {
  const auto sample = find(sequence);
  if (sample == samples_.end() || !sample->rtt) return;
  replace(sample, std::max(*sample->rtt + difference, nanoseconds::zero()));
}

void Window::clear() {
  samples_.clear();
  sorted_.clear();
  sum_ = steps_ = {};
  highest_.reset();
}

// From the newest: what is asked for is nearly always among the last few, or not there.
Window::Samples::iterator Window::find(std::uint32_t sequence) {
  const auto found = std::ranges::find(samples_.rbegin(), samples_.rend(), sequence, &Sample::sequence);
  return found == samples_.rend() ? samples_.end() : std::prev(found.base());
}

void Window::evict(SteadyTime now) {
  while (!samples_.empty() && samples_.front().when + max_age_ < now) pop_oldest();
}

void Window::pop_oldest() {
  replace(samples_.begin(), std::nullopt);
  samples_.pop_front();
}

nanoseconds Window::steps_around(const Samples::const_iterator& sample) const {
  const auto is_reply = [](const Sample& each) { return each.rtt.has_value(); };
  const auto next = std::find_if(sample + 1, samples_.cend(), is_reply);
  const auto before = std::find_if(std::make_reverse_iterator(sample), samples_.crend(), is_reply);
  const bool has_next = next != samples_.cend();
  const bool has_before = before != samples_.crend();
  if (!sample->rtt) return has_next && has_before ? std::chrono::abs(*next->rtt - *before->rtt) : nanoseconds::zero();
  nanoseconds steps{};
  if (has_next) steps += std::chrono::abs(*next->rtt - *sample->rtt);
  if (has_before) steps += std::chrono::abs(*sample->rtt - *before->rtt);
  return steps;
}

void Window::replace(const Samples::iterator& sample, std::optional<nanoseconds> rtt) {
  steps_ -= steps_around(sample);
  if (sample->rtt) {
    sum_ -= *sample->rtt;
    sorted_.erase(std::ranges::lower_bound(sorted_, *sample->rtt));
  }
  sample->rtt = rtt;
  if (rtt) {
    sum_ += *rtt;
    sorted_.insert(std::ranges::upper_bound(sorted_, *rtt), *rtt);
  }
  steps_ += steps_around(sample);
}

WindowStatistics Window::statistics(SteadyTime now) const {
  if (samples_.empty() || samples_.front().when + max_age_ >= now) return fresh_statistics();
  Window fresh(*this);
  fresh.evict(now);
  return fresh.fresh_statistics();
}

WindowStatistics Window::fresh_statistics() const {
  WindowStatistics result;
  result.samples = samples_.size();
  result.received = sorted_.size();
  if (result.samples > 0) {
    result.loss = static_cast<double>(result.samples - result.received) / static_cast<double>(result.samples);
  }
  if (sorted_.empty()) return result;
  if (sorted_.size() > 1) result.jitter = to_us(steps_ / (sorted_.size() - 1));
  result.mean = to_us(sum_ / sorted_.size());
  result.min = to_us(sorted_.front());
  result.max = to_us(sorted_.back());
  result.p50 = percentile(sorted_, 50);
  result.p99 = percentile(sorted_, 99);
  return result;
}

std::optional<Microseconds> Window::recent_median(SteadyTime now, std::size_t newest) const {
  std::vector<nanoseconds> rtts;
  const std::size_t count = std::min(newest, samples_.size());
  for (auto sample = samples_.end() - static_cast<std::ptrdiff_t>(count); sample != samples_.end(); ++sample) {
    if (sample->rtt && sample->when + max_age_ >= now) rtts.push_back(*sample->rtt);
  }
  if (rtts.empty()) return std::nullopt;
  const std::size_t middle = (rtts.size() + 1) / 2 - 1;
  std::ranges::nth_element(rtts, rtts.begin() + static_cast<std::ptrdiff_t>(middle));
  return to_us(rtts[middle]);
}

}  // namespace pathwise::te
