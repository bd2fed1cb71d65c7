// SPDX-License-Identifier: Apache-2.0
// The /metrics page of vLLM (V1 engine): its names, labels and histogram buckets, in Prometheus'
// text format 0.0.4. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lab/runtime/batch_engine.h"
#include "lab/runtime/runtime_config.h"

namespace pathwise::lab {

// Observations in seconds, counted by upper bound.
class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}
  void observe(Seconds value);
  void render(std::string_view name, std::string_view labels, std::string& out) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;  // not cumulative; the last is above every bound
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

// What the engine's statistics do not tell.
struct RequestMetrics {
  RequestMetrics();
  Histogram time_to_first_token;
  Histogram inter_token_latency;
  Histogram e2e_request_latency;
  Histogram request_queue_time;
  std::map<std::string, std::uint64_t> finished{{"abort", 0}, {"length", 0}, {"stop", 0}};  // by finished_reason
};

// `wall_now`: seconds since 1970, the value of vllm:lora_requests_info.
[[nodiscard]] std::string render_metrics(const RuntimeConfig& config, const BatchEngine& engine,
                                         const RequestMetrics& requests, double wall_now);

}  // namespace pathwise::lab
