// SPDX-License-Identifier: Apache-2.0
// Chance is a parameter, as time is: whoever needs it takes a Random&, and the composition root
// chooses the seed. xoshiro256++ 1.0 (Blackman and Vigna, public domain), seeded by splitmix64 as its
// authors advise. The same seed gives the same numbers on every platform, which <random>'s
// distributions do not promise. Not for secrets. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace pathwise {

class Random {
 public:
  using result_type = std::uint64_t;
  using State = std::array<std::uint64_t, 4>;

  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = splitmix(seed);
  }
  // A known state, not all zero.
  explicit Random(const State& state) : state_(state) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // [0, 1), 53 bits.
  [[nodiscard]] double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
  // [low, high).
  [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // 0 .. bound - 1, without bias; 0 if `bound` is 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
    if (bound <= 1) return 0;
    const std::uint64_t unfair = (max() - bound + 1) % bound;  // 2^64 mod bound: the outputs too many
    std::uint64_t value = (*this)();
    while (value < unfair) value = (*this)();
    return value % bound;
  }

 private:
  static std::uint64_t splitmix(std::uint64_t& seed) {
    seed += 0x9E3779B97F4A7C15;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  }

  State state_{};
};

}  // namespace pathwise
