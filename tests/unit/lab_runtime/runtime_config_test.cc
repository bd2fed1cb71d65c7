// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/runtime_config.h"

#include <gmock/gmock.h>

namespace pathwise::lab {
namespace {

using testing::HasSubstr;

TEST(RuntimeConfig, TheExampleIsValidAndShowsTheDefaults) {
  const auto example = read_runtime_config_file(std::string(PATHWISE_SOURCE_DIR) + "/lab/runtime/example.yaml");
  ASSERT_TRUE(example) << example.error().message;
  const RuntimeConfig defaults;
  EXPECT_EQ(example->models, (std::vector{ModelName("llama-8b"), ModelName("llama-8b-chat")}));
  EXPECT_EQ(example->listen.port, defaults.listen.port);
  EXPECT_EQ(example->engine.max_model_len, defaults.engine.max_model_len);
  EXPECT_EQ(example->engine.prefill_tokens_per_second, defaults.engine.prefill_tokens_per_second);
  EXPECT_EQ(example->engine.inter_token_base, defaults.engine.inter_token_base);
  EXPECT_EQ(example->engine.inter_token_per_sequence, defaults.engine.inter_token_per_sequence);
  EXPECT_EQ(example->engine.max_num_seqs, defaults.engine.max_num_seqs);
  EXPECT_EQ(example->engine.max_num_batched_tokens, defaults.engine.max_num_batched_tokens);
  EXPECT_EQ(example->engine.kv_blocks, defaults.engine.kv_blocks);
  EXPECT_EQ(example->engine.block_size, defaults.engine.block_size);
  EXPECT_EQ(example->engine.queue_limit, defaults.engine.queue_limit);
  EXPECT_EQ(example->engine.lora.load_time, defaults.engine.lora.load_time);
  EXPECT_EQ(example->output_tokens.min, defaults.output_tokens.min);
  EXPECT_EQ(example->output_tokens.max, defaults.output_tokens.max);
  EXPECT_EQ(example->bytes_per_token, defaults.bytes_per_token);
  EXPECT_EQ(example->seed, defaults.seed);
  EXPECT_EQ(example->max_connections, defaults.max_connections);
}

std::string problem(std::string_view text) {
  const auto config = read_runtime_config_text(text, "sim.yaml");
  EXPECT_FALSE(config);
  return config ? "" : config.error().message;
}

TEST(RuntimeConfig, MistakesAreNamedWithTheirPlace) {
  EXPECT_THAT(problem("listen: \"[::]:8000\"\n"), HasSubstr("models"));
  EXPECT_THAT(problem("models: [m]\nmax_num_seq: 3\n"), HasSubstr("sim.yaml:2:1"));
  EXPECT_THAT(problem("models: [m]\ninter_token_latency: {base: 12}\n"), HasSubstr("sim.yaml:2:"));
  EXPECT_THAT(problem("models: []\n"), HasSubstr("models is empty"));
  EXPECT_THAT(problem("models: [m, m]\n"), HasSubstr("m is given twice"));
  EXPECT_THAT(problem("models: [m]\nlora: {max: 1, adapters: [m]}\n"), HasSubstr("m is given twice"));
  EXPECT_THAT(problem("models: [m]\nlora: {adapters: [x]}\n"), HasSubstr("lora.max"));
  EXPECT_THAT(problem("models: [m]\nkv_cache: {blocks: 10}\n"), HasSubstr("max_model_len is 8192"));
  EXPECT_THAT(problem("models: [m]\nkv_cache: {blocks: 4294967295, block_size: 16}\n"),
              HasSubstr("sim.yaml:2:20: kv_cache.blocks is 4294967295; at most 1048576 are possible"));
  EXPECT_TRUE(read_runtime_config_text("models: [m]\nkv_cache: {blocks: 1048576}\n", "sim.yaml"));
  EXPECT_THAT(problem("models: [m]\nbytes_per_token: 1\n"), HasSubstr("2 to 16"));
  EXPECT_THAT(problem("models: [m]\noutput_tokens: {min: 5, max: 4}\n"), HasSubstr("min is 5 and max 4"));
  EXPECT_THAT(problem("models: [m]\nlisten: unix:/run/x.sock\n"), HasSubstr("an address and a port"));
}

TEST(RuntimeConfig, AllMistakesAreReportedAtOnce) {
  const std::string text = problem("models: [m]\nbytes_per_token: 1\nwhat: 3\noutput_tokens: {min: 0}\n");
  EXPECT_THAT(text, HasSubstr("bytes_per_token"));
  EXPECT_THAT(text, HasSubstr("what"));
  EXPECT_THAT(text, HasSubstr("output_tokens"));
}

}  // namespace
}  // namespace pathwise::lab
