// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/metrics.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"

namespace pathwise::lab {
namespace {

// vllm/v1/metrics/loggers.py.
constexpr double kTtftBounds[] = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,  0.25,  0.5,   0.75,
                                  1.0,   2.5,   5.0,  7.5,  10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0};
constexpr double kItlBounds[] = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,  0.3,  0.4, 0.5,
                                 0.75, 1.0,   2.5,  5.0,   7.5, 10.0, 20.0, 40.0, 80.0};
constexpr double kRequestBounds[] = {0.3,  0.5,  0.8,  1.0,  1.5,   2.0,   2.5,   5.0,   10.0,   15.0,  20.0,
                                     30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0};

void help(std::string& out, std::string_view name, std::string_view type, std::string_view text) {
  append_formatted(out, "# HELP {} {}\n# TYPE {} {}\n", name, text, name, type);
}

void sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  append_formatted(out, "{}{{{}}} {}\n", name, labels, value);
}

// Backslash, quote and newline are escaped in label values.
std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string joined(const std::vector<AdapterName>& adapters) {
  std::string out;
  for (const AdapterName& adapter : adapters) out += (out.empty() ? "" : ",") + label_value(adapter.str());
  return out;
}

void render_scheduler(std::string& out, const std::string& labels, const EngineStats& stats) {
  const auto gauge = [&](std::string_view name, std::string_view text, double value) {
    help(out, name, "gauge", text);
    sample(out, name, labels, value);
  };
  gauge("vllm:num_requests_running", "Number of requests in model execution batches.", stats.running);
  gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.", stats.waiting);
  gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.",
        static_cast<double>(stats.kv_blocks_used) / std::max(stats.kv_blocks, 1U));
}

void render_counters(std::string& out, const std::string& labels, const EngineStats& stats) {
  const auto counter = [&](std::string_view name, std::string_view text, std::uint64_t value) {
    help(out, name, "counter", text);
    sample(out, name, labels, static_cast<double>(value));
  };
  counter("vllm:prefix_cache_queries_total", "Prefix cache queries, in terms of number of queried tokens.",
          stats.prefix_queries);
  counter("vllm:prefix_cache_hits_total", "Prefix cache hits, in terms of number of cached tokens.", stats.prefix_hits);
  counter("vllm:num_preemptions_total", "Cumulative number of preemption from the engine.", stats.preemptions);
  counter("vllm:prompt_tokens_total", "Number of prefill tokens processed.", stats.prompt_tokens);
  counter("vllm:generation_tokens_total", "Number of generation tokens processed.", stats.generation_tokens);
}

void render_requests(std::string& out, const std::string& labels, const RequestMetrics& requests) {
  help(out, "vllm:request_success_total", "counter", "Count of successfully processed requests.");
  for (const auto& [reason, count] : requests.finished) {
    sample(out, "vllm:request_success_total", formatted("{},finished_reason=\"{}\"", labels, reason),
           static_cast<double>(count));
  }
  const auto histogram = [&](std::string_view name, std::string_view text, const Histogram& values) {
    help(out, name, "histogram", text);
    values.render(name, labels, out);
  };
  histogram("vllm:time_to_first_token_seconds", "Histogram of time to first token in seconds.",
            requests.time_to_first_token);
  histogram("vllm:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.",
            requests.inter_token_latency);
  histogram("vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.",
            requests.e2e_request_latency);
  histogram("vllm:request_queue_time_seconds", "Histogram of time spent in WAITING phase for request.",
            requests.request_queue_time);
}

}  // namespace

void Histogram::observe(Seconds value) {
  const auto bound = std::ranges::lower_bound(bounds_, value.count());
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  ++count_;
  sum_ += value.count();
}

void Histogram::render(std::string_view name, std::string_view labels, std::string& out) const {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    below += counts_[i];
    const std::string bound =
        std::floor(bounds_[i]) == bounds_[i] ? formatted("{:.1f}", bounds_[i]) : formatted("{}", bounds_[i]);
    append_formatted(out, "{}_bucket{{{},le=\"{}\"}} {}\n", name, labels, bound, below);
  }
  append_formatted(out, "{}_bucket{{{},le=\"+Inf\"}} {}\n", name, labels, count_);
  append_formatted(out, "{0}_count{{{1}}} {2}\n{0}_sum{{{1}}} {3}\n", name, labels, count_, sum_);
}

RequestMetrics::RequestMetrics()
    : time_to_first_token(kTtftBounds),
      inter_token_latency(kItlBounds),
      e2e_request_latency(kRequestBounds),
      request_queue_time(kRequestBounds) {}

std::string render_metrics(const RuntimeConfig& config, const BatchEngine& engine, const RequestMetrics& requests,
                           double wall_now) {
  std::string out;
  const EngineStats stats = engine.stats();
  const std::string labels = formatted(R"(engine="0",model_name="{}")", label_value(config.models.front().str()));
  render_scheduler(out, labels, stats);
  render_counters(out, labels, stats);
  render_requests(out, labels, requests);
  help(out, "vllm:cache_config_info", "gauge", "Information of the LLMEngine CacheConfig");
  sample(out, "vllm:cache_config_info",
         formatted(R"(block_size="{}",cache_dtype="auto",enable_prefix_caching="True",engine="0",num_gpu_blocks="{}")",
                   config.engine.block_size, config.engine.kv_blocks),
         1);
  if (config.engine.lora.max > 0) {
    help(out, "vllm:lora_requests_info", "gauge", "Running stats on lora requests.");
    append_formatted(
        out,
        "vllm:lora_requests_info{{max_lora=\"{}\",running_lora_adapters=\"{}\",waiting_lora_adapters=\"{}\"}} {}\n",
        config.engine.lora.max, joined(engine.running_adapters()), joined(engine.waiting_adapters()), wall_now);
  }
  return out;
}

}  // namespace pathwise::lab
