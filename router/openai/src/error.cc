// SPDX-License-Identifier: Apache-2.0
#include "router/openai/error.h"

#include <array>
#include <utility>

#include "base/format.h"
#include "base/string_util.h"

namespace pathwise::router::openai {

namespace {

// Length of the UTF-8 sequence at the start of `text`; 0: not UTF-8 (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
      (lead == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

std::string nullable(std::string_view text) {
  if (text.empty()) return "null";
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + "\"";
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    const unsigned char byte = static_cast<unsigned char>(text[0]);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[0];
    } else if (byte < 0x20) {
      out += formatted("\\u{:04x}", byte);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

ApiError invalid_request(int status, std::string_view code, std::string message, std::string_view param) {
  return {
      .status = status, .type = "invalid_request_error", .code = code, .message = std::move(message), .param = param};
}

ApiError bad_key(std::string message) {
  return {.status = 401, .type = "invalid_request_error", .code = "invalid_api_key", .message = std::move(message)};
}

ApiError forbidden(std::string_view code, std::string message) {
  return {.status = 403, .type = "permission_error", .code = code, .message = std::move(message)};
}

ApiError unknown_model(std::string_view model) {
  const std::string shown = excerpt(model);  // in single quotes, where OpenAI has back-ticks
  return {.status = 404,
          .type = "invalid_request_error",
          .code = "model_not_found",
          .message = formatted("The model `{}` does not exist or you do not have access to it.",
                               std::string_view(shown).substr(1, shown.size() - 2)),
          .param = "model"};
}

ApiError too_busy(int status, std::string message, int retry_after_s) {
  return {.status = status,
          .type = status == 429 ? "rate_limit_error" : "server_error",
          .code = status == 429 ? "rate_limit_exceeded" : "overloaded",
          .message = std::move(message),
          .retry_after_s = retry_after_s};
}

ApiError too_slow(std::string message) {
  return invalid_request(408, "request_timeout", std::move(message));
}

ApiError over_budget(std::string message, int retry_after_s) {
  return {.status = 429,
          .type = "tokens",
          .code = "rate_limit_exceeded",
          .message = std::move(message),
          .retry_after_s = retry_after_s};
}

ApiError bad_gateway(std::string message) {
  return {.status = 502, .type = "server_error", .code = "bad_gateway", .message = std::move(message)};
}

std::string error_body(const ApiError& error) {
  std::string message;
  append_json_escaped(message, error.message);
  return formatted(R"({{"error":{{"message":"{}","type":"{}","param":{},"code":{}}}}})", message, error.type,
                   nullable(error.param), nullable(error.code));
}

std::string_view reason_phrase(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 20> kPhrases = {{
      {200, "OK"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {499, "Client Closed Request"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  }};
  for (const auto& [code, phrase] : kPhrases) {
    if (code == status) return phrase;
  }
  return "Unknown";
}

}  // namespace pathwise::router::openai
