// SPDX-License-Identifier: Apache-2.0
// What the router needs to know of a request's body, in one pass of simdjson's on-demand parser over
// the buffer it was read into. Fields that the router does not know are passed by untouched.
//
// The canonical prompt is what a runtime would hash for its prefix cache, as text: tools first, then
// each message's role and content (for completions: the prompt). It is cut into blocks of
// kPrefixBlockBytes, and each block's xxh3 is seeded with the hash before it, so that equal hashes mean
// equal prefixes. The first seed is the tenant's: tenants never share blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "router/openai/endpoint.h"

namespace pathwise::router::openai {

inline constexpr std::size_t kPrefixBlockBytes = 512;  // about 128 tokens: 8 KV blocks of 16
inline constexpr std::size_t kMaxPrefixBlocks = 512;   // of one prompt: the first 256 KiB
inline constexpr std::size_t kBodyPadding = 64;        // readable bytes that must follow a body (simdjson)

struct BodyFacts {
  std::string_view model;       // unescaped; valid until the next inspect()
  std::size_t model_begin = 0;  // the JSON string in the body, quotes included: for rewriting an alias
  std::size_t model_end = 0;
  bool stream = false;
  std::uint32_t max_tokens = 0;                  // 0: not said
  std::size_t prompt_bytes = 0;                  // of the canonical prompt
  std::span<const std::uint64_t> prefix_blocks;  // full blocks only; valid until the next inspect()
};

struct BodyError {
  std::string_view code;  // of the error object
  std::string message;
  std::string_view param;
};

// One thread; keeps its buffers between bodies.
class BodyInspector {
 public:
  BodyInspector();
  ~BodyInspector();
  BodyInspector(const BodyInspector&) = delete;
  BodyInspector& operator=(const BodyInspector&) = delete;

  // `body` must be followed by kBodyPadding readable bytes.
  [[nodiscard]] std::expected<BodyFacts, BodyError> inspect(std::string_view body, Endpoint endpoint,
                                                            std::uint64_t seed);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The seed of a tenant's blocks.
[[nodiscard]] std::uint64_t prefix_seed(std::string_view tenant);

// The value of `"prompt_tokens":N` or `"completion_tokens":N` in the tail of a response; 0: not there.
[[nodiscard]] std::uint32_t find_token_count(std::string_view tail, std::string_view key);

}  // namespace pathwise::router::openai
