// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/openai.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace pathwise::lab {
namespace {

using Json = nlohmann::ordered_json;  // keys stay in the order in which vLLM writes them

std::unexpected<ApiError> bad_request(std::string message, std::string param = {}) {
  return std::unexpected(ApiError{400, "BadRequestError", std::move(message), std::move(param)});
}

std::expected<Json, ApiError> parse_object(std::string_view body) {
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return bad_request("the request body is not valid JSON");
  if (!json.is_object()) return bad_request("the request body must be a JSON object");
  return json;
}

// The member, or nullptr if it is missing or null.
const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::expected<bool, ApiError> flag(const Json& object, const char* name) {
  const Json* value = member(object, name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) return bad_request(std::string(name) + " must be a boolean", name);
  return value->get<bool>();
}

// A chat message's content: a string, or parts of which the text ones count.
std::expected<std::string, ApiError> content_text(const Json& message) {
  const Json* content = member(message, "content");
  if (content == nullptr) return std::string();
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array()) return bad_request("content must be a string or a list of parts", "messages");
  std::string text;
  for (const Json& part : *content) {
    const Json* piece = part.is_object() ? member(part, "text") : nullptr;
    if (piece == nullptr || !piece->is_string()) return bad_request("only text parts are supported", "messages");
    text += piece->get<std::string>();
  }
  return text;
}

// Each message starts a token of its own, as with a real chat template, and the prompt ends with the
// marker after which the assistant's words follow: the next turn's prompt repeats this one's tokens.
std::expected<std::vector<TokenHash>, ApiError> chat_tokens(const Json& request, std::size_t bytes_per_token) {
  const Json* messages = member(request, "messages");
  if (messages == nullptr || !messages->is_array() || messages->empty()) {
    return bad_request("messages must be a list with at least one message", "messages");
  }
  std::vector<TokenHash> tokens;
  for (const Json& message : *messages) {
    const Json* role = message.is_object() ? member(message, "role") : nullptr;
    if (role == nullptr || !role->is_string()) return bad_request("every message needs a role", "messages");
    auto text = content_text(message);
    if (!text) return std::unexpected(text.error());
    tokens.push_back(special_token(role->get_ref<const std::string&>()));
    append_tokens(*text, bytes_per_token, tokens);
  }
  tokens.push_back(special_token("assistant"));
  return tokens;
}

std::expected<std::vector<TokenHash>, ApiError> prompt_tokens(const Json& request, std::size_t bytes_per_token) {
  const Json* prompt = member(request, "prompt");
  if (prompt != nullptr && prompt->is_array() && prompt->size() == 1) prompt = &prompt->front();
  if (prompt == nullptr || !prompt->is_string()) return bad_request("prompt must be one string", "prompt");
  std::vector<TokenHash> tokens;
  append_tokens(prompt->get_ref<const std::string&>(), bytes_per_token, tokens);
  if (tokens.empty()) return bad_request("prompt is empty", "prompt");
  return tokens;
}

std::expected<std::optional<std::uint32_t>, ApiError> positive(const Json& object, const char* name) {
  const Json* value = member(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer() || value->get<std::int64_t>() < 1 ||
      value->get<std::int64_t>() > std::numeric_limits<std::uint32_t>::max()) {
    return bad_request(std::string(name) + " must be an integer of at least 1", name);
  }
  return value->get<std::uint32_t>();
}

std::expected<void, ApiError> read_limits(const Json& json, CompletionRequest& request) {
  auto tokens = positive(json, "max_completion_tokens");
  if (tokens && !*tokens) tokens = positive(json, "max_tokens");
  if (!tokens) return std::unexpected(tokens.error());
  request.max_tokens = *tokens;
  const auto n = positive(json, "n");
  if (!n) return std::unexpected(n.error());
  if (n->value_or(1) != 1) return bad_request("only n = 1 is supported", "n");
  if (const Json* seed = member(json, "seed")) {
    if (!seed->is_number_integer()) return bad_request("seed must be an integer", "seed");
    request.seed = seed->get<std::uint64_t>();
  }
  return {};
}

std::expected<void, ApiError> read_flags(const Json& json, CompletionRequest& request) {
  const auto stream = flag(json, "stream");
  if (!stream) return std::unexpected(stream.error());
  request.stream = *stream;
  const auto ignore_eos = flag(json, "ignore_eos");
  if (!ignore_eos) return std::unexpected(ignore_eos.error());
  request.ignore_eos = *ignore_eos;
  const Json* options = member(json, "stream_options");
  if (options == nullptr) return {};
  if (!options->is_object()) return bad_request("stream_options must be an object", "stream_options");
  if (!request.stream) return bad_request("stream_options is only allowed with stream", "stream_options");
  const auto usage = flag(*options, "include_usage");
  if (!usage) return std::unexpected(usage.error());
  request.include_usage = *usage;
  return {};
}

Json head_json(const ResponseHead& head, const char* chat_object) {
  return Json{{"id", head.id},
              {"object", head.kind == ApiKind::kChat ? chat_object : "text_completion"},
              {"created", head.created},
              {"model", head.model}};
}

Json usage_json(const Usage& usage) {
  return Json{{"prompt_tokens", usage.prompt_tokens},
              {"total_tokens", usage.prompt_tokens + usage.completion_tokens},
              {"completion_tokens", usage.completion_tokens},
              {"prompt_tokens_details", {{"cached_tokens", usage.cached_tokens}}}};
}

Json finish_json(std::string_view finish) {
  return finish.empty() ? Json(nullptr) : Json(finish);
}

std::string event(const Json& json) {
  return "data: " + json.dump() + "\n\n";
}

}  // namespace

std::string render(const ApiError& error) {
  return Json{{"error",
               {{"message", error.message},
                {"type", error.type},
                {"param", error.param.empty() ? Json(nullptr) : Json(error.param)},
                {"code", error.status}}}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::expected<CompletionRequest, ApiError> parse_completion(std::string_view body, ApiKind kind,
                                                            std::size_t bytes_per_token) {
  const auto json = parse_object(body);
  if (!json) return std::unexpected(json.error());
  CompletionRequest request{.kind = kind};
  const Json* model = member(*json, "model");
  if (model == nullptr || !model->is_string()) return bad_request("model must be a string", "model");
  request.model = model->get<std::string>();
  auto prompt = kind == ApiKind::kChat ? chat_tokens(*json, bytes_per_token) : prompt_tokens(*json, bytes_per_token);
  if (!prompt) return std::unexpected(prompt.error());
  request.prompt = std::move(*prompt);
  if (auto good = read_limits(*json, request); !good) return std::unexpected(good.error());
  if (auto good = read_flags(*json, request); !good) return std::unexpected(good.error());
  return request;
}

std::expected<AdapterName, ApiError> parse_lora(std::string_view body, bool with_path) {
  const auto json = parse_object(body);
  if (!json) return std::unexpected(json.error());
  const Json* name = member(*json, "lora_name");
  if (name == nullptr || !name->is_string() || name->get_ref<const std::string&>().empty()) {
    return bad_request("lora_name must be a string", "lora_name");
  }
  const Json* path = member(*json, "lora_path");
  if (with_path && (path == nullptr || !path->is_string())) {
    return bad_request("both lora_name and lora_path must be provided", "lora_path");
  }
  return AdapterName(name->get<std::string>());
}

std::string render_chunk(const ResponseHead& head, std::string_view text, bool first, std::string_view finish) {
  Json json = head_json(head, "chat.completion.chunk");
  Json choice{{"index", 0}};
  if (head.kind == ApiKind::kChat) {
    Json delta = Json::object();
    if (first) delta["role"] = "assistant";
    delta["content"] = text;
    choice["delta"] = std::move(delta);
  } else {
    choice["text"] = text;
  }
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = finish_json(finish);
  json["choices"] = Json::array({std::move(choice)});
  if (head.include_usage) json["usage"] = nullptr;
  return event(json);
}

std::string render_usage_chunk(const ResponseHead& head, const Usage& usage) {
  Json json = head_json(head, "chat.completion.chunk");
  json["choices"] = Json::array();
  json["usage"] = usage_json(usage);
  return event(json);
}

std::string render_completion(const ResponseHead& head, std::string_view text, std::string_view finish,
                              const Usage& usage) {
  Json json = head_json(head, "chat.completion");
  Json choice{{"index", 0}};
  if (head.kind == ApiKind::kChat) {
    choice["message"] = {{"role", "assistant"}, {"content", text}};
  } else {
    choice["text"] = text;
  }
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = finish_json(finish);
  json["choices"] = Json::array({std::move(choice)});
  json["usage"] = usage_json(usage);
  return json.dump();
}

std::string render_models(const RuntimeConfig& config, const std::set<AdapterName>& adapters, std::int64_t created) {
  Json data = Json::array();
  const std::string& root = config.models.front().str();
  for (const ModelName& model : config.models) {
    data.push_back({{"id", model.str()},
                    {"object", "model"},
                    {"created", created},
                    {"owned_by", "vllm"},
                    {"root", root},
                    {"parent", nullptr},
                    {"max_model_len", config.engine.max_model_len}});
  }
  for (const AdapterName& adapter : adapters) {
    data.push_back({{"id", adapter.str()},
                    {"object", "model"},
                    {"created", created},
                    {"owned_by", "vllm"},
                    {"root", adapter.str()},
                    {"parent", root},
                    {"max_model_len", nullptr}});
  }
  return Json{{"object", "list"}, {"data", std::move(data)}}.dump();
}

}  // namespace pathwise::lab
