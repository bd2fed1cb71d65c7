// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "router/openai/inspect.h"

namespace pathwise::router::openai {
namespace {

class Inspect : public testing::Test {
 protected:
  std::expected<BodyFacts, BodyError> run(std::string_view body, Endpoint endpoint = Endpoint::kChatCompletions,
                                          std::uint64_t seed = 1) {
    text_.assign(body);
    text_.resize(body.size() + kBodyPadding, '\0');
    return inspector_.inspect(std::string_view(text_).substr(0, body.size()), endpoint, seed);
  }
  std::vector<std::uint64_t> blocks(std::string_view body, std::uint64_t seed = 1) {
    const auto facts = run(body, Endpoint::kChatCompletions, seed);
    EXPECT_TRUE(facts.has_value());
    return facts ? std::vector(facts->prefix_blocks.begin(), facts->prefix_blocks.end()) : std::vector<std::uint64_t>{};
  }
  BodyInspector inspector_;
  std::string text_;
};

TEST_F(Inspect, ReadsWhatTheRouterNeeds) {
  const std::string body =
      R"({"temperature":0.2,"messages":[{"role":"user","content":"hello"}], "model" : "llama-70b" ,"stream":true,)"
      R"("max_tokens":77,"tools":[{"a":[1,2,{"b":null}]}]})";
  const auto facts = run(body);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->model, "llama-70b");
  EXPECT_EQ(body.substr(facts->model_begin, facts->model_end - facts->model_begin), "\"llama-70b\"");
  EXPECT_TRUE(facts->stream);
  EXPECT_EQ(facts->max_tokens, 77u);
  EXPECT_EQ(facts->prompt_bytes, std::string_view(R"(role"user"content"hello")").size());
  EXPECT_TRUE(facts->prefix_blocks.empty());
}

TEST_F(Inspect, CompletionsTakePrompts) {
  EXPECT_TRUE(run(R"({"model":"m","prompt":"once"})", Endpoint::kCompletions).has_value());
  EXPECT_TRUE(run(R"({"model":"m","prompt":["a","b"]})", Endpoint::kCompletions).has_value());
  EXPECT_EQ(run(R"({"model":"m","messages":[]})", Endpoint::kCompletions).error().param, "prompt");
  EXPECT_EQ(run(R"({"model":"m","prompt":5})", Endpoint::kCompletions).error().code, "invalid_type");
}

TEST_F(Inspect, ContentPartsAndNullsPass) {
  EXPECT_TRUE(run(R"({"model":"m","stream":null,"max_tokens":null,"messages":[{"role":"user","content":)"
                  R"([{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:"}}]},)"
                  R"({"role":"assistant","content":null,"tool_calls":[{"id":"1"}]}]})")
                  .has_value());
}

TEST_F(Inspect, RefusesWhatIsNotARequest) {
  EXPECT_EQ(run("").error().code, "invalid_json");
  EXPECT_EQ(run("hello").error().code, "invalid_json");
  EXPECT_EQ(run("[1]").error().code, "invalid_json");
  EXPECT_EQ(run(R"({"model":"m")").error().code, "invalid_json");
  EXPECT_EQ(run(R"({"model":"m","messages":[]} {})").error().code, "invalid_json");
  EXPECT_EQ(run("{\"model\":\"m\xff\",\"messages\":[]}").error().code, "invalid_json");
  EXPECT_EQ(run("").error().message, "The request body is not valid JSON: it is empty.");
  EXPECT_EQ(run(R"({"model" "m"})").error().message, "The request body is not valid JSON: the syntax is wrong.");
  EXPECT_EQ(run("{\"model\":\"m\xff\"}").error().message, "The request body is not valid JSON: it is not UTF-8.");
  EXPECT_EQ(run(R"({"messages":[]})").error().param, "model");
  EXPECT_EQ(run(R"({"model":5,"messages":[]})").error().code, "invalid_type");
  EXPECT_EQ(run(R"({"model":"","messages":[]})").error().code, "missing_required_parameter");
  EXPECT_EQ(run(R"({"model":"m"})").error().param, "messages");
  EXPECT_EQ(run(R"({"model":"m","messages":"x"})").error().param, "messages");
  EXPECT_EQ(run(R"({"model":"m","messages":[1]})").error().param, "messages");
  EXPECT_EQ(run(R"({"model":"m","messages":[],"stream":"yes"})").error().param, "stream");
  EXPECT_EQ(run(R"({"model":"m","messages":[],"max_tokens":-1})").error().param, "max_tokens");
  EXPECT_EQ(run(R"({"model":"m","messages":[],"max_tokens":99999999999999999999})").error().param, "max_tokens");
}

TEST_F(Inspect, RefusesASecondModelHoweverItIsSpelled) {
  EXPECT_EQ(run(R"({"model":"a","messages":[],"model":"b"})").error().code, "duplicate_key");
  EXPECT_EQ(run(R"({"model":"a","messages":[],"mod\u0065l":"b"})").error().code, "duplicate_key");
  EXPECT_EQ(run(R"({"model":"a","messages":[],"messages":[]})").error().code, "duplicate_key");
}

// A value that the router skips is skipped without recursion, however deep.
TEST_F(Inspect, DeepNestingIsHarmless) {
  const std::string deep = R"({"model":"m","messages":[{"role":"user","content":)" + std::string(500'000, '[') +
                           std::string(500'000, ']') + "}]}";
  EXPECT_TRUE(run(deep).has_value());
  EXPECT_FALSE(run(deep.substr(0, deep.size() - 3)).has_value());
}

std::string chat(std::string_view system, std::string_view user) {
  return std::string(R"({"model":"m","messages":[{"role":"system","content":")") + std::string(system) +
         R"("},{"role":"user","content":")" + std::string(user) + R"("}]})";
}

TEST_F(Inspect, SharedPrefixesShareBlocks) {
  const std::string system(3000, 's');
  const auto first = blocks(chat(system, std::string(3000, 'a')));
  const auto second = blocks(chat(system, std::string(3000, 'b')));
  ASSERT_EQ(first.size(), second.size());
  ASSERT_GE(first.size(), 11u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(first[i], second[i]) << i;
  for (std::size_t i = 6; i < first.size(); ++i) EXPECT_NE(first[i], second[i]) << "a block hashes all before it";
}

TEST_F(Inspect, ALaterTurnExtendsTheBlocks) {
  const std::string turn(2000, 'u');
  const auto first = blocks(R"({"model":"m","messages":[{"role":"user","content":")" + turn + R"("}]})");
  const auto second = blocks(R"({"messages":[{"content":"x","role":"y"}],"model":"m"})");
  EXPECT_TRUE(second.empty());
  const auto third = blocks(R"({ "messages": [ {"role":"user","content":")" + turn +
                            R"("}, {"role":"assistant","content":")" + turn + R"("} ], "model": "m" })");
  ASSERT_GT(third.size(), first.size());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i], third[i]) << "white space does not count";
}

TEST_F(Inspect, TenantsShareNothing) {
  const std::string body = chat(std::string(3000, 's'), "x");
  EXPECT_NE(blocks(body, prefix_seed("acme")), blocks(body, prefix_seed("globex")));
}

TEST_F(Inspect, BlocksAreBounded) {
  EXPECT_EQ(blocks(chat(std::string(600'000, 's'), "x")).size(), kMaxPrefixBlocks);
}

TEST(TokenCount, IsFoundInATail) {
  const std::string_view tail = R"(,"usage":{"prompt_tokens":12,"total_tokens": 40,"completion_tokens" : 28}})";
  EXPECT_EQ(find_token_count(tail, "prompt_tokens"), 12u);
  EXPECT_EQ(find_token_count(tail, "completion_tokens"), 28u);
  const std::string_view details =
      R"("usage":{"prompt_tokens":12,"completion_tokens":28,"prompt_tokens_details":{"cached_tokens":8}}})";
  EXPECT_EQ(find_token_count(details, "prompt_tokens"), 12u);
  EXPECT_EQ(find_token_count("no usage", "prompt_tokens"), 0u);
  EXPECT_EQ(find_token_count("prompt_tokens", "prompt_tokens"), 0u);
  EXPECT_EQ(find_token_count(R"("prompt_tokens":)", "prompt_tokens"), 0u);
}

}  // namespace
}  // namespace pathwise::router::openai
