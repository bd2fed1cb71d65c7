// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "base/format.h"

namespace pathwise {
namespace {

struct Step {
  double scale;
  std::string_view unit;
};

// `value` in the largest unit that leaves at least 1, with three significant digits.
std::string human(double value, std::span<const Step> steps) {
  std::size_t index = steps.size() - 1;
  while (index > 0 && value < steps[index].scale) --index;
  double scaled = value / steps[index].scale;
  // 999.6ms rounds to 1000ms: that is 1s.
  if (index + 1 < steps.size() && std::round(scaled) * steps[index].scale >= steps[index + 1].scale) {
    ++index;
    scaled = 1;
  }
  if (scaled >= 100) return formatted("{:.0f}{}", scaled, steps[index].unit);
  return formatted("{:.3g}{}", scaled, steps[index].unit);
}

}  // namespace

std::string to_human(Microseconds duration) {
  static constexpr std::array<Step, 3> kSteps{{{1, "us"}, {1e3, "ms"}, {1e6, "s"}}};
  const auto count = static_cast<double>(duration.count());
  return (count < 0 ? "-" : "") + human(std::fabs(count), kSteps);
}

std::string to_human(BitsPerSecond rate) {
  static constexpr std::array<Step, 5> kSteps{
      {{1, "bps"}, {1e3, "kbps"}, {1e6, "Mbps"}, {1e9, "Gbps"}, {1e12, "Tbps"}}};
  return human(static_cast<double>(rate.value()), kSteps);
}

}  // namespace pathwise
