// SPDX-License-Identifier: GPL-2.0-or-later
// When a measured link delay is worth an update of IS-IS. FRR does not damp, and every update is a
// flood and an SPF on every router. RFC 8570: a large change is announced at once ("accelerated", section 5), a
// small one with the next period (section 7), one that is below both thresholds not at all (section 6).
// Pure, time is an argument; one thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/units.h"

namespace pathwise::te {

// RFC 8570 section 4: microseconds, 24 bits.
struct LinkDelay {
  Microseconds average{};
  Microseconds min{};
  Microseconds max{};
  friend bool operator==(const LinkDelay&, const LinkDelay&) = default;
};

// One-way delay from round trips: half of the smallest in the window. The average is the minimum too:
// on a shared link the mean moves with our own host's scheduling, and a path must not move with it.
// At least 1 us (a delay of 0 would make every detour over the link free), at most 24 bits.
[[nodiscard]] LinkDelay link_delay_from_round_trip(Microseconds smallest, Microseconds largest);

struct DamperParams {
  double threshold = 0.10;       // relative change, and
  Microseconds min_change{300};  // absolute change: both, and it is large; one, and it is small
  Milliseconds hold{2000};       // between two updates; the first is at once. Section 7: not less than 1 s
  Milliseconds patience{5000};   // an update is in our own LSP by then
  Milliseconds period{120'000};  // after the last update, until a small change is announced; section 7's default
};

class DelayDamper {
 public:
  explicit DelayDamper(DamperParams params) : params_(params) {}
  // What to advertise now; nullopt: nothing. Call it again with fresh measurements: a change that falls
  // into the hold time is advertised when that ends, if it is still there.
  [[nodiscard]] std::optional<LinkDelay> update(SteadyTime now, const LinkDelay& measured);
  // The last update did not reach FRR: the next one is due after the hold time whatever is measured.
  void failed() { advertised_.reset(); }
  // What IS-IS says of the link. isisd 10.3 may miss an update of a link's parameters: one that it does not have in
  // time is offered again, with another maximum, because mgmtd takes the same values for no change.
  void heard(SteadyTime now, Microseconds min);
  // IS-IS did not have the last update in time.
  [[nodiscard]] bool unheard() const { return repeats_ > 0; }
  [[nodiscard]] const std::optional<LinkDelay>& advertised() const { return advertised_; }

 private:
  [[nodiscard]] bool worth_an_update(SteadyTime now, const LinkDelay& measured) const;
  DamperParams params_;
  std::optional<LinkDelay> advertised_;
  std::optional<SteadyTime> last_update_;
  int repeats_ = 0;      // of the update that IS-IS does not have
  bool repeat_ = false;  // the next one is due
};

}  // namespace pathwise::te
