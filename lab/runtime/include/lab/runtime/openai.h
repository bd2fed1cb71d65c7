// SPDX-License-Identifier: Apache-2.0
// The OpenAI API as vLLM serves it: request bodies in, response bodies out, no sockets. Bodies that
// are not what they should be give the error object and status that a client of vLLM would see.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lab/runtime/runtime_config.h"
#include "lab/runtime/text.h"

namespace pathwise::lab {

// {"error": {"message", "type", "param", "code"}} with the HTTP status.
struct ApiError {
  unsigned status = 500;
  std::string type;
  std::string message;
  std::string param;  // empty: null
};
[[nodiscard]] std::string render(const ApiError& error);

enum class ApiKind : std::uint8_t { kChat, kCompletion };

struct CompletionRequest {
  ApiKind kind = ApiKind::kChat;
  std::string model;
  std::vector<TokenHash> prompt;            // at least one token
  std::optional<std::uint32_t> max_tokens;  // max_completion_tokens, or max_tokens
  std::optional<std::uint64_t> seed;
  bool stream = false;
  bool include_usage = false;  // stream_options.include_usage
  bool ignore_eos = false;     // vLLM's: generate max_tokens, whatever the model would do
};
[[nodiscard]] std::expected<CompletionRequest, ApiError> parse_completion(std::string_view body, ApiKind kind,
                                                                          std::size_t bytes_per_token);

// The body of /v1/load_lora_adapter (lora_path must be there) and /v1/unload_lora_adapter.
[[nodiscard]] std::expected<AdapterName, ApiError> parse_lora(std::string_view body, bool with_path);

struct Usage {
  std::uint32_t prompt_tokens = 0;
  std::uint32_t completion_tokens = 0;
  std::uint32_t cached_tokens = 0;
};

// What all bodies of one response share.
struct ResponseHead {
  ApiKind kind = ApiKind::kChat;
  std::string id;  // "chatcmpl-…" or "cmpl-…"
  std::string model;
  std::int64_t created = 0;  // seconds since 1970
  bool include_usage = false;
};
// One server-sent event, "data: {…}\n\n". `first` adds the role (chat), `finish` ("stop", "length")
// the finish_reason.
[[nodiscard]] std::string render_chunk(const ResponseHead& head, std::string_view text, bool first,
                                       std::string_view finish);
// The event that carries usage and no choices.
[[nodiscard]] std::string render_usage_chunk(const ResponseHead& head, const Usage& usage);
// The body of a response that is not streamed.
[[nodiscard]] std::string render_completion(const ResponseHead& head, std::string_view text, std::string_view finish,
                                            const Usage& usage);
inline constexpr std::string_view kDoneEvent = "data: [DONE]\n\n";

[[nodiscard]] std::string render_models(const RuntimeConfig& config, const std::set<AdapterName>& adapters,
                                        std::int64_t created);

}  // namespace pathwise::lab
