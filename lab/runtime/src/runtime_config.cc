// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/runtime_config.h"

#include <algorithm>

#include "base/config.h"

namespace pathwise::lab {
namespace {

using config::Diagnostics;
using config::MapReader;
using config::Value;

void read_inter_token_latency(const Value& value, Diagnostics& problems, EngineConfig& engine) {
  MapReader map(value, problems);
  map.optional("base", engine.inter_token_base);
  map.optional("per_sequence", engine.inter_token_per_sequence);
  map.finish();
}

// Memory for every block is taken at the start, some 40 bytes each; 16 million tokens at 16 a block.
constexpr std::uint32_t kMostBlocks = 1U << 20;

void read_kv_cache(const Value& value, Diagnostics& problems, EngineConfig& engine) {
  MapReader map(value, problems);
  if (const Value* blocks = map.child("blocks");
      blocks != nullptr && config::read(*blocks, problems, engine.kv_blocks) && engine.kv_blocks > kMostBlocks) {
    problems.add(blocks->at, "kv_cache.blocks is {}; at most {} are possible", engine.kv_blocks, kMostBlocks);
  }
  map.optional("block_size", engine.block_size);
  map.finish();
}

void read_lora(const Value& value, Diagnostics& problems, LoraConfig& lora) {
  MapReader map(value, problems);
  map.optional("max", lora.max);
  map.optional("load_time", lora.load_time);
  map.optional("adapters", lora.adapters);
  map.finish();
}

void read_output_tokens(const Value& value, Diagnostics& problems, OutputLength& length) {
  MapReader map(value, problems);
  map.optional("min", length.min);
  map.optional("max", length.max);
  map.finish();
  if (length.min == 0 || length.min > length.max) {
    problems.add(value.at, "output_tokens: min is {} and max {}; 1 <= min <= max is needed", length.min, length.max);
  }
}

void read_names(MapReader& map, Diagnostics& problems, RuntimeConfig& out) {
  const Value* models = map.required_child("models");
  if (models == nullptr || !config::read(*models, problems, out.models)) return;
  if (out.models.empty()) problems.add(models->at, "models is empty; one name at least is needed");
  std::vector<std::string> names;
  for (const ModelName& model : out.models) names.push_back(model.str());
  for (const AdapterName& adapter : out.engine.lora.adapters) names.push_back(adapter.str());
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    problems.add(models->at, "the name {} is given twice among models and lora.adapters", *twice);
  }
}

void read_limits(MapReader& map, Diagnostics& problems, RuntimeConfig& out) {
  map.optional("seed", out.seed);
  map.optional("max_connections", out.max_connections);
  const Value* tokenizer = map.child("bytes_per_token");
  if (tokenizer == nullptr || !config::read(*tokenizer, problems, out.bytes_per_token)) return;
  if (out.bytes_per_token < 2 || out.bytes_per_token > 16) {
    problems.add(tokenizer->at, "bytes_per_token is {}; 2 to 16 are possible", out.bytes_per_token);
  }
}

void read_root(const Value& root, Diagnostics& problems, RuntimeConfig& out) {
  MapReader map(root, problems);
  EngineConfig& engine = out.engine;
  if (const Value* listen = map.child("listen"); listen != nullptr && config::read(*listen, problems, out.listen)) {
    if (out.listen.is_unix()) problems.add(listen->at, "listen must be an address and a port, like \"[::]:8000\"");
  }
  map.optional("max_model_len", engine.max_model_len);
  map.optional("prefill_tokens_per_second", engine.prefill_tokens_per_second);
  map.optional("max_num_seqs", engine.max_num_seqs);
  map.optional("max_num_batched_tokens", engine.max_num_batched_tokens);
  map.optional("queue_limit", engine.queue_limit);
  if (const Value* value = map.child("inter_token_latency")) read_inter_token_latency(*value, problems, engine);
  if (const Value* value = map.child("kv_cache")) read_kv_cache(*value, problems, engine);
  if (const Value* value = map.child("lora")) read_lora(*value, problems, engine.lora);
  if (const Value* value = map.child("output_tokens")) read_output_tokens(*value, problems, out.output_tokens);
  read_names(map, problems, out);
  read_limits(map, problems, out);
  map.finish();
  if (auto good = validate(engine); problems.empty() && !good) problems.add(root.at, "{}", good.error().message);
}

Result<RuntimeConfig> from_tree(const std::optional<Value>& root, Diagnostics& problems) {
  RuntimeConfig result;
  if (root) read_root(*root, problems, result);
  if (!problems.empty()) return std::unexpected(problems.error());
  return result;
}

}  // namespace

Result<RuntimeConfig> read_runtime_config_file(const std::string& path) {
  Diagnostics problems;
  const auto root = config::parse_file(path, problems);
  return from_tree(root, problems);
}

Result<RuntimeConfig> read_runtime_config_text(std::string_view text, const std::string& name) {
  Diagnostics problems;
  const auto root = config::parse_text(text, name, problems);
  return from_tree(root, problems);
}

}  // namespace pathwise::lab
