// SPDX-License-Identifier: Apache-2.0
#include "engine_fixture.h"

namespace pathwise::lab {
namespace {

TEST(Engine, PrefillTakesItsTimeAtTheTokenRate) {
  BatchEngine engine(small_engine());
  ASSERT_TRUE(engine.submit(request(250, 1), at(0)));
  const auto events = run_dry(engine);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].at, at(250)) << "250 tokens at 1,000 a second, in chunks of 100";
  EXPECT_TRUE(events[0].last);
  EXPECT_EQ(engine.stats().prompt_tokens, 250U);
}

TEST(Engine, DecodesOneTokenAStep) {
  BatchEngine engine(small_engine());
  ASSERT_TRUE(engine.submit(request(50, 4), at(0)));
  const auto events = run_dry(engine);
  ASSERT_EQ(events.size(), 4U);
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(events[i].index, i);
    EXPECT_EQ(events[i].at, at(50 + 11 * i));
    EXPECT_EQ(events[i].last, i == 3);
  }
  EXPECT_EQ(engine.stats().generation_tokens, 4U);
  EXPECT_EQ(engine.stats().finished, 1U);
}

TEST(Engine, InterTokenLatencyGrowsWithTheBatch) {
  const auto gap = [](std::uint32_t sequences) {
    BatchEngine engine(small_engine());
    for (std::uint32_t i = 0; i < sequences; ++i) EXPECT_TRUE(engine.submit(request(10, 20), at(0)));
    const auto first = by_sequence(run_dry(engine)).begin()->second;
    return first[19].at - first[18].at;
  };
  EXPECT_EQ(gap(1), milliseconds(11));
  EXPECT_EQ(gap(2), milliseconds(12));
  EXPECT_EQ(gap(4), milliseconds(14));
}

TEST(Engine, PrefillSlowsTheDecodingThatSharesItsSteps) {
  BatchEngine engine(small_engine());
  const auto decoding = engine.submit(request(10, 10), at(0)).value();
  std::vector<TokenEvent> events;
  engine.advance(at(10), events);  // its first token; the first decode step ends at 21
  const auto prefilling = engine.submit(request(150, 1), at(12)).value();
  const auto rest = by_sequence(run_dry(engine));
  // 21 → 99 prompt tokens and one decoding (110 ms) → 51 tokens and one decoding (62 ms).
  EXPECT_EQ(rest.at(decoding)[0].at, at(21));
  EXPECT_EQ(rest.at(decoding)[1].at, at(21 + 110));
  EXPECT_EQ(rest.at(decoding)[2].at, at(21 + 110 + 62));
  EXPECT_EQ(rest.at(prefilling)[0].at, at(21 + 110 + 62));
  EXPECT_EQ(rest.at(decoding)[3].at, at(21 + 110 + 62 + 11)) << "alone again";
}

TEST(Engine, ArrivalsDuringAStepWaitForItsEnd) {
  BatchEngine engine(small_engine());
  ASSERT_TRUE(engine.submit(request(50, 1), at(0)));
  const auto second = engine.submit(request(10, 1), at(1)).value();
  EXPECT_EQ(engine.stats().waiting, 1U);
  const auto events = by_sequence(run_dry(engine));
  EXPECT_EQ(events.at(second)[0].admitted, at(50));
  EXPECT_EQ(events.at(second)[0].at, at(60));
}

TEST(Engine, ACachedPrefixShortensPrefillAndIsCounted) {
  BatchEngine engine(small_engine());
  ASSERT_TRUE(engine.submit(request(100, 1, 7), at(0)));
  EXPECT_EQ(run_dry(engine)[0].cached_tokens, 0U);
  ASSERT_TRUE(engine.submit(request(100, 1, 7), at(1000)));
  const auto events = run_dry(engine);
  EXPECT_EQ(events[0].cached_tokens, 90U) << "the last token is always computed, so nine blocks of ten";
  EXPECT_EQ(events[0].at, at(1010));
  EXPECT_EQ(engine.stats().prefix_queries, 200U);
  EXPECT_EQ(engine.stats().prefix_hits, 90U);
}

TEST(Engine, GeneratedTokensAreCachedForTheNextTurn) {
  BatchEngine engine(small_engine());
  ASSERT_TRUE(engine.submit(request(30, 31, 7), at(0)));
  (void)run_dry(engine);
  // The next turn: the same 61 tokens and 39 more.
  ASSERT_TRUE(engine.submit(request(100, 1, 7), at(1000)));
  EXPECT_EQ(run_dry(engine)[0].cached_tokens, 60U);
}

TEST(Engine, DifferentPromptsShareNothing) {
  BatchEngine engine(small_engine());
  ASSERT_TRUE(engine.submit(request(100, 1, 7), at(0)));
  (void)run_dry(engine);
  ASSERT_TRUE(engine.submit(request(100, 1, 8), at(1000)));
  EXPECT_EQ(run_dry(engine)[0].cached_tokens, 0U);
}

TEST(Engine, OldPrefixesAreEvictedWhenTheCacheIsFull) {
  EngineConfig config = small_engine();
  config.max_model_len = 300;
  config.kv_blocks = 30;
  BatchEngine engine(config);
  ASSERT_TRUE(engine.submit(request(150, 1, 1), at(0)));
  (void)run_dry(engine);
  ASSERT_TRUE(engine.submit(request(290, 1, 2), at(1000)));  // takes 29 of 30 blocks
  (void)run_dry(engine);
  ASSERT_TRUE(engine.submit(request(150, 1, 1), at(2000)));
  EXPECT_LE(run_dry(engine)[0].cached_tokens, 10U);
}

TEST(Engine, RefusesWhenTheQueueIsFull) {
  BatchEngine engine(small_engine());  // 4 places in the batch, 4 in the queue
  std::vector<SequenceId> accepted;
  for (int i = 0; i < 8; ++i) accepted.push_back(engine.submit(request(10, 50), at(0)).value());
  const auto refused = engine.submit(request(10, 50), at(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(engine.stats().refused, 1U);
  ASSERT_TRUE(engine.cancel(accepted[7], at(1)));
  EXPECT_TRUE(engine.submit(request(10, 50), at(1))) << "a place is free again";
  EXPECT_EQ(by_sequence(run_dry(engine)).size(), 8U) << "all but the cancelled one ran";
}

TEST(Engine, RefusesWhatCanNeverFit) {
  BatchEngine engine(small_engine());
  EXPECT_EQ(engine.submit(request(1000, 1), at(0)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(engine.submit(request(0, 1), at(0)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(engine.submit(request(1, 0), at(0)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(engine.submit(request(999, 1), at(0)));
}

TEST(Engine, CancelFreesBlocksAndPlaceAtOnce) {
  BatchEngine engine(small_engine());
  const auto running = engine.submit(request(95, 50), at(0)).value();
  std::vector<TokenEvent> events;
  engine.advance(at(100), events);
  EXPECT_EQ(engine.stats().running, 1U);
  EXPECT_EQ(engine.stats().kv_blocks_used, 10U);
  EXPECT_TRUE(engine.cancel(running, at(103)));
  EXPECT_EQ(engine.stats().running, 0U);
  EXPECT_EQ(engine.stats().kv_blocks_used, 0U);
  EXPECT_FALSE(engine.cancel(running, at(103))) << "it has ended";
  EXPECT_TRUE(run_dry(engine).empty());
}

TEST(Engine, PreemptsTheYoungestWhenBlocksRunOutAndLosesNoToken) {
  EngineConfig config = small_engine();
  config.max_model_len = 200;
  config.kv_blocks = 20;
  BatchEngine engine(config);
  const auto older = engine.submit(request(90, 100, 1), at(0)).value();
  const auto younger = engine.submit(request(90, 100, 2), at(0)).value();
  const auto events = by_sequence(run_dry(engine));
  EXPECT_GT(engine.stats().preemptions, 0U);
  for (const SequenceId id : {older, younger}) {
    ASSERT_EQ(events.at(id).size(), 100U);
    for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(events.at(id)[i].index, i);
  }
  EXPECT_LT(events.at(older).back().at, events.at(younger).back().at);
  EXPECT_EQ(engine.stats().kv_blocks_used, 0U);
}

TEST(Engine, LateCallsGetTheTimesAtWhichThingsHappened) {
  BatchEngine prompt_caller(small_engine());
  BatchEngine late_caller(small_engine());
  for (BatchEngine* engine : {&prompt_caller, &late_caller}) {
    ASSERT_TRUE(engine->submit(request(120, 30), at(0)));
    ASSERT_TRUE(engine->submit(request(40, 10), at(5)));
  }
  std::vector<TokenEvent> late;
  late_caller.advance(at(100'000), late);
  EXPECT_EQ(run_dry(prompt_caller), late);
}

TEST(Engine, ASubmitBetweenStepsDoesNotReachIntoThePast) {
  BatchEngine engine(small_engine());
  ASSERT_TRUE(engine.submit(request(50, 3), at(0)));
  // Nobody advanced the engine: it is idle since 72.
  const auto second = engine.submit(request(10, 1), at(500)).value();
  const auto events = by_sequence(run_dry(engine));
  EXPECT_EQ(events.at(second)[0].at, at(510));
  EXPECT_EQ(events.begin()->second.size(), 3U) << "what happened meanwhile was kept";
}

TEST(Engine, ValidationNamesWhatIsWrong) {
  EngineConfig config = small_engine();
  EXPECT_TRUE(validate(config));
  config.kv_blocks = 99;
  EXPECT_NE(validate(config).error().message.find("max_model_len is 1000"), std::string::npos);
  config = small_engine();
  config.max_num_batched_tokens = config.max_num_seqs;
  EXPECT_NE(validate(config).error().message.find("max_num_batched_tokens"), std::string::npos);
  config = small_engine();
  config.prefill_tokens_per_second = 0;
  EXPECT_NE(validate(config).error().message.find("prefill_tokens_per_second"), std::string::npos);
}

}  // namespace
}  // namespace pathwise::lab
