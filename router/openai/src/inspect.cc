// SPDX-License-Identifier: Apache-2.0
#include "router/openai/inspect.h"

#include <simdjson.h>

#include <charconv>
#include <utility>

#include "base/format.h"
#include "prefix_hasher.h"

namespace pathwise::router::openai {

namespace od = simdjson::ondemand;
using simdjson::error_code;

namespace {

constexpr std::uint64_t kMaxTokensBound = 1u << 30;

// In words of our own: the parser's name its insides, and change with it.
std::string_view reason_of(error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "it is empty";
    case simdjson::UTF8_ERROR:
      return "it is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "it is nested too deeply";
    case simdjson::UNCLOSED_STRING:
      return "a string has no end";
    case simdjson::UNESCAPED_CHARS:
      return "a string has a control character that is not escaped";
    case simdjson::STRING_ERROR:
      return "a string has an escape that is none";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "a list or an object has no end";
    case simdjson::TRAILING_CONTENT:
      return "something follows the object";
    default:
      return "the syntax is wrong";
  }
}

BodyError not_json(error_code error) {
  return {.code = "invalid_json", .message = formatted("The request body is not valid JSON: {}.", reason_of(error))};
}

BodyError wrong_type(std::string_view param, std::string_view wanted) {
  return {.code = "invalid_type", .message = formatted("`{}` must be {}.", param, wanted), .param = param};
}

// simdjson's raw token of a scalar runs to the next structural character.
std::string_view without_trailing_space(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

struct BodyInspector::State {
  od::parser parser;
  std::string model;
  PrefixHasher hasher;

  // What one pass over the top level has seen.
  struct Pass {
    BodyFacts facts;
    Endpoint endpoint = Endpoint::kUnknown;
    std::string_view body;
    bool has_model = false;
    bool has_prompt = false;
  };
  using Outcome = std::expected<void, BodyError>;

  Outcome field(Pass& pass, std::string_view key, od::value value);
  Outcome read_model(Pass& pass, od::value value);
  Outcome read_flag(Pass& pass, od::value value);
  Outcome read_max_tokens(Pass& pass, std::string_view key, od::value value);
  Outcome read_prompt(Pass& pass, std::string_view key, od::value value);
  Outcome hash_message(od::object message);
};

std::expected<void, BodyError> BodyInspector::State::read_model(Pass& pass, od::value value) {
  if (pass.has_model) {
    return std::unexpected(BodyError{"duplicate_key", "`model` is given twice.", "model"});
  }
  od::json_type type;
  if (value.type().get(type) || type != od::json_type::string) {
    return std::unexpected(wrong_type("model", "a string"));
  }
  const std::string_view token = without_trailing_space(value.raw_json_token());
  std::string_view name;
  if (const error_code error = value.get_string().get(name)) return std::unexpected(not_json(error));
  model.assign(name);
  pass.has_model = true;
  pass.facts.model_begin = static_cast<std::size_t>(token.data() - pass.body.data());
  pass.facts.model_end = pass.facts.model_begin + token.size();
  return {};
}

std::expected<void, BodyError> BodyInspector::State::read_flag(Pass& pass, od::value value) {
  bool null = false;
  if (value.is_null().get(null) == simdjson::SUCCESS && null) return {};
  if (value.get_bool().get(pass.facts.stream)) return std::unexpected(wrong_type("stream", "true or false"));
  return {};
}

std::expected<void, BodyError> BodyInspector::State::read_max_tokens(Pass& pass, std::string_view key,
                                                                     od::value value) {
  bool null = false;
  if (value.is_null().get(null) == simdjson::SUCCESS && null) return {};
  const std::string_view param = key == "max_tokens" ? "max_tokens" : "max_completion_tokens";
  std::uint64_t tokens = 0;
  if (value.get_uint64().get(tokens) || tokens > kMaxTokensBound) {
    return std::unexpected(wrong_type(param, "a whole number of at least 0"));
  }
  pass.facts.max_tokens = static_cast<std::uint32_t>(tokens);
  return {};
}

std::expected<void, BodyError> BodyInspector::State::read_prompt(Pass& pass, std::string_view key, od::value value) {
  if (pass.has_prompt) {
    return std::unexpected(BodyError{"duplicate_key", formatted("`{}` is given twice.", key), {}});
  }
  pass.has_prompt = true;
  if (key == "prompt") {
    od::json_type type;
    if (const error_code error = value.type().get(type)) return std::unexpected(not_json(error));
    if (type != od::json_type::string && type != od::json_type::array) {
      return std::unexpected(wrong_type("prompt", "a string or a list"));
    }
    std::string_view raw;
    if (const error_code error = value.raw_json().get(raw)) return std::unexpected(not_json(error));
    hasher.add(without_trailing_space(raw));
    return {};
  }
  od::array messages;
  if (value.get_array().get(messages)) return std::unexpected(wrong_type("messages", "a list of messages"));
  for (auto item : messages) {
    od::object message;
    if (const error_code error = item.get_object().get(message)) {
      if (error != simdjson::INCORRECT_TYPE) return std::unexpected(not_json(error));
      return std::unexpected(wrong_type("messages", "a list of messages"));
    }
    if (auto hashed = hash_message(message); !hashed) return hashed;
  }
  return {};
}

std::expected<void, BodyError> BodyInspector::State::hash_message(od::object message) {
  for (auto item : message) {
    od::field field;
    if (const error_code error = std::move(item).get(field)) return std::unexpected(not_json(error));
    const std::string_view key = field.escaped_key();
    const bool counts = key == "role" || key == "content" || key == "tool_calls" || key == "name";
    if (!counts) continue;
    std::string_view raw;
    if (const error_code error = field.value().raw_json().get(raw)) return std::unexpected(not_json(error));
    hasher.add(key);
    hasher.add(without_trailing_space(raw));
  }
  return {};
}

std::expected<void, BodyError> BodyInspector::State::field(Pass& pass, std::string_view key, od::value value) {
  if (key == "model") return read_model(pass, value);
  if (key == "stream") return read_flag(pass, value);
  if (key == "max_tokens" || key == "max_completion_tokens") return read_max_tokens(pass, key, value);
  if (key == (pass.endpoint == Endpoint::kCompletions ? "prompt" : "messages")) return read_prompt(pass, key, value);
  return {};  // the iteration skips it; what is inside is the runtime's business
}

BodyInspector::BodyInspector() : state_(std::make_unique<State>()) {}
BodyInspector::~BodyInspector() = default;

std::expected<BodyFacts, BodyError> BodyInspector::inspect(std::string_view body, Endpoint endpoint,
                                                           std::uint64_t seed) {
  State& state = *state_;
  state.hasher.start(seed);
  od::document document;
  const simdjson::padded_string_view padded(body.data(), body.size(), body.size() + kBodyPadding);
  if (const error_code error = state.parser.iterate(padded).get(document)) return std::unexpected(not_json(error));
  od::object top;
  if (const error_code error = document.get_object().get(top)) {
    if (error != simdjson::INCORRECT_TYPE) return std::unexpected(not_json(error));
    return std::unexpected(BodyError{"invalid_json", "The request body must be a JSON object.", {}});
  }
  State::Pass pass;
  pass.endpoint = endpoint;
  pass.body = body;
  for (auto item : top) {
    od::field field;
    if (const error_code error = std::move(item).get(field)) return std::unexpected(not_json(error));
    std::string_view key = field.escaped_key();
    if (key.contains('\\')) {  // "mod\u0065l" is "model" to every other reader
      if (const error_code error = field.unescaped_key().get(key)) return std::unexpected(not_json(error));
    }
    if (auto read = state.field(pass, key, field.value()); !read) return std::unexpected(read.error());
  }
  if (!document.at_end()) return std::unexpected(not_json(simdjson::TRAILING_CONTENT));
  if (!pass.has_model || state.model.empty()) {
    return std::unexpected(BodyError{"missing_required_parameter", "You must provide a model parameter.", "model"});
  }
  if (!pass.has_prompt) {
    const std::string_view wanted = endpoint == Endpoint::kCompletions ? "prompt" : "messages";
    return std::unexpected(BodyError{"missing_required_parameter", formatted("`{}` is missing.", wanted), wanted});
  }
  pass.facts.model = state.model;
  pass.facts.prompt_bytes = state.hasher.bytes();
  pass.facts.prefix_blocks = state.hasher.blocks();
  return pass.facts;
}

std::uint64_t prefix_seed(std::string_view tenant) {
  return XXH3_64bits(tenant.data(), tenant.size());
}

std::uint32_t find_token_count(std::string_view tail, std::string_view key) {
  // The last `"key"` in quotes: "prompt_tokens_details" begins like "prompt_tokens" and comes after it.
  std::size_t at = tail.rfind(key);
  while (at != std::string_view::npos &&
         (at == 0 || tail[at - 1] != '"' || !tail.substr(at + key.size()).starts_with('"'))) {
    at = at == 0 ? std::string_view::npos : tail.rfind(key, at - 1);
  }
  if (at == std::string_view::npos) return 0;
  at = tail.find_first_not_of(" \t:", at + key.size() + 1);
  if (at == std::string_view::npos) return 0;
  std::uint32_t count = 0;
  std::from_chars(tail.data() + at, tail.data() + tail.size(), count);
  return count;
}

}  // namespace pathwise::router::openai
