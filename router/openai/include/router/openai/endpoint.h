// SPDX-License-Identifier: Apache-2.0
// Which operation a request line asks for. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace pathwise::router::openai {

enum class Endpoint : std::uint8_t {
  kChatCompletions,
  kCompletions,
  kModels,
  kHealth,
  kReady,
  kUnknown,           // 404
  kMethodNotAllowed,  // 405
};

[[nodiscard]] Endpoint classify(std::string_view method, std::string_view path);
// For the header Allow; empty: there is no such path.
[[nodiscard]] std::string_view allowed_methods(std::string_view path);
// Has a body with a model, and is forwarded.
[[nodiscard]] constexpr bool is_inference(Endpoint endpoint) {
  return endpoint == Endpoint::kChatCompletions || endpoint == Endpoint::kCompletions;
}

}  // namespace pathwise::router::openai
