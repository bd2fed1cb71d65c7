// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <array>

#include "lab/runtime/metrics.h"
#include "lab/runtime/openai.h"

namespace pathwise::lab {
namespace {

using testing::HasSubstr;

std::expected<CompletionRequest, ApiError> chat(std::string_view body) {
  return parse_completion(body, ApiKind::kChat, 4);
}

TEST(OpenAi, ReadsAChatRequest) {
  const auto request = chat(R"({"model":"m","messages":[{"role":"system","content":"abcdefgh"},
      {"role":"user","content":[{"type":"text","text":"abc"}]}],"max_tokens":7,"seed":5,"stream":true,
      "stream_options":{"include_usage":true},"temperature":0.7})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->model, "m");
  EXPECT_EQ(request->prompt.size(), 1 + 2 + 1 + 1 + 1U) << "a marker a message, 8 / 4 bytes, 3 / 4 bytes, a marker";
  EXPECT_EQ(request->max_tokens, 7U);
  EXPECT_EQ(request->seed, 5U);
  EXPECT_TRUE(request->stream);
  EXPECT_TRUE(request->include_usage);
}

TEST(OpenAi, TheNextTurnRepeatsTheTokensOfTheLast) {
  const std::string answer = word(5, 0, 4) + word(5, 1, 4);
  const auto first = chat(R"({"model":"m","messages":[{"role":"user","content":"abcde"}]})");
  const auto second =
      chat(R"({"model":"m","messages":[{"role":"user","content":"abcde"},{"role":"assistant","content":")" + answer +
           R"("},{"role":"user","content":"x"}]})");
  ASSERT_TRUE(first && second);
  std::vector<TokenHash> with_answer = first->prompt;
  append_tokens(answer, 4, with_answer);
  ASSERT_GT(second->prompt.size(), with_answer.size());
  EXPECT_TRUE(std::equal(with_answer.begin(), with_answer.end(), second->prompt.begin()));
}

TEST(OpenAi, ReadsACompletionRequest) {
  const auto request = parse_completion(R"({"model":"m","prompt":"abcdefgh"})", ApiKind::kCompletion, 4);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->prompt.size(), 2U);
  EXPECT_FALSE(request->stream);
  EXPECT_TRUE(parse_completion(R"({"model":"m","prompt":["abc"]})", ApiKind::kCompletion, 4));
  EXPECT_FALSE(parse_completion(R"({"model":"m","prompt":["abc","def"]})", ApiKind::kCompletion, 4));
  EXPECT_FALSE(parse_completion(R"({"model":"m","prompt":""})", ApiKind::kCompletion, 4));
}

TEST(OpenAi, RefusesWhatItCannotServe) {
  const std::array bad{
      R"()",
      R"({)",
      R"([])",
      R"("text")",
      R"({"model":"m"})",
      R"({"model":1,"messages":[{"role":"user","content":"x"}]})",
      R"({"messages":[{"role":"user","content":"x"}]})",
      R"({"model":"m","messages":[]})",
      R"({"model":"m","messages":[{"content":"x"}]})",
      R"({"model":"m","messages":[{"role":"user","content":5}]})",
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]})",
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"n":2})",
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":0})",
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":"9"})",
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":99999999999})",
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"stream":1})",
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"stream_options":{}})",
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}",
  };
  for (const std::string_view body : bad) {
    const auto request = chat(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().status, 400U) << body;
    EXPECT_EQ(request.error().type, "BadRequestError") << body;
  }
}

TEST(OpenAi, MaxCompletionTokensWinsOverMaxTokens) {
  const auto request = chat(
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":7,"max_completion_tokens":9,"n":1})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->max_tokens, 9U);
}

TEST(OpenAi, WritesTheEventsOfAStream) {
  const ResponseHead head{.kind = ApiKind::kChat, .id = "chatcmpl-1", .model = "m", .created = 3};
  EXPECT_EQ(
      render_chunk(head, " abc", true, ""),
      R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":3,"model":"m","choices":[{"index":0,)"
      R"("delta":{"role":"assistant","content":" abc"},"logprobs":null,"finish_reason":null}]})"
      "\n\n");
  EXPECT_THAT(render_chunk(head, " abc", false, "stop"), HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(render_chunk(head, " abc", false, "stop"), testing::Not(HasSubstr("role")));
  EXPECT_THAT(render_usage_chunk(head, {10, 4, 8}),
              HasSubstr(R"("choices":[],"usage":{"prompt_tokens":10,"total_tokens":14,"completion_tokens":4,)"
                        R"("prompt_tokens_details":{"cached_tokens":8}})"));
}

TEST(OpenAi, WritesErrorObjects) {
  EXPECT_EQ(
      render(ApiError{404, "NotFoundError", "The model `x` does not exist.", "model"}),
      R"({"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":"model","code":404}})");
}

TEST(Metrics, HistogramsAreCumulativeAndCloseWithInfinity) {
  static constexpr std::array kBounds{0.5, 1.0};
  Histogram histogram(kBounds);
  histogram.observe(Seconds(0.5));
  histogram.observe(Seconds(0.7));
  histogram.observe(Seconds(9));
  std::string out;
  histogram.render("h", "a=\"b\"", out);
  EXPECT_EQ(out,
            "h_bucket{a=\"b\",le=\"0.5\"} 1\nh_bucket{a=\"b\",le=\"1.0\"} 2\nh_bucket{a=\"b\",le=\"+Inf\"} 3\n"
            "h_count{a=\"b\"} 3\nh_sum{a=\"b\"} 10.2\n");
}

TEST(Metrics, ThePageHasVllmsNamesAndLabels) {
  RuntimeConfig config;
  config.models = {ModelName("llama \"8b\""), ModelName("other")};
  config.engine.lora = {.max = 2, .load_time = Milliseconds(500), .adapters = {AdapterName("sql")}};
  BatchEngine engine(config.engine);
  ASSERT_TRUE(engine.submit({.prompt_tokens = 100, .output_tokens = 2, .adapter = AdapterName("sql")}, SteadyTime{}));
  const std::string page = render_metrics(config, engine, RequestMetrics{}, 1234.5);
  for (const char* line : {
           "vllm:num_requests_waiting{engine=\"0\",model_name=\"llama \\\"8b\\\"\"} 1\n",
           "vllm:num_requests_running{engine=\"0\",model_name=\"llama \\\"8b\\\"\"} 0\n",
           "# TYPE vllm:kv_cache_usage_perc gauge\n",
           "# TYPE vllm:prefix_cache_hits_total counter\n",
           "vllm:prefix_cache_queries_total{",
           "vllm:prompt_tokens_total{",
           "vllm:generation_tokens_total{",
           "vllm:num_preemptions_total{",
           "vllm:request_success_total{engine=\"0\",model_name=\"llama \\\"8b\\\"\",finished_reason=\"stop\"} 0\n",
           "vllm:time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"llama \\\"8b\\\"\",le=\"0.001\"} 0\n",
           "vllm:inter_token_latency_seconds_count{",
           "vllm:cache_config_info{block_size=\"16\",cache_dtype=\"auto\",enable_prefix_caching=\"True\",engine=\"0\","
           "num_gpu_blocks=\"4096\"} 1\n",
           "vllm:lora_requests_info{max_lora=\"2\",running_lora_adapters=\"\",waiting_lora_adapters=\"sql\"} 1234.5\n",
       }) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

}  // namespace
}  // namespace pathwise::lab
