// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace pathwise {
namespace {

// From the state {1, 2, 3, 4}: the first outputs of the authors' reference code.
TEST(Random, MatchesXoshiro256PlusPlus) {
  Random random(Random::State{1, 2, 3, 4});
  constexpr std::array<std::uint64_t, 10> kExpected{
      41943041,
      58720359,
      3588806011781223,
      3591011842654386,
      9228616714210784205U,
      9973669472204895162U,
      14011001112246962877U,
      12406186145184390807U,
      15849039046786891736U,
      10450023813501588000U,
  };
  for (const std::uint64_t expected : kExpected) EXPECT_EQ(random(), expected);
}

TEST(Random, SameSeedSameNumbers) {
  Random a(42);
  Random b(42);
  Random other(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto value = a();
    EXPECT_EQ(value, b());
    differs = differs || value != other();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, UniformStaysInItsRangeAndFillsIt) {
  Random random(7);
  std::array<int, 10> buckets{};
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    ++buckets[static_cast<std::size_t>(value * 10)];
  }
  for (const int count : buckets) EXPECT_NEAR(count, 1000, 150);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.uniform(-2.0, 3.0);
    ASSERT_GE(value, -2.0);
    ASSERT_LT(value, 3.0);
  }
}

TEST(Random, BelowStaysUnderItsBoundAndReachesAll) {
  Random random(7);
  std::array<int, 6> faces{};
  for (int i = 0; i < 6000; ++i) {
    const auto value = random.below(6);
    ASSERT_LT(value, 6U);
    ++faces[value];
  }
  for (const int count : faces) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random.below(0), 0U);
  EXPECT_EQ(random.below(1), 0U);
  constexpr std::uint64_t kHuge = (1ULL << 63) + 1;  // nearly half of the outputs are unfair
  for (int i = 0; i < 1000; ++i) ASSERT_LT(random.below(kHuge), kHuge);
}

TEST(Random, DrivesTheStandardLibrary) {
  static_assert(std::uniform_random_bit_generator<Random>);
  Random random(1);
  std::bernoulli_distribution coin(0.5);
  int heads = 0;
  for (int i = 0; i < 1000; ++i) heads += coin(random) ? 1 : 0;
  EXPECT_NEAR(heads, 500, 100);
}

}  // namespace
}  // namespace pathwise
