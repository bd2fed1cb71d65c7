// SPDX-License-Identifier: Apache-2.0
// Time is a parameter. Protocol machines and algorithms take time points as arguments or a
// Clock&; only composition roots choose the real one. ManualClock is for tests and for the
// simulator's virtual time.
#pragma once

#include <chrono>

namespace pathwise {

using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime now() const = 0;       // for intervals and deadlines
  [[nodiscard]] virtual SystemTime wall_now() const = 0;  // for records and certificates
};

// Any thread.
class RealClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] SystemTime wall_now() const override { return std::chrono::system_clock::now(); }
};

// Ticks by hand. One thread.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return steady_; }
  [[nodiscard]] SystemTime wall_now() const override { return wall_; }
  void advance(std::chrono::nanoseconds step) {
    steady_ += std::chrono::duration_cast<SteadyTime::duration>(step);
    wall_ += std::chrono::duration_cast<SystemTime::duration>(step);
  }
  void step_wall(std::chrono::nanoseconds step) { wall_ += std::chrono::duration_cast<SystemTime::duration>(step); }

 private:
  SteadyTime steady_{std::chrono::hours{1}};
  SystemTime wall_{std::chrono::hours{24 * 365 * 50}};
};

}  // namespace pathwise
