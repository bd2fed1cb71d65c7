// SPDX-License-Identifier: GPL-2.0-or-later
// Whether what we publish still has a source. zebra and isisd come and go; what we have of them is good for a
// while, and then others may know better. Pure, time is an argument; one thread.
#pragma once

#include <optional>
#include <utility>

#include "base/clock.h"

namespace pathwise::te {

class LossWatch {
 public:
  // How long a topology is published on without zebra or isisd: longer than either takes to restart.
  static constexpr std::chrono::seconds kPatience{5};

  // zebra or isisd is away. Until synchronised(): coming back is not enough.
  void lost(SteadyTime now) {
    if (!since_) since_ = now;
  }
  void synchronised() { since_.reset(); }

  // True once for each loss that lasts: what was published is to be withdrawn.
  [[nodiscard]] bool withdraw(SteadyTime now) {
    if (withdrawn_ || !since_ || now - *since_ < kPatience) return false;
    withdrawn_ = true;
    return true;
  }
  // A topology is about to be published. True if the last one was withdrawn: it must be, even if nothing changed.
  [[nodiscard]] bool publish() { return std::exchange(withdrawn_, false); }

 private:
  std::optional<SteadyTime> since_;
  bool withdrawn_ = false;
};

}  // namespace pathwise::te
