// SPDX-License-Identifier: Apache-2.0
// The adapter slots of a simulated engine. At most `max` adapters are resident; bringing one in takes
// `load_time`; the least recently used one that no running sequence uses makes room.
// Owned by one BatchEngine; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "lab/runtime/engine_config.h"

namespace pathwise::lab {

class LoraSlots {
 public:
  explicit LoraSlots(const LoraConfig& config);

  // What requests may name. add: kAlreadyExists, or kFailedPrecondition without slots; remove: kNotFound.
  // A removed adapter finishes the sequences that already have it.
  [[nodiscard]] bool known(const AdapterName& adapter) const { return known_.contains(adapter); }
  [[nodiscard]] Result<void> add(const AdapterName& adapter);
  [[nodiscard]] Result<void> remove(const AdapterName& adapter);
  [[nodiscard]] const std::set<AdapterName>& adapters() const { return known_; }

  // True if `adapter` can run now. If it is not resident and a slot can be had, its load starts.
  [[nodiscard]] bool ready(const AdapterName& adapter, SteadyTime now);
  // A running sequence uses the adapter (it must be ready) until release().
  void acquire(const AdapterName& adapter, SteadyTime now);
  void release(const AdapterName& adapter);

  // When the next load that is still under way after `now` completes.
  [[nodiscard]] std::optional<SteadyTime> next_ready(SteadyTime now) const;
  [[nodiscard]] std::uint64_t loads() const { return loads_; }
  [[nodiscard]] std::vector<AdapterName> resident(SteadyTime now) const;

 private:
  struct Slot {
    AdapterName adapter;
    SteadyTime ready_at;
    SteadyTime last_used;
    std::uint32_t users = 0;
  };
  [[nodiscard]] Slot* find(const AdapterName& adapter);
  [[nodiscard]] Slot* least_recently_used(SteadyTime now);

  std::uint32_t max_;
  std::chrono::nanoseconds load_time_;
  std::set<AdapterName> known_;
  std::vector<Slot> slots_;  // at most max_
  std::uint64_t loads_ = 0;
};

}  // namespace pathwise::lab
