// SPDX-License-Identifier: Apache-2.0
// The configuration file of pathwise-runtime-sim; lab/runtime/example.yaml shows every key.
// Immutable after parsing; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "lab/runtime/engine_config.h"

namespace pathwise::lab {

struct OutputLength {
  std::uint32_t min = 32;  // tokens that the model generates before it stops by itself
  std::uint32_t max = 256;
};

struct RuntimeConfig {
  Endpoint listen{.host = "", .port = 8000};
  std::vector<ModelName> models;  // names of the one model served; the first is its name in metrics
  EngineConfig engine;
  OutputLength output_tokens;
  std::uint32_t bytes_per_token = 4;
  std::uint64_t seed = 1;                // of requests that bring none
  std::uint32_t max_connections = 1024;  // further ones are closed at once
  std::uint64_t max_body_bytes = 16U << 20U;
};

// Every mistake at once, each with file, line and column.
[[nodiscard]] Result<RuntimeConfig> read_runtime_config_file(const std::string& path);
[[nodiscard]] Result<RuntimeConfig> read_runtime_config_text(std::string_view text, const std::string& name);

}  // namespace pathwise::lab
