// SPDX-License-Identifier: Apache-2.0
// The last samples of one session and what they say. Bounded by count and by age, because a window
// bounded by count alone keeps telling yesterday's delay when probing stops. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"
#include "base/units.h"

namespace pathwise::te {

struct WindowStatistics {
  Microseconds min{};
  Microseconds p50{};  // nearest rank
  Microseconds p99{};
  Microseconds max{};
  Microseconds mean{};
  Microseconds jitter{};     // mean absolute difference of successive samples (RFC 3550's D, not smoothed)
  double loss = 0;           // 0..1
  std::size_t samples = 0;   // replies and losses
  std::size_t received = 0;  // replies
  friend bool operator==(const WindowStatistics&, const WindowStatistics&) = default;
};

class Window {
 public:
  // `max_samples` >= 1.
  Window(std::size_t max_samples, std::chrono::nanoseconds max_age);

  // A probe's outcome, `rtt` nullopt: lost. A later outcome of the same sequence replaces a loss
  // that is still in the window (the reply came late); it never replaces a reply.
  void record(SteadyTime now, std::uint32_t sequence, std::optional<std::chrono::nanoseconds> rtt);
  void clear() { samples_.clear(); }

  // Of the newest `newest` samples that are not older than the maximum age at `now`; 0: all of them.
  [[nodiscard]] WindowStatistics statistics(SteadyTime now, std::size_t newest = 0) const;

 private:
  struct Sample {
    SteadyTime when;
    std::uint32_t sequence = 0;
    std::optional<std::chrono::nanoseconds> rtt;
  };
  std::size_t max_samples_;
  std::chrono::nanoseconds max_age_;
  std::deque<Sample> samples_;  // by time of outcome
};

}  // namespace pathwise::te
