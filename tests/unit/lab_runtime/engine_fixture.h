// SPDX-License-Identifier: Apache-2.0
// A BatchEngine in virtual time with round figures: 1,000 prompt tokens a second (1 ms each),
// 10 ms + 1 ms per sequence a decode step, blocks of 10 tokens.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "lab/runtime/batch_engine.h"
#include "lab/runtime/text.h"

namespace pathwise::lab {

using std::chrono::milliseconds;

inline constexpr SteadyTime kStart{std::chrono::hours{1}};
[[nodiscard]] inline SteadyTime at(std::int64_t ms) {
  return kStart + milliseconds(ms);
}

[[nodiscard]] inline EngineConfig small_engine() {
  return {.max_model_len = 1000,
          .prefill_tokens_per_second = 1000,
          .inter_token_base = milliseconds(10),
          .inter_token_per_sequence = milliseconds(1),
          .max_num_seqs = 4,
          .max_num_batched_tokens = 100,
          .kv_blocks = 100,
          .block_size = 10,
          .queue_limit = 4,
          .lora = {.max = 0, .load_time = milliseconds(500), .adapters = {}}};
}

// Hashes of `tokens` tokens of the text that grows from `seed`.
[[nodiscard]] inline std::vector<BlockHash> hashes_of(std::uint64_t seed, std::uint32_t tokens) {
  std::vector<TokenHash> text(tokens);
  for (std::uint32_t i = 0; i < tokens; ++i) text[i] = mix(seed, i);
  return chain_block_hashes(text, small_engine().block_size, 0);
}

[[nodiscard]] inline SequenceRequest request(std::uint32_t prompt, std::uint32_t output, std::uint64_t seed = 0) {
  SequenceRequest wanted{.prompt_tokens = prompt, .output_tokens = output};
  if (seed != 0) wanted.block_hashes = hashes_of(seed, prompt + output);
  return wanted;
}

// Everything until nothing can happen any more; time does not matter to the engine.
[[nodiscard]] inline std::vector<TokenEvent> run_dry(BatchEngine& engine) {
  std::vector<TokenEvent> events;
  while (const auto next = engine.next_event_time()) engine.advance(*next, events);
  return events;
}

[[nodiscard]] inline std::map<SequenceId, std::vector<TokenEvent>> by_sequence(const std::vector<TokenEvent>& events) {
  std::map<SequenceId, std::vector<TokenEvent>> sequences;
  for (const TokenEvent& event : events) sequences[event.id].push_back(event);
  return sequences;
}

}  // namespace pathwise::lab
