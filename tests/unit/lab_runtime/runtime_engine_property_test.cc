// SPDX-License-Identifier: Apache-2.0
// Random loads with random cancellations: whatever happens, tokens come in order and once, the stated
// limits hold at every moment, everything ends, and nothing stays behind.
#include "base/random.h"
#include "engine_fixture.h"

namespace pathwise::lab {
namespace {

struct Expected {
  std::uint32_t output = 0;
  std::uint32_t seen = 0;
  bool cancelled = false;
  SteadyTime last;
};

class RandomLoad {
 public:
  explicit RandomLoad(std::uint64_t seed) : random_(seed), engine_(config(random_)) {}

  void run(int actions) {
    for (int i = 0; i < actions && !::testing::Test::HasFatalFailure(); ++i) {
      now_ += std::chrono::microseconds(random_.below(20'000));
      switch (random_.below(4)) {
        case 0:
        case 1:
          submit();
          break;
        case 2:
          advance();
          break;
        default:
          cancel_one();
          break;
      }
      check_limits();
    }
    while (const auto next = engine_.next_event_time()) {
      now_ = std::max(now_, *next);
      advance();
      check_limits();
    }
    check_end();
  }

 private:
  static EngineConfig config(Random& random) {
    EngineConfig config = small_engine();
    config.max_model_len = 200;
    config.kv_blocks = static_cast<std::uint32_t>(20 + random.below(20));
    config.max_num_seqs = static_cast<std::uint32_t>(1 + random.below(6));
    config.max_num_batched_tokens = static_cast<std::uint32_t>(8 + random.below(100));
    config.queue_limit = static_cast<std::uint32_t>(random.below(6));
    config.lora = {.max = 2,
                   .load_time = milliseconds(random.below(50)),
                   .adapters = {AdapterName("a"), AdapterName("b"), AdapterName("c")}};
    return config;
  }

  void submit() {
    const auto prompt = static_cast<std::uint32_t>(1 + random_.below(120));
    const auto output = static_cast<std::uint32_t>(1 + random_.below(80));
    SequenceRequest wanted = request(prompt, output, 1 + random_.below(5));
    if (const auto adapter = random_.below(6); adapter < 3) {
      wanted.adapter = AdapterName(std::string(1, static_cast<char>('a' + adapter)));
    }
    const auto id = engine_.submit(std::move(wanted), now_);
    if (id) {
      sequences_[*id] = {.output = output, .last = now_};
      prompt_tokens_ += prompt;
    } else {
      EXPECT_EQ(id.error().code, ErrorCode::kResourceExhausted);
      ++refused_;
    }
  }

  void advance() {
    std::vector<TokenEvent> events;
    engine_.advance(now_, events);
    for (const TokenEvent& event : events) {
      Expected& sequence = sequences_.at(event.id);
      if (sequence.cancelled) {
        ASSERT_LE(event.at, sequence.last) << "a token after cancel()";
      } else {
        ASSERT_GE(event.at, sequence.last);
        sequence.last = event.at;
      }
      ASSERT_EQ(event.index, sequence.seen++) << "lost, repeated or out of order";
      ASSERT_LE(event.at, now_);
      ASSERT_EQ(event.last, sequence.seen == sequence.output);
    }
  }

  void cancel_one() {
    if (sequences_.empty()) return;
    auto chosen = std::next(sequences_.begin(), static_cast<std::ptrdiff_t>(random_.below(sequences_.size())));
    if (!engine_.cancel(chosen->first, now_)) return;
    chosen->second.cancelled = true;
    chosen->second.last = now_;
    ++cancelled_;
  }

  void check_limits() {
    const EngineStats stats = engine_.stats();
    const EngineConfig& config = engine_.config();
    ASSERT_LE(stats.running, config.max_num_seqs);
    ASSERT_LE(stats.waiting, config.queue_limit + config.max_num_seqs);
    ASSERT_LE(stats.kv_blocks_used, stats.kv_blocks);
    ASSERT_LE(stats.prefix_hits, stats.prefix_queries);
    if (stats.running == 0) {
      ASSERT_EQ(stats.kv_blocks_used, 0U);
    }
  }

  void check_end() {
    const EngineStats stats = engine_.stats();
    EXPECT_EQ(stats.waiting, 0U);
    EXPECT_EQ(stats.running, 0U);
    EXPECT_EQ(stats.kv_blocks_used, 0U) << "every block is free at the end";
    EXPECT_EQ(stats.cancelled, cancelled_);
    EXPECT_EQ(stats.refused, refused_);
    EXPECT_EQ(stats.finished + cancelled_, sequences_.size());
    EXPECT_LE(stats.prompt_tokens, prompt_tokens_);
    std::uint64_t tokens = 0;
    for (const auto& [id, sequence] : sequences_) {
      tokens += sequence.seen;
      if (!sequence.cancelled) {
        EXPECT_EQ(sequence.seen, sequence.output);
      }
    }
    EXPECT_EQ(stats.generation_tokens, tokens);
  }

  Random random_;
  BatchEngine engine_;
  SteadyTime now_ = kStart;
  std::map<SequenceId, Expected> sequences_;
  std::uint64_t cancelled_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t prompt_tokens_ = 0;
};

TEST(EngineProperty, HoldsUnderRandomLoads) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomLoad(seed).run(300);
    if (HasFailure()) break;
  }
}

TEST(EngineProperty, TheSameCallsGiveTheSameEvents) {
  const auto play = [] {
    BatchEngine engine(small_engine());
    Random random(99);
    std::vector<TokenEvent> events;
    SteadyTime now = kStart;
    for (int i = 0; i < 500; ++i) {
      now += std::chrono::microseconds(random.below(30'000));
      (void)engine.submit(request(static_cast<std::uint32_t>(1 + random.below(200)), 20, 1 + random.below(9)), now);
      engine.advance(now, events);
    }
    return events;
  };
  const auto first = play();
  EXPECT_GT(first.size(), 1000U);
  EXPECT_EQ(first, play());
}

}  // namespace
}  // namespace pathwise::lab
