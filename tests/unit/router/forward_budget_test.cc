// SPDX-License-Identifier: Apache-2.0
// tokens_per_minute: the bucket in virtual time, and what a request pays.
#include "base/format.h"
#include "forward_harness.h"
#include "router/forward/token_budget.h"

namespace pathwise::router::forward {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, HoldsAMinuteAndRefillsAtItsRate) {
  ManualClock clock;
  TokenBucket bucket;
  EXPECT_DOUBLE_EQ(bucket.level(600, clock.now()), 600);
  EXPECT_TRUE(bucket.take(600, 600, clock.now()));
  EXPECT_EQ(bucket.take(10, 600, clock.now()).error(), 1s);
  EXPECT_EQ(bucket.take(100, 600, clock.now()).error(), 10s) << "a refusal takes nothing";
  clock.advance(9s);
  EXPECT_NEAR(bucket.level(600, clock.now()), 90, 1e-6);
  EXPECT_EQ(bucket.take(100, 600, clock.now()).error(), 1s);
  clock.advance(1s);
  EXPECT_TRUE(bucket.take(100, 600, clock.now())) << "after the time that it said";
  clock.advance(1h);
  EXPECT_DOUBLE_EQ(bucket.level(600, clock.now()), 600) << "no more than a minute's worth";
}

TEST(TokenBucket, MoreThanAMinutesWorthNeverComes) {
  ManualClock clock;
  TokenBucket bucket;
  EXPECT_EQ(bucket.take(601, 600, clock.now()).error(), TokenBucket::kNever);
  EXPECT_EQ(bucket.take(1e12, 1, clock.now()).error(), TokenBucket::kNever);
  EXPECT_TRUE(bucket.take(600, 600, clock.now())) << "and costs nothing";
}

TEST(TokenBucket, IsCorrectedBothWays) {
  ManualClock clock;
  TokenBucket bucket;
  ASSERT_TRUE(bucket.take(500, 600, clock.now()));
  bucket.correct(-400, 600, clock.now());
  EXPECT_NEAR(bucket.level(600, clock.now()), 500, 1e-6);
  bucket.correct(800, 600, clock.now());
  EXPECT_NEAR(bucket.level(600, clock.now()), -300, 1e-6);
  EXPECT_EQ(bucket.take(100, 600, clock.now()).error(), 40s) << "the debt is paid first";
  clock.advance(40s);
  EXPECT_TRUE(bucket.take(100, 600, clock.now()));
  clock.advance(10min);
  bucket.correct(-100, 600, clock.now());
  EXPECT_DOUBLE_EQ(bucket.level(600, clock.now()), 600) << "what comes back late is not on top of full";
  bucket.correct(1e18, 1, clock.now());
  EXPECT_LT(bucket.level(1, clock.now()), 0) << "a debt beyond reckoning is still one";
}

TEST(TokenBucket, ThreadsTakeNoTokenTwice) {
  ManualClock clock;
  TokenBucket bucket;
  std::atomic<int> kept{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) {
        if (!bucket.take(3, 60'000, clock.now())) continue;
        if (n % 4 == 0) {
          bucket.correct(-3, 60'000, clock.now());
        } else {
          ++kept;
        }
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_LE(kept, 20'000);
  EXPECT_NEAR(bucket.level(60'000, clock.now()), 60'000 - 3 * kept, 1e-6);
}

TEST(TokenBudgets, AReloadKeepsTheLevels) {
  ManualClock clock;
  policy::FabricConfig config = fabric_config();
  config.tenants[0].tokens_per_minute = 600;
  config.tenants.push_back({.name = TenantName{"free"}});
  TokenBudgets budgets;
  const auto before = budgets.buckets_of(config);
  ASSERT_EQ(before->size(), 2u);
  EXPECT_EQ((*before)[1], nullptr);
  ASSERT_TRUE((*before)[0]->take(300, 600, clock.now()));
  std::swap(config.tenants[0], config.tenants[1]);
  config.tenants[1].tokens_per_minute = 1200;
  const auto after = budgets.buckets_of(config);
  EXPECT_EQ((*after)[0], nullptr);
  EXPECT_NEAR((*after)[1]->level(1200, clock.now()), 600, 1e-6) << "half full, of the new size";
}

policy::FabricConfig with_budget(std::uint64_t tokens_per_minute) {
  policy::FabricConfig config = fabric_config();
  config.tenants[0].tokens_per_minute = tokens_per_minute;
  return config;
}
std::string asking_for(int max_tokens) {
  return chat(formatted(R"({{"model":"llama","messages":[],"max_tokens":{}}})", max_tokens));
}

// So slow that nothing comes back while the test runs.
TEST(Forward, ABudgetThatIsUsedUpIsA429WithTheTimeToWait) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()}, {}, with_budget(1000));
  Connection client = router.connect();
  client.send(asking_for(900));
  EXPECT_EQ(client.receive_message().status(), 200);
  (void)router.record();
  client.send(asking_for(400));
  auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 429);
  EXPECT_THAT(answer.body, HasSubstr("\"type\":\"tokens\",\"param\":null,\"code\":\"rate_limit_exceeded\""));
  EXPECT_THAT(answer.header("retry-after"), testing::AnyOf("18", "17", "16")) << "300 of 1000 a minute are missing";
  EXPECT_EQ(answer.header("x-pathwise-site"), "");
  EXPECT_EQ(router.record().outcome, select::Outcome::kClientError);
  client.send(asking_for(5000));
  answer = client.receive_message();
  EXPECT_EQ(answer.status(), 429);
  EXPECT_EQ(answer.header("retry-after"), "") << "it would never be paid";
  client.send(asking_for(50));
  EXPECT_EQ(client.receive_message().status(), 200) << "what was refused was not charged";
}

TEST(Forward, WhatWasUsedIsCharged) {
  std::atomic<int> served{0};
  ScriptedServer runtime([&](Connection& connection) {
    while (connection.receive_message().ok()) {
      // The first uses little of what it asked for, the second is refused, the third uses more than that.
      const int n = ++served;
      const std::string body =
          formatted(R"({{"usage":{{"prompt_tokens":10,"completion_tokens":{}}}}})", n == 1 ? 0 : 990);
      connection.send(formatted("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", n == 2 ? "400 Bad Request" : "200 OK",
                                body.size(), body));
    }
  });
  Harness router({runtime.port()}, {}, with_budget(1000));
  Connection client = router.connect();
  for (const int status : {200, 400, 200}) {
    client.send(asking_for(950));
    EXPECT_EQ(client.receive_message().status(), status);
    EXPECT_EQ(router.record().status, status);
  }
  client.send(asking_for(20));
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 429);
  EXPECT_THAT(answer.header("retry-after"), testing::AnyOf("2", "1")) << "20 more than the 10 below zero";
}

}  // namespace
}  // namespace pathwise::router::forward
