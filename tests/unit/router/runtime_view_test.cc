// SPDX-License-Identifier: Apache-2.0
#include "router/runtime/runtime_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/runtime/scraper.h"

namespace pathwise::router::runtime {
namespace {

using namespace std::chrono_literals;

class Board : public testing::Test {
 protected:
  Board() {
    board_.configure({{.url = "http://[::1]:1", .prefill_tokens_per_second = 8000, .max_num_seqs = 8},
                      {.url = "http://[::1]:2", .prefill_tokens_per_second = 4000, .max_num_seqs = 8}},
                     {{.host = "::1", .port = 1}, {.host = "::1", .port = 2}});
    for (std::size_t i = 0; i < 2; ++i) board_.scraped(i, scrape(0, 0), now_);
  }
  static Scrape scrape(double running, double waiting) {
    Scrape scrape;
    scrape.metrics.running = running;
    scrape.metrics.waiting = waiting;
    scrape.models = {{"llama", "", 8192}, {"sql", "llama", 0}};
    return scrape;
  }
  RuntimeCounters& counters(std::size_t i) { return *board_.state(i).counters; }
  RuntimeBoard board_;
  SteadyTime now_{1h};
};

TEST_F(Board, PrefersTheSoonestFirstToken) {
  EXPECT_EQ(choose_runtime(*board_.view(), {.model = "llama", .prompt_tokens = 1000}), 0u);
  counters(0).prefill_tokens += 16'000;  // two seconds
  EXPECT_EQ(choose_runtime(*board_.view(), {.model = "llama", .prompt_tokens = 1000}), 1u);
  EXPECT_EQ(choose_runtime(*board_.view(), {.model = "sql", .prompt_tokens = 1000}), 1u);
  EXPECT_EQ(choose_runtime(*board_.view(), {.model = "other"}), std::nullopt);
}

TEST_F(Board, GoesWhereThePrefixIs) {
  const std::vector<std::uint64_t> blocks = {101, 102, 103, 104};
  counters(1).remember(blocks);
  const RuntimeQuery query{.model = "llama", .prompt_tokens = 600, .tokens_per_block = 128, .prefix_blocks = blocks};
  EXPECT_EQ(choose_runtime(*board_.view(), query), 1u);
  EXPECT_EQ(counters(1).depth(blocks), 4u);
  const std::vector<std::uint64_t> shifted = {999, 101, 102};
  EXPECT_EQ(counters(1).depth(shifted), 0u);
}

TEST_F(Board, SkipsWhatIsDownOrTried) {
  board_.failed(0, "connection refused");
  EXPECT_EQ(choose_runtime(*board_.view(), {.model = "llama"}), 1u);
  const std::vector<std::size_t> tried = {1};
  EXPECT_EQ(choose_runtime(*board_.view(), {.model = "llama", .excluded = tried}), std::nullopt);
}

TEST_F(Board, AFullSlotCostsAWait) {
  counters(0).requests += 8;
  EXPECT_EQ(choose_runtime(*board_.view(), {.model = "llama", .prompt_tokens = 10}), 1u);
}

TEST_F(Board, SaturationNeedsEveryRuntimeFull) {
  counters(0).requests += 10;
  EXPECT_FALSE(saturated(*board_.view(), "llama", std::nullopt));
  counters(1).requests += 10;
  EXPECT_TRUE(saturated(*board_.view(), "llama", std::nullopt));
  EXPECT_TRUE(saturated(*board_.view(), "unknown", std::nullopt));
}

TEST_F(Board, ATierMayWaitLess) {
  counters(0).prefill_tokens += 8000;
  counters(1).prefill_tokens += 4000;
  EXPECT_FALSE(saturated(*board_.view(), "llama", Microseconds{1'100'000}));
  EXPECT_TRUE(saturated(*board_.view(), "llama", Microseconds{900'000}));
}

TEST_F(Board, OthersRequestsAreSeenAndOursNotTwice) {
  counters(0).requests += 3;
  board_.scraped(0, scrape(5, 0), now_);  // three of them ours
  EXPECT_EQ(board_.state(0).sequences(), 5);
  counters(0).requests += 1;
  EXPECT_EQ(board_.state(0).sequences(), 6);
  counters(0).requests -= 4;
  EXPECT_EQ(board_.state(0).sequences(), 2);
}

TEST_F(Board, InterTokenLatencyIsOfTheLastScrapes) {
  Scrape next = scrape(1, 0);
  next.metrics.itl_sum = 2;
  next.metrics.itl_count = 100;
  board_.scraped(0, next, now_);
  EXPECT_DOUBLE_EQ(board_.state(0).itl, 0.02);
  board_.scraped(0, scrape(1, 0), now_);  // restarted: the counters went back
  EXPECT_DOUBLE_EQ(board_.state(0).itl, 0.02);
}

TEST_F(Board, TheDigestIsTheSum) {
  policy::FabricConfig config;
  config.models = {
      {.name = ModelName{"llama"}, .price_per_million_tokens = {{SiteName{""}, 1.0}, {SiteName{"pune"}, 3.0}}}};
  counters(0).requests += 10;
  counters(0).prefill_tokens += 500;
  Scrape busy = scrape(0, 0);
  busy.metrics.running_adapters = {"sql", "elsewhere"};
  board_.scraped(1, busy, now_);
  const std::vector<std::uint64_t> blocks = {7, 3};
  counters(1).remember(blocks);
  const auto models = local_models(*board_.view(), config, SiteName{"pune"});
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].model, ModelName{"llama"});
  EXPECT_EQ(models[0].capacity, 16u);
  EXPECT_EQ(models[0].running, 10u);
  EXPECT_EQ(models[0].in_flight_prefill_tokens, 500u);
  EXPECT_EQ(models[0].prefill_tokens_per_second, 12'000);
  EXPECT_EQ(models[0].context_tokens, 8192u);
  EXPECT_EQ(models[0].price_per_million_tokens, 3.0);
  EXPECT_THAT(models[0].adapters_loaded, testing::ElementsAre("sql"));
  EXPECT_TRUE(models[0].adapters_loadable.empty());
  EXPECT_THAT(models[0].prefix_blocks, testing::ElementsAre(3, 7));
}

TEST_F(Board, ReconfiguringKeepsCounters) {
  counters(1).requests += 2;
  board_.configure({{.url = "http://[::1]:2"}}, {{.host = "::1", .port = 2}});
  ASSERT_EQ(board_.size(), 1u);
  EXPECT_EQ(counters(0).requests, 2);
}

TEST(RuntimeUrl, IsResolved) {
  EXPECT_EQ(resolve_runtime_url("http://[::1]:8000")->host, "::1");
  EXPECT_EQ(resolve_runtime_url("http://127.0.0.1:8000/")->port, 8000);
  EXPECT_FALSE(resolve_runtime_url("https://[::1]:8000").has_value());
  EXPECT_FALSE(resolve_runtime_url("http://[::1]").has_value());
}

}  // namespace
}  // namespace pathwise::router::runtime
