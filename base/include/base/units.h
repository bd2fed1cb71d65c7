// SPDX-License-Identifier: Apache-2.0
// Units. Durations are std::chrono's (Microseconds for delays, as RFC 7471/8570 carry them);
// rates and sizes are strong types. Values; any thread.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <ostream>
#include <string>

#include "base/ids.h"

namespace pathwise {

using Microseconds = std::chrono::microseconds;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;  // costs and predictions only

class BitsPerSecond {
 public:
  constexpr BitsPerSecond() = default;
  constexpr explicit BitsPerSecond(std::uint64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
  [[nodiscard]] constexpr double bytes_per_second() const noexcept { return static_cast<double>(value_) / 8.0; }
  friend constexpr auto operator<=>(BitsPerSecond, BitsPerSecond) = default;
  friend std::ostream& operator<<(std::ostream& out, BitsPerSecond rate) { return out << rate.value_ << "bps"; }

 private:
  std::uint64_t value_ = 0;
};

// "12.4ms", "850us", "3.2s": three significant digits, for people.
[[nodiscard]] std::string to_human(Microseconds duration);
// "200Mbps", "1.25Gbps": three significant digits too.
[[nodiscard]] std::string to_human(BitsPerSecond rate);

}  // namespace pathwise
