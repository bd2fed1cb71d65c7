// SPDX-License-Identifier: Apache-2.0
// What vLLM says of itself: /metrics (Prometheus text, vllm/v1/metrics/loggers.py) and /v1/models.
// Readers are pure and never fail on a line they do not understand; a page without the two figures
// that matter is an error, so that a broken scrape never reads as idle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pathwise::router::runtime {

struct VllmMetrics {
  double running = 0;                 // vllm:num_requests_running
  double waiting = 0;                 // vllm:num_requests_waiting
  double kv_used = 0;                 // vllm:kv_cache_usage_perc (before v1: gpu_cache_usage_perc), 0..1
  double itl_sum = 0, itl_count = 0;  // vllm:inter_token_latency_seconds, or time_per_output_token_seconds
  double prompt_tokens = 0;           // vllm:prompt_tokens_total
  double prefix_queries = 0, prefix_hits = 0;
  std::uint32_t block_size = 0, gpu_blocks = 0;  // vllm:cache_config_info
  std::uint32_t max_lora = 0;                    // vllm:lora_requests_info, the newest series
  std::vector<std::string> running_adapters, waiting_adapters;
};
// kInvalidArgument: not a vLLM page (no running or waiting figure, or one that is not a number).
[[nodiscard]] Result<VllmMetrics> parse_vllm_metrics(std::string_view page);

struct ServedModel {
  std::string id;
  std::string parent;                // set: an adapter of that base model
  std::uint32_t context_tokens = 0;  // max_model_len; 0: not said
  friend bool operator==(const ServedModel&, const ServedModel&) = default;
};
[[nodiscard]] Result<std::vector<ServedModel>> parse_models(std::string_view body);

}  // namespace pathwise::router::runtime
