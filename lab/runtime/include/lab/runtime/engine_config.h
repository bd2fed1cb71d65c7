// SPDX-License-Identifier: Apache-2.0
// What one simulated inference engine can do: the figures a real one would get from its model and
// its GPUs. Value; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/units.h"

namespace pathwise::lab {

struct LoraConfig {
  std::uint32_t max = 0;              // adapters resident at one time (vLLM --max-loras); 0: no LoRA
  Microseconds load_time{1'500'000};  // to bring one adapter into a slot
  std::vector<AdapterName> adapters;  // known at start
};

struct EngineConfig {
  std::uint32_t max_model_len = 8192;              // tokens, prompt and output together
  std::uint32_t prefill_tokens_per_second = 8000;  // prompt tokens computed a second when nothing else runs
  Microseconds inter_token_base{12'000};           // a decode step's time, whatever the batch
  Microseconds inter_token_per_sequence{300};      // what each decoding sequence adds to the step
  std::uint32_t max_num_seqs = 64;                 // sequences in the batch
  std::uint32_t max_num_batched_tokens = 2048;     // tokens in one step: bounds a prefill chunk
  std::uint32_t kv_blocks = 4096;                  // KV cache, blocks
  std::uint32_t block_size = 16;                   // tokens in a KV block
  std::uint32_t queue_limit = 128;                 // requests that may wait for a place in the batch
  LoraConfig lora;
};

// kInvalidArgument naming the first setting that could never serve a request.
[[nodiscard]] Result<void> validate(const EngineConfig& config);

}  // namespace pathwise::lab
