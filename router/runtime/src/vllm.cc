// SPDX-License-Identifier: Apache-2.0
#include "router/runtime/vllm.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/string_util.h"

namespace pathwise::router::runtime {

namespace {

constexpr std::size_t kMaxModels = 1000;  // of one runtime: base models and adapters

// One sample line of the exposition format.
struct Sample {
  std::string_view name;
  std::string_view labels;  // inside the braces
  double value = 0;
};

// End of the label part that starts after '{', quotes respected; npos: not closed.
std::size_t labels_end(std::string_view line, std::size_t from) {
  bool quoted = false;
  for (std::size_t i = from; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line[i] == '}') {
      return i;
    }
  }
  return std::string_view::npos;
}

std::optional<double> number(std::string_view text) {
  text = trim(text);
  text = text.substr(0, text.find(' '));  // a time stamp may follow
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Sample> parse_line(std::string_view line) {
  if (line.empty() || line[0] == '#') return std::nullopt;
  Sample sample;
  const std::size_t name_end = line.find_first_of("{ ");
  if (name_end == std::string_view::npos) return std::nullopt;
  sample.name = line.substr(0, name_end);
  std::string_view rest = line.substr(name_end);
  if (rest[0] == '{') {
    const std::size_t end = labels_end(rest, 1);
    if (end == std::string_view::npos) return std::nullopt;
    sample.labels = rest.substr(1, end - 1);
    rest = rest.substr(end + 1);
  }
  const auto value = number(rest);
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

// The unescaped value of a label; empty: not there.
std::string label(std::string_view labels, std::string_view wanted) {
  while (!labels.empty()) {
    const std::size_t equals = labels.find("=\"");
    if (equals == std::string_view::npos) return {};
    const std::string_view name = trim(labels.substr(0, equals));
    std::string value;
    std::size_t i = equals + 2;
    for (; i < labels.size() && labels[i] != '"'; ++i) {
      if (labels[i] == '\\' && i + 1 < labels.size()) ++i;
      value += labels[i];
    }
    if (name == wanted) return value;
    labels.remove_prefix(std::min(labels.size(), i + 1));
    while (!labels.empty() && (labels[0] == ',' || labels[0] == ' ')) labels.remove_prefix(1);
  }
  return {};
}

std::uint32_t unsigned_label(std::string_view labels, std::string_view name) {
  const std::string text = label(labels, name);
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> list_label(std::string_view labels, std::string_view name) {
  std::vector<std::string> names;
  const std::string text = label(labels, name);
  for (const std::string_view part : split(text, ',')) {
    if (!trim(part).empty() && names.size() < kMaxModels) names.emplace_back(trim(part));
  }
  return names;
}

// Collects samples; several engines (data parallel) add up.
class Collector {
 public:
  void add(const Sample& sample) {
    if (!sample.name.starts_with("vllm:")) return;
    const std::string_view name = sample.name.substr(5);
    const double value = std::max(0.0, sample.value);
    if (name == "num_requests_running") {
      metrics_.running += value;
      has_running_ = true;
    } else if (name == "num_requests_waiting") {
      metrics_.waiting += value;
      has_waiting_ = true;
    } else if (name == "kv_cache_usage_perc" || name == "gpu_cache_usage_perc") {
      metrics_.kv_used = std::max(metrics_.kv_used, std::min(value, 1.0));
    } else if (name == "cache_config_info") {
      metrics_.block_size = unsigned_label(sample.labels, "block_size");
      metrics_.gpu_blocks += unsigned_label(sample.labels, "num_gpu_blocks");
    } else if (name == "lora_requests_info") {
      add_lora(sample);
    } else {
      add_counter(name, value);
    }
  }

  Result<VllmMetrics> finish() {
    if (!has_running_ || !has_waiting_) {
      return fail(ErrorCode::kInvalidArgument,
                  "the page lacks vllm:num_requests_running or vllm:num_requests_waiting with a number");
    }
    return std::move(metrics_);
  }

 private:
  void add_counter(std::string_view name, double value) {
    if (name == "inter_token_latency_seconds_sum" || name == "time_per_output_token_seconds_sum") {
      metrics_.itl_sum += value;
    } else if (name == "inter_token_latency_seconds_count" || name == "time_per_output_token_seconds_count") {
      metrics_.itl_count += value;
    } else if (name == "prompt_tokens_total") {
      metrics_.prompt_tokens += value;
    } else if (name == "prefix_cache_queries_total") {
      metrics_.prefix_queries += value;
    } else if (name == "prefix_cache_hits_total") {
      metrics_.prefix_hits += value;
    }
  }
  // Old series stay on the page; their value is the time of the last change.
  void add_lora(const Sample& sample) {
    if (sample.value < lora_time_) return;
    lora_time_ = sample.value;
    metrics_.max_lora = unsigned_label(sample.labels, "max_lora");
    metrics_.running_adapters = list_label(sample.labels, "running_lora_adapters");
    metrics_.waiting_adapters = list_label(sample.labels, "waiting_lora_adapters");
  }

  VllmMetrics metrics_;
  bool has_running_ = false, has_waiting_ = false;
  double lora_time_ = 0;
};

}  // namespace

Result<VllmMetrics> parse_vllm_metrics(std::string_view page) {
  Collector collector;
  while (!page.empty()) {
    const std::size_t end = page.find('\n');
    if (const auto sample = parse_line(page.substr(0, end))) collector.add(*sample);
    if (end == std::string_view::npos) break;
    page.remove_prefix(end + 1);
  }
  return collector.finish();
}

Result<std::vector<ServedModel>> parse_models(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("data") || !json["data"].is_array()) {
    return fail(ErrorCode::kInvalidArgument, "/v1/models is not a list of models");
  }
  std::vector<ServedModel> models;
  for (const auto& item : json["data"]) {
    if (!item.is_object() || !item.contains("id") || !item["id"].is_string()) continue;
    ServedModel model{.id = item["id"].get<std::string>()};
    if (item.contains("parent") && item["parent"].is_string()) model.parent = item["parent"].get<std::string>();
    if (item.contains("max_model_len") && item["max_model_len"].is_number_unsigned()) {
      model.context_tokens = item["max_model_len"].get<std::uint32_t>();
    }
    models.push_back(std::move(model));
    if (models.size() == kMaxModels) break;
  }
  return models;
}

}  // namespace pathwise::router::runtime
