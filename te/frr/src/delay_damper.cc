// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/delay_damper.h"

#include <algorithm>
#include <chrono>

namespace pathwise::te {
namespace {

constexpr Microseconds kLeastDelay{1};
constexpr Microseconds kMostDelay{0xFFFFFF};

Microseconds clamped(Microseconds delay) {
  return std::clamp(delay, kLeastDelay, kMostDelay);
}

}  // namespace

LinkDelay link_delay_from_round_trip(Microseconds smallest, Microseconds largest) {
  const Microseconds min = clamped(smallest / 2);
  return {.average = min, .min = min, .max = std::max(min, clamped(largest / 2))};
}

bool DelayDamper::worth_an_update(SteadyTime now, const LinkDelay& measured) const {
  if (last_update_ && now - *last_update_ < params_.hold) return false;
  if (!advertised_ || repeat_) return true;
  const Microseconds change = std::chrono::abs(measured.min - advertised_->min);
  const double relative = static_cast<double>(change.count()) / static_cast<double>(advertised_->min.count());
  const bool absolutely = change >= params_.min_change;
  const bool relatively = relative >= params_.threshold;
  if (absolutely && relatively) return true;
  return (absolutely || relatively) && change > Microseconds::zero() && now - *last_update_ >= params_.period;
}

std::optional<LinkDelay> DelayDamper::update(SteadyTime now, const LinkDelay& measured) {
  if (!worth_an_update(now, measured)) return std::nullopt;
  last_update_ = now;
  repeat_ = false;
  advertised_ = measured;
  advertised_->max = std::max(measured.min, clamped(measured.max + Microseconds(repeats_)));
  return advertised_;
}

void DelayDamper::heard(SteadyTime now, Microseconds min) {
  if (!advertised_ || repeat_) return;
  if (min == advertised_->min) {
    repeats_ = 0;
  } else if (now - *last_update_ >= params_.patience) {
    ++repeats_;
    repeat_ = true;
  }
}

}  // namespace pathwise::te
