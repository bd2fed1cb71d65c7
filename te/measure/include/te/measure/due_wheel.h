// SPDX-License-Identifier: Apache-2.0
// When each of many sessions wants to be woken: a timing wheel of 1 ms ticks, so that one timer and no heap
// serves tens of thousands. Pure, time is an argument; one thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace pathwise::te {

class DueWheel {
 public:
  static constexpr std::chrono::nanoseconds kTick = std::chrono::milliseconds(1);

  struct Entry {
    std::uint64_t tick = 0;
    std::uint32_t id = 0;
    std::uint32_t generation = 0;
  };

  explicit DueWheel(SteadyTime start) : start_(start), slots_(kSlots) {}

  // Due in the first tick that ends after `when`; never in a tick that has passed.
  void push(SteadyTime when, std::uint32_t id, std::uint32_t generation) {
    const std::uint64_t tick = std::max(tick_of(when) + 1, done_ + 1);
    insert({.tick = tick, .id = id, .generation = generation});
  }

  // Hands over every entry whose tick has ended. `due` may push.
  template <typename Due>
  void advance(SteadyTime now, Due due) {
    const std::uint64_t target = tick_of(now);
    // After a pause longer than a round each slot is looked at once.
    std::uint64_t tick = std::max(done_, target >= kSlots ? target - kSlots : 0);
    while (tick < target) {
      ++tick;
      const std::size_t slot = tick % kSlots;
      if (slots_[slot].empty()) continue;
      running_.clear();
      running_.swap(slots_[slot]);
      occupied_[slot / kWord] &= ~(std::uint64_t{1} << slot % kWord);
      done_ = tick;
      for (const Entry& entry : running_) {
        if (entry.tick > target) {
          insert(entry);  // of a later round
        } else {
          due(entry.id, entry.generation);
        }
      }
    }
    done_ = std::max(done_, target);
  }

  // The end of the next tick that has entries, at the latest one round from now; nullopt: there are none.
  [[nodiscard]] std::optional<SteadyTime> next() const {
    for (std::uint64_t ahead = 1; ahead <= kSlots;) {
      const std::size_t slot = (done_ + ahead) % kSlots;
      const std::uint64_t word = occupied_[slot / kWord] >> slot % kWord;
      if (word != 0) return time_of(done_ + ahead + static_cast<std::uint64_t>(std::countr_zero(word)));
      ahead += kWord - slot % kWord;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kSlots = 2048;  // a round of 2 s; a longer time goes round
  static constexpr std::size_t kWord = 64;

  [[nodiscard]] std::uint64_t tick_of(SteadyTime when) const {
    return when <= start_ ? 0 : static_cast<std::uint64_t>((when - start_) / kTick);
  }
  [[nodiscard]] SteadyTime time_of(std::uint64_t tick) const {
    return start_ + std::chrono::duration_cast<SteadyTime::duration>(kTick) * tick;
  }
  void insert(const Entry& entry) {
    const std::size_t slot = entry.tick % kSlots;
    slots_[slot].push_back(entry);
    occupied_[slot / kWord] |= std::uint64_t{1} << slot % kWord;
  }

  SteadyTime start_;
  std::uint64_t done_ = 0;  // ticks that have been handed over
  std::vector<std::vector<Entry>> slots_;
  std::vector<Entry> running_;
  std::array<std::uint64_t, kSlots / kWord> occupied_{};
};

}  // namespace pathwise::te
