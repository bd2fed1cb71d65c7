// SPDX-License-Identifier: Apache-2.0
#include "te/algo/reservations.h"

#include <gmock/gmock.h>

#include <optional>
#include <set>
#include <string>

#include "base/random.h"

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Table = ReservationTable<int, std::string>;

constexpr BitsPerSecond operator""_bps(unsigned long long value) {
  return BitsPerSecond(value);
}

TEST(Reservations, UnreservedBandwidthIsByPriority) {
  Table table;
  table.claim("low", {{1, 2}, 100_bps, 6});
  table.claim("high", {{2}, 300_bps, 2});
  const auto free = table.unreserved(2, 1000_bps);
  EXPECT_EQ(free[1], 1000_bps);
  EXPECT_EQ(free[2], 700_bps);
  EXPECT_EQ(free[5], 700_bps);
  EXPECT_EQ(free[6], 600_bps);
  EXPECT_EQ(table.unreserved(3, 1000_bps)[7], 1000_bps);
  EXPECT_EQ(table.unreserved(2, 350_bps)[7], 0_bps);  // the link became smaller
  EXPECT_EQ(table.held(2, 7, "low"), 300_bps);
  table.release("high");
  EXPECT_EQ(table.unreserved(2, 1000_bps)[7], 900_bps);
}

TEST(Reservations, TheLeastImportantAndTheFewestGo) {
  Table table;
  table.claim("five", {{1}, 400_bps, 5});
  table.claim("small", {{1}, 100_bps, 7});
  table.claim("middle", {{1}, 200_bps, 7});
  table.claim("large", {{1}, 300_bps, 7});
  const std::vector capacity{1000_bps};
  // 250 more: one LSP of priority 7 is enough, and the smallest that is.
  EXPECT_THAT(table.admit("new", {{1}, 250_bps, 3, 3}, capacity).value(), ElementsAre("large"));
  EXPECT_THAT(table.claims(), testing::Contains(testing::Key("new")));
  // 50 are free; 350 more is all of priority 7, and 500 the one of priority 5 besides.
  EXPECT_THAT(table.admit("next", {{1}, 350_bps, 4, 4}, capacity).value(), ElementsAre("middle", "small"));
  EXPECT_EQ(table.admit("last", {{1}, 500_bps, 5, 5}, capacity).error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(table.admit("last", {{1}, 400_bps, 4, 4}, capacity).value(), ElementsAre("five"));
}

TEST(Reservations, ItsOwnOldReservationIsNotInItsWay) {
  Table table;
  const std::vector capacity{1000_bps};
  EXPECT_THAT(table.admit("a", {{1}, 800_bps}, capacity).value(), IsEmpty());
  EXPECT_THAT(table.admit("a", {{1}, 900_bps}, capacity).value(), IsEmpty());
  EXPECT_EQ(table.held(1, 7, ""), 900_bps);
  EXPECT_FALSE(table.admit("b", {{1}, 200_bps}, capacity));
  EXPECT_EQ(table.held(1, 7, ""), 900_bps);
  EXPECT_EQ(table.admit("b", {{1, 2}, 10_bps}, capacity).error().code, ErrorCode::kInvalidArgument);
}

// Two that would preempt each other for ever.
TEST(Reservations, SetupIsNeverBetterThanHolding) {
  Table table;
  const std::vector capacity{100_bps};
  EXPECT_TRUE(table.admit("a", {{1}, 100_bps, 7, 0}, capacity));
  EXPECT_FALSE(table.admit("b", {{1}, 100_bps, 7, 0}, capacity));
  EXPECT_EQ(table.claims().at("a").holding_priority, 0);
}

// What a choice costs, by definition: numbers by priority, then bandwidth.
std::optional<std::vector<std::uint64_t>> harm(std::span<const std::uint64_t> missing,
                                               std::span<const PreemptionCandidate> candidates, std::uint32_t chosen) {
  std::vector<std::uint64_t> cost(9);
  std::vector<std::uint64_t> freed(missing.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if ((chosen >> i & 1) == 0) continue;
    ++cost[candidates[i].holding_priority];
    cost[8] += candidates[i].bandwidth;
    for (const std::size_t link : candidates[i].links) freed[link] += candidates[i].bandwidth;
  }
  for (std::size_t link = 0; link < missing.size(); ++link) {
    if (freed[link] < missing[link]) return std::nullopt;
  }
  return cost;
}

TEST(Preemption, AgreesWithEverySubset) {
  int possible = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    std::vector<std::uint64_t> missing(1 + random.below(4));
    for (std::uint64_t& each : missing) each = 1 + random.below(20);
    std::vector<PreemptionCandidate> candidates(random.below(10));
    for (PreemptionCandidate& candidate : candidates) {
      candidate.holding_priority = static_cast<std::uint8_t>(4 + random.below(4));
      candidate.bandwidth = 1 + random.below(12);
      for (std::size_t link = 0; link < missing.size(); ++link) {
        if (random.below(2) == 0) candidate.links.push_back(link);
      }
    }
    std::optional<std::vector<std::uint64_t>> best;
    for (std::uint32_t chosen = 0; chosen < 1U << candidates.size(); ++chosen) {
      const auto cost = harm(missing, candidates, chosen);
      if (cost && (!best || *cost < *best)) best = cost;
    }
    const auto choice = choose_preempted(missing, candidates);
    ASSERT_EQ(choice.has_value(), best.has_value()) << "seed " << seed;
    if (!choice) continue;
    ++possible;
    std::uint32_t chosen = 0;
    for (const std::size_t i : *choice) chosen |= 1U << i;
    ASSERT_EQ(harm(missing, candidates, chosen), best) << "seed " << seed;
  }
  EXPECT_GT(possible, 100);
}

// Beyond the exact choice: enough goes, and nobody without need.
TEST(Preemption, ManyCandidatesAreChosenGreedilyButNotInVain) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    const std::vector<std::uint64_t> missing{5'000, 9'000, 1'000};
    std::vector<PreemptionCandidate> candidates(800);
    for (PreemptionCandidate& candidate : candidates) {
      candidate.holding_priority = static_cast<std::uint8_t>(5 + random.below(3));
      candidate.bandwidth = 1 + random.below(200);
      candidate.links = {random.below(3)};
    }
    const auto choice = choose_preempted(missing, candidates);
    ASSERT_TRUE(choice);
    std::vector<std::uint64_t> freed(3);
    for (const std::size_t i : *choice) freed[candidates[i].links.front()] += candidates[i].bandwidth;
    for (std::size_t link = 0; link < 3; ++link) ASSERT_GE(freed[link], missing[link]) << "seed " << seed;
    for (const std::size_t i : *choice) {
      const std::size_t link = candidates[i].links.front();
      ASSERT_LT(freed[link] - candidates[i].bandwidth, missing[link]) << "seed " << seed << ": in vain";
    }
  }
}

// A long life: no link is ever overbooked, and nobody loses to what is no more important.
TEST(Reservations, NoLinkIsEverOverbooked) {
  int preempted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random(seed);
    Table table;
    for (int step = 0; step < 300; ++step) {
      const std::string lsp = "lsp" + std::to_string(random.below(25));
      Table::Claim claim{.links = {}, .bandwidth = BitsPerSecond(1 + random.below(40))};
      for (int link = 0; link < 5; ++link) {
        if (random.below(2) == 0) claim.links.push_back(link);
      }
      claim.setup_priority = static_cast<std::uint8_t>(random.below(8));
      claim.holding_priority = static_cast<std::uint8_t>(random.below(8));
      const auto before = table.claims().size();
      const std::vector<BitsPerSecond> capacity(claim.links.size(), 100_bps);
      const Table old = table;
      const auto gone = table.admit(lsp, claim, capacity);
      if (!gone) {
        ASSERT_EQ(table.claims().size(), before) << "seed " << seed;
        continue;
      }
      for (const std::string& victim : *gone) {
        ASSERT_GT(old.claims().at(victim).holding_priority, claim.setup_priority) << "seed " << seed;
        ASSERT_FALSE(table.claims().contains(victim)) << "seed " << seed;
      }
      preempted += static_cast<int>(gone->size());
      for (int link = 0; link < 5; ++link) {
        std::uint64_t sum = 0;
        for (const auto& [key, each] : table.claims()) {
          if (std::ranges::count(each.links, link) > 0) sum += each.bandwidth.value();
        }
        ASSERT_LE(sum, 100U) << "seed " << seed << " step " << step;
        ASSERT_EQ(table.held(link, 7, ""), BitsPerSecond(sum)) << "seed " << seed << " step " << step;
      }
    }
  }
  EXPECT_GT(preempted, 200);
}

}  // namespace
}  // namespace pathwise::te
