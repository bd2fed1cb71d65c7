// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/runtime/vllm.h"

namespace pathwise::router::runtime {
namespace {

// As vLLM 0.10 writes it (lines that matter, and some around them).
constexpr std::string_view kPage = R"(# HELP python_gc_objects_collected_total Objects collected during gc
# TYPE python_gc_objects_collected_total counter
python_gc_objects_collected_total{generation="0"} 10213.0
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="llama-70b"} 7.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="llama-70b"} 3.0
vllm:kv_cache_usage_perc{engine="0",model_name="llama-70b"} 0.4375
vllm:prefix_cache_queries_total{engine="0",model_name="llama-70b"} 1200.0
vllm:prefix_cache_hits_total{engine="0",model_name="llama-70b"} 900.0
vllm:prompt_tokens_total{engine="0",model_name="llama-70b"} 1.5e+06
vllm:inter_token_latency_seconds_bucket{engine="0",le="0.01",model_name="llama-70b"} 5.0
vllm:inter_token_latency_seconds_count{engine="0",model_name="llama-70b"} 4000.0
vllm:inter_token_latency_seconds_sum{engine="0",model_name="llama-70b"} 84.0
vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",num_gpu_blocks="4096"} 1.0
vllm:lora_requests_info{max_lora="4",running_lora_adapters="old",waiting_lora_adapters=""} 1.7e+09
vllm:lora_requests_info{max_lora="4",running_lora_adapters="sql,tone",waiting_lora_adapters="legal"} 1.8e+09
)";

TEST(VllmMetrics, ReadsARecordedPage) {
  const auto metrics = parse_vllm_metrics(kPage);
  ASSERT_TRUE(metrics.has_value());
  EXPECT_EQ(metrics->running, 7);
  EXPECT_EQ(metrics->waiting, 3);
  EXPECT_DOUBLE_EQ(metrics->kv_used, 0.4375);
  EXPECT_DOUBLE_EQ(metrics->itl_sum / metrics->itl_count, 0.021);
  EXPECT_EQ(metrics->prompt_tokens, 1.5e6);
  EXPECT_EQ(metrics->prefix_hits, 900);
  EXPECT_EQ(metrics->block_size, 16u);
  EXPECT_EQ(metrics->gpu_blocks, 4096u);
  EXPECT_EQ(metrics->max_lora, 4u);
  EXPECT_THAT(metrics->running_adapters, testing::ElementsAre("sql", "tone")) << "the newest series";
  EXPECT_THAT(metrics->waiting_adapters, testing::ElementsAre("legal"));
}

TEST(VllmMetrics, EnginesAddUpAndOldNamesCount) {
  const auto metrics = parse_vllm_metrics(
      "vllm:num_requests_running{engine=\"0\"} 2\nvllm:num_requests_running{engine=\"1\"} 5\n"
      "vllm:num_requests_waiting 1\nvllm:gpu_cache_usage_perc 0.9\n"
      "vllm:time_per_output_token_seconds_sum 3\nvllm:time_per_output_token_seconds_count 100\n");
  ASSERT_TRUE(metrics.has_value());
  EXPECT_EQ(metrics->running, 7);
  EXPECT_DOUBLE_EQ(metrics->kv_used, 0.9);
  EXPECT_EQ(metrics->itl_count, 100);
}

TEST(VllmMetrics, ABadPageNeverReadsAsIdle) {
  EXPECT_FALSE(parse_vllm_metrics("").has_value());
  EXPECT_FALSE(parse_vllm_metrics("<html>busy</html>").has_value());
  EXPECT_FALSE(parse_vllm_metrics("vllm:num_requests_running 1\n").has_value());
  EXPECT_FALSE(parse_vllm_metrics("vllm:num_requests_running NaN\nvllm:num_requests_waiting 0\n").has_value());
  EXPECT_FALSE(parse_vllm_metrics("vllm:requests_running 1\nvllm:requests_waiting 0\n").has_value());
}

TEST(VllmMetrics, GarbageLinesAreSkipped) {
  const auto metrics = parse_vllm_metrics(
      "vllm:num_requests_running{a=\"} 9\nvllm:num_requests_running{a=\"x\\\"}\"} 2 1700000000\n"
      "vllm:num_requests_waiting{} -4\nvllm:kv_cache_usage_perc 17\n{\nvllm:\n");
  ASSERT_TRUE(metrics.has_value());
  EXPECT_EQ(metrics->running, 2);
  EXPECT_EQ(metrics->waiting, 0) << "less than nothing is nothing";
  EXPECT_EQ(metrics->kv_used, 1);
}

TEST(Models, KnowsAdaptersAndContext) {
  const auto models = parse_models(R"({"object":"list","data":[{"id":"llama-70b","parent":null,"max_model_len":8192},)"
                                   R"({"id":"sql","parent":"llama-70b"},{"no":"id"},7]})");
  ASSERT_TRUE(models.has_value());
  EXPECT_THAT(*models, testing::ElementsAre(ServedModel{"llama-70b", "", 8192}, ServedModel{"sql", "llama-70b", 0}));
  EXPECT_FALSE(parse_models("[]").has_value());
  EXPECT_FALSE(parse_models("no").has_value());
}

}  // namespace
}  // namespace pathwise::router::runtime
