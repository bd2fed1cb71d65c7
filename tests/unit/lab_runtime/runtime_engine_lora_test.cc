// SPDX-License-Identifier: Apache-2.0
#include "engine_fixture.h"

namespace pathwise::lab {
namespace {

EngineConfig with_adapters(std::uint32_t slots) {
  EngineConfig config = small_engine();
  config.lora = {
      .max = slots, .load_time = milliseconds(500), .adapters = {AdapterName("a"), AdapterName("b"), AdapterName("c")}};
  return config;
}

SequenceRequest for_adapter(const char* name, std::uint32_t output = 1) {
  SequenceRequest wanted = request(10, output);
  wanted.adapter = AdapterName(name);
  return wanted;
}

TEST(EngineLora, TheFirstRequestPaysForTheLoad) {
  BatchEngine engine(with_adapters(2));
  ASSERT_TRUE(engine.submit(for_adapter("a"), at(0)));
  EXPECT_EQ(engine.waiting_adapters(), std::vector{AdapterName("a")});
  EXPECT_EQ(run_dry(engine)[0].at, at(510));
  ASSERT_TRUE(engine.submit(for_adapter("a"), at(1000)));
  EXPECT_EQ(run_dry(engine)[0].at, at(1010)) << "it is resident now";
  EXPECT_EQ(engine.lora().loads(), 1U);
}

TEST(EngineLora, OthersPassARequestWhoseAdapterLoads) {
  BatchEngine engine(with_adapters(2));
  const auto adapted = engine.submit(for_adapter("a"), at(0)).value();
  const auto plain = engine.submit(request(10, 1), at(0)).value();
  const auto events = by_sequence(run_dry(engine));
  EXPECT_EQ(events.at(plain)[0].at, at(10));
  EXPECT_EQ(events.at(adapted)[0].at, at(510));
}

TEST(EngineLora, TheLeastRecentlyUsedMakesRoom) {
  BatchEngine engine(with_adapters(2));
  ASSERT_TRUE(engine.submit(for_adapter("a"), at(0)));
  (void)run_dry(engine);
  ASSERT_TRUE(engine.submit(for_adapter("b"), at(1000)));
  (void)run_dry(engine);
  ASSERT_TRUE(engine.submit(for_adapter("a"), at(2000)));
  (void)run_dry(engine);
  ASSERT_TRUE(engine.submit(for_adapter("c"), at(3000)));
  EXPECT_EQ(run_dry(engine)[0].at, at(3510));
  EXPECT_EQ(engine.lora().resident(at(4000)), (std::vector{AdapterName("a"), AdapterName("c")}));
}

TEST(EngineLora, AnAdapterInUseIsNotReplaced) {
  BatchEngine engine(with_adapters(1));
  const auto first = engine.submit(for_adapter("a", 100), at(0)).value();
  std::vector<TokenEvent> events;
  engine.advance(at(520), events);
  EXPECT_EQ(engine.running_adapters(), std::vector{AdapterName("a")});
  const auto second = engine.submit(for_adapter("b"), at(521)).value();
  EXPECT_EQ(engine.waiting_adapters(), std::vector{AdapterName("b")});
  const auto rest = by_sequence(run_dry(engine));
  EXPECT_EQ(rest.at(second)[0].at, rest.at(first).back().at + milliseconds(510));
}

TEST(EngineLora, UnknownAdaptersAreRefusedUntilAdded) {
  BatchEngine engine(with_adapters(1));
  EXPECT_EQ(engine.submit(for_adapter("new"), at(0)).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(engine.add_adapter(AdapterName("new")));
  EXPECT_EQ(engine.add_adapter(AdapterName("new")).error().code, ErrorCode::kAlreadyExists);
  EXPECT_TRUE(engine.submit(for_adapter("new"), at(0)));
  ASSERT_TRUE(engine.remove_adapter(AdapterName("new")));
  EXPECT_EQ(engine.remove_adapter(AdapterName("new")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(run_dry(engine).size(), 1U) << "what was accepted still runs";
  BatchEngine without(small_engine());
  EXPECT_EQ(without.add_adapter(AdapterName("new")).error().code, ErrorCode::kFailedPrecondition);
}

TEST(EngineLora, CancellingTheOnlyRequestOfALoadLeavesTheEngineIdle) {
  BatchEngine engine(with_adapters(1));
  const auto id = engine.submit(for_adapter("a"), at(0)).value();
  EXPECT_EQ(engine.next_event_time(), at(500));
  ASSERT_TRUE(engine.cancel(id, at(100)));
  EXPECT_FALSE(engine.next_event_time().has_value());
  ASSERT_TRUE(engine.submit(for_adapter("a"), at(200)));
  EXPECT_EQ(run_dry(engine)[0].at, at(510)) << "the load went on meanwhile";
}

}  // namespace
}  // namespace pathwise::lab
