// SPDX-License-Identifier: Apache-2.0
// OpenAI's error object: {"error":{"message","type","param","code"}}. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace pathwise::router::openai {

// A refusal as the client sees it. `type` and `code` are OpenAI's words where they have one.
struct ApiError {
  int status = 500;
  std::string_view type = "server_error";
  std::string_view code;  // empty: null
  std::string message;
  std::string_view param;  // empty: null
  int retry_after_s = 0;   // 0: no Retry-After header
};

[[nodiscard]] ApiError invalid_request(int status, std::string_view code, std::string message,
                                       std::string_view param = {});
[[nodiscard]] ApiError bad_key(std::string message);                                  // 401
[[nodiscard]] ApiError forbidden(std::string_view code, std::string message);         // 403
[[nodiscard]] ApiError unknown_model(std::string_view model);                         // 404
[[nodiscard]] ApiError too_busy(int status, std::string message, int retry_after_s);  // 429, 503
[[nodiscard]] ApiError too_slow(std::string message);                                 // 408
[[nodiscard]] ApiError over_budget(std::string message, int retry_after_s);           // 429
[[nodiscard]] ApiError bad_gateway(std::string message);                              // 502

[[nodiscard]] std::string error_body(const ApiError& error);
[[nodiscard]] std::string_view reason_phrase(int status);
// `text` inside a JSON string's quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace pathwise::router::openai
