// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/format.h"
#include "http_fixture.h"
#include "lab/runtime/text.h"

namespace pathwise::lab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kChat = "/v1/chat/completions";

std::string chat_body(const json& extra = json::object()) {
  json body{{"model", "m"}, {"max_tokens", 5}, {"seed", 77}};
  body["messages"] = json::array({json{{"role", "user"}, {"content", std::string(400, 'x')}}});
  body.update(extra);
  return body.dump();
}

std::string expected_text(std::uint64_t seed, std::uint64_t tokens) {
  std::string text;
  for (std::uint64_t i = 0; i < tokens; ++i) text += word(seed, i, 4);
  return text;
}

std::vector<std::string> events(const std::string& body) {
  std::vector<std::string> found;
  std::size_t at = 0;
  for (std::size_t end = 0; (end = body.find("\n\n", at)) != std::string::npos; at = end + 2) {
    EXPECT_EQ(body.substr(at, 6), "data: ");
    found.push_back(body.substr(at + 6, end - at - 6));
  }
  EXPECT_EQ(at, body.size());
  return found;
}

TEST(RuntimeHttp, AnswersWhole) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  const Reply reply = client.call("POST", kChat, chat_body());
  ASSERT_EQ(reply.status, 200U) << reply.body;
  const json body = json::parse(reply.body);
  EXPECT_EQ(body["object"], "chat.completion");
  EXPECT_EQ(body["choices"][0]["message"]["content"], expected_text(77, 5));
  EXPECT_EQ(body["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(body["usage"]["prompt_tokens"], 102) << "400 bytes in fours and two role markers";
  EXPECT_EQ(body["usage"]["completion_tokens"], 5);
  EXPECT_EQ(body["usage"]["total_tokens"], 107);
}

TEST(RuntimeHttp, StreamsOneEventAToken) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  const Reply reply =
      client.call("POST", kChat, chat_body({{"stream", true}, {"stream_options", {{"include_usage", true}}}}));
  ASSERT_EQ(reply.status, 200U);
  EXPECT_THAT(reply.head, HasSubstr("Content-Type: text/event-stream"));
  const auto found = events(reply.body);
  ASSERT_EQ(found.size(), 5U + 2U);
  std::string text;
  for (std::size_t i = 0; i < 5; ++i) {
    const json choice = json::parse(found[i])["choices"][0];
    text += choice["delta"]["content"].get<std::string>();
    EXPECT_EQ(choice["delta"].contains("role"), i == 0);
    EXPECT_EQ(choice["finish_reason"], i == 4 ? json("length") : json(nullptr));
  }
  EXPECT_EQ(text, expected_text(77, 5));
  EXPECT_EQ(json::parse(found[5])["usage"]["completion_tokens"], 5);
  EXPECT_EQ(found[6], "[DONE]");
}

TEST(RuntimeHttp, OneConnectionServesManyRequests) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client.call("POST", kChat, chat_body({{"stream", i % 2 == 0}})).status, 200U);
    EXPECT_EQ(client.call("GET", "/health").status, 200U);
  }
}

TEST(RuntimeHttp, AnswersTheLegacyCompletionsToo) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  const Reply reply =
      client.call("POST", "/v1/completions", R"({"model":"alias","prompt":"hello","seed":3,"max_tokens":2})");
  const json body = json::parse(reply.body);
  EXPECT_EQ(body["object"], "text_completion");
  EXPECT_EQ(body["model"], "alias");
  EXPECT_EQ(body["choices"][0]["text"], expected_text(3, 2));
}

TEST(RuntimeHttp, TheModelStopsByItselfWithinItsRange) {
  RuntimeConfig config = quick_runtime();
  config.output_tokens = {.min = 3, .max = 3};
  const RunningServer server(config);
  BlockingClient client(server.port());
  const json stopped = json::parse(client.call("POST", kChat, chat_body()).body);
  EXPECT_EQ(stopped["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(stopped["usage"]["completion_tokens"], 3);
  const json forced = json::parse(client.call("POST", kChat, chat_body({{"ignore_eos", true}})).body);
  EXPECT_EQ(forced["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(forced["usage"]["completion_tokens"], 5);
}

TEST(RuntimeHttp, TheSecondTimeThePromptIsCached) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  EXPECT_EQ(
      json::parse(client.call("POST", kChat, chat_body()).body)["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
  EXPECT_EQ(
      json::parse(client.call("POST", kChat, chat_body()).body)["usage"]["prompt_tokens_details"]["cached_tokens"], 96)
      << "six of the 102 tokens fill no block of 16";
  EXPECT_EQ(metric(server.port(), "vllm:prefix_cache_hits_total"), 96);
  EXPECT_EQ(metric(server.port(), "vllm:prefix_cache_queries_total"), 204);
}

TEST(RuntimeHttp, ErrorsAreObjectsWithTheRightStatus) {
  RuntimeConfig config = quick_runtime();
  config.max_body_bytes = 100'000;
  const RunningServer server(config);
  const auto error = [&](std::string_view target, const std::string& body, unsigned status) {
    BlockingClient client(server.port());
    const Reply reply = client.call("POST", target, body);
    EXPECT_EQ(reply.status, status) << reply.body;
    const json object = json::parse(reply.body);
    EXPECT_EQ(object["error"]["code"], status);
    EXPECT_TRUE(object["error"]["type"].is_string());
    return object["error"]["message"].get<std::string>();
  };
  EXPECT_THAT(error(kChat, chat_body({{"model", "nope"}}), 404), HasSubstr("`nope` does not exist"));
  EXPECT_THAT(error(kChat, "{not json", 400), HasSubstr("not valid JSON"));
  EXPECT_THAT(error(kChat, chat_body({{"n", 2}}), 400), HasSubstr("n = 1"));
  EXPECT_THAT(error(kChat, chat_body({{"max_tokens", 100'000}, {"ignore_eos", true}}), 400),
              HasSubstr("max_model_len 8192"));
  EXPECT_THAT(error("/v1/embeddings", "{}", 404), HasSubstr("Not Found"));
  EXPECT_THAT(error(kChat, std::string(100'001, 'x'), 413), HasSubstr("too long"));
}

TEST(RuntimeHttp, WhatIsNotHttpGets400) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  client.send_raw("\x16\x03\x01 this is not HTTP\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 400U);
}

TEST(RuntimeHttp, AdaptersAreLoadedServedAndUnloaded) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  const std::string load = R"({"lora_name":"new","lora_path":"/adapters/new"})";
  EXPECT_EQ(client.call("POST", kChat, chat_body({{"model", "new"}})).status, 404U);
  const Reply loaded = client.call("POST", "/v1/load_lora_adapter", load);
  EXPECT_EQ(loaded.status, 200U);
  EXPECT_EQ(loaded.body, "Success: LoRA adapter 'new' added successfully.");
  EXPECT_EQ(client.call("POST", "/v1/load_lora_adapter", load).status, 400U) << "twice";
  EXPECT_EQ(client.call("POST", "/v1/load_lora_adapter", R"({"lora_name":"new"})").status, 400U) << "no path";
  EXPECT_EQ(client.call("POST", "/v1/load_lora_adapter", R"({"lora_name":"m","lora_path":"/x"})").status, 400U);
  EXPECT_EQ(client.call("POST", kChat, chat_body({{"model", "new"}})).status, 200U);
  const json models = json::parse(client.call("GET", "/v1/models").body);
  ASSERT_EQ(models["data"].size(), 4U);
  EXPECT_EQ(models["data"][0]["id"], "m");
  EXPECT_EQ(models["data"][0]["max_model_len"], 8192);
  EXPECT_EQ(models["data"][2]["id"], "new");
  EXPECT_EQ(models["data"][2]["parent"], "m");
  EXPECT_EQ(client.call("POST", "/v1/unload_lora_adapter", R"({"lora_name":"new"})").status, 200U);
  EXPECT_EQ(client.call("POST", "/v1/unload_lora_adapter", R"({"lora_name":"new"})").status, 404U);
  EXPECT_EQ(client.call("POST", kChat, chat_body({{"model", "new"}})).status, 404U);
}

TEST(RuntimeHttp, MetricsCountWhatWasServed) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.call("POST", kChat, chat_body()).status, 200U);
  EXPECT_EQ(metric(server.port(), "vllm:prompt_tokens_total"), 306);
  EXPECT_EQ(metric(server.port(), "vllm:generation_tokens_total"), 15);
  EXPECT_EQ(metric(server.port(), "vllm:time_to_first_token_seconds_count"), 3);
  EXPECT_EQ(metric(server.port(), "vllm:inter_token_latency_seconds_count"), 12);
  EXPECT_EQ(metric(server.port(), "vllm:e2e_request_latency_seconds_count"), 3);
  EXPECT_EQ(metric(server.port(), "vllm:num_requests_running"), 0);
  EXPECT_EQ(metric(server.port(), "vllm:kv_cache_usage_perc"), 0);
}

TEST(RuntimeHttp, EveryLineOfTheMetricsPageIsPrometheusText) {
  const RunningServer server(quick_runtime());
  BlockingClient client(server.port());
  const Reply reply = client.call("GET", "/metrics");
  EXPECT_THAT(reply.head, HasSubstr("text/plain; version=0.0.4"));
  std::istringstream lines(reply.body);
  int samples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP vllm:") || line.starts_with("# TYPE vllm:")) continue;
    EXPECT_THAT(line, testing::MatchesRegex("vllm:[a-z0-9_]+[{]([a-z_]+=\"[^\"]*\",?)+[}] [-0-9.e+]+"));
    ++samples;
  }
  EXPECT_GT(samples, 80);
}

TEST(RuntimeHttp, APortInUseIsAClearError) {
  const RunningServer server(quick_runtime());
  RuntimeConfig config = quick_runtime();
  config.listen.port = server.port();
  const RealClock clock;
  const auto second = RuntimeServer::open(config, clock);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr(formatted("127.0.0.1:{}", server.port())));
}

}  // namespace
}  // namespace pathwise::lab
