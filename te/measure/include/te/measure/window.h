// SPDX-License-Identifier: Apache-2.0
// The last samples of one session and what they say. Bounded by count and by age, because a window
// bounded by count alone keeps telling yesterday's delay when probing stops. Kept in order and sorted
// at once: a sample costs two binary searches and a move of some hundred octets, and the statistics, which te
// reads of every session ten times a second, cost no sort. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

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
  // A reply's delay was measured better. Nothing if it is not in the window any more.
  void correct(std::uint32_t sequence, std::chrono::nanoseconds difference);
  void clear();

  // Of the samples that are not older than the maximum age at `now`.
  [[nodiscard]] WindowStatistics statistics(SteadyTime now) const;
  // The median of the replies among the newest `newest` of these samples; nullopt: there are none.
  [[nodiscard]] std::optional<Microseconds> recent_median(SteadyTime now, std::size_t newest) const;

 private:
  struct Sample {
    SteadyTime when;
    std::uint32_t sequence = 0;
    std::optional<std::chrono::nanoseconds> rtt;
  };
  using Samples = std::deque<Sample>;
  [[nodiscard]] Samples::iterator find(std::uint32_t sequence);
  void evict(SteadyTime now);
  void pop_oldest();
  // Puts `rtt` in the place of what the sample had, in every account.
  void replace(const Samples::iterator& sample, std::optional<std::chrono::nanoseconds> rtt);
  // The jitter between this sample and its neighbours among the replies.
  [[nodiscard]] std::chrono::nanoseconds steps_around(const Samples::const_iterator& sample) const;
  [[nodiscard]] WindowStatistics fresh_statistics() const;

  std::size_t max_samples_;
  std::chrono::nanoseconds max_age_;
  Samples samples_;                               // by time of outcome
  std::vector<std::chrono::nanoseconds> sorted_;  // the replies' delays
  std::chrono::nanoseconds sum_{};                // of these
  std::chrono::nanoseconds steps_{};              // of the differences of successive replies
  std::optional<std::uint32_t> highest_;          // sequence; a younger one needs no search
};

}  // namespace pathwise::te
