// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "router/openai/authenticator.h"
#include "router/openai/endpoint.h"
#include "router/openai/error.h"

namespace pathwise::router::openai {
namespace {

using namespace std::chrono_literals;

TEST(BearerKey, TakesOurKeysOnly) {
  EXPECT_EQ(bearer_key("Bearer pw-k1-secret"), "pw-k1-secret");
  EXPECT_EQ(bearer_key("bearer  pw-k1-secret "), "pw-k1-secret");
  EXPECT_EQ(bearer_key("Basic cHc="), std::nullopt);
  EXPECT_EQ(bearer_key("Bearer sk-other"), std::nullopt);
  EXPECT_EQ(bearer_key("Bearer "), std::nullopt);
  EXPECT_EQ(bearer_key("Bearer pw-" + std::string(300, 'x')), std::nullopt);
}

TEST(KeyCache, KnowsGoodAndBadKeysOfOnePolicy) {
  ManualClock clock;
  KeyCache cache;
  const KeyDigest good = digest_key("pw-k1-good");
  const KeyDigest bad = digest_key("pw-k1-bad");
  EXPECT_EQ(cache.find(good, 1, clock.now()), nullptr);
  cache.remember(good, 1, TenantName{"acme"}, clock.now());
  cache.remember(bad, 1, std::nullopt, clock.now());
  ASSERT_NE(cache.find(good, 1, clock.now()), nullptr);
  EXPECT_EQ(cache.find(good, 1, clock.now())->tenant, TenantName{"acme"});
  ASSERT_NE(cache.find(bad, 1, clock.now()), nullptr);
  EXPECT_TRUE(cache.find(bad, 1, clock.now())->tenant.empty());
  clock.advance(31s);
  EXPECT_EQ(cache.find(bad, 1, clock.now()), nullptr) << "a key may have been added";
  EXPECT_NE(cache.find(good, 1, clock.now()), nullptr);
  EXPECT_EQ(cache.find(good, 2, clock.now()), nullptr) << "a new policy asks again";
}

TEST(KeyCache, IsBoundedAndForgetsTheOldest) {
  ManualClock clock;
  KeyCache cache({.max_entries = 2, .refused_for = 30s});
  const auto put = [&](std::string_view key) { cache.remember(digest_key(key), 1, TenantName{key}, clock.now()); };
  put("a");
  put("b");
  EXPECT_NE(cache.find(digest_key("a"), 1, clock.now()), nullptr);
  put("c");
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.find(digest_key("b"), 1, clock.now()), nullptr);
  EXPECT_NE(cache.find(digest_key("a"), 1, clock.now()), nullptr);
}

TEST(Endpoint, Classifies) {
  EXPECT_EQ(classify("POST", "/v1/chat/completions"), Endpoint::kChatCompletions);
  EXPECT_EQ(classify("GET", "/v1/chat/completions"), Endpoint::kMethodNotAllowed);
  EXPECT_EQ(classify("GET", "/v1/models"), Endpoint::kModels);
  EXPECT_EQ(classify("HEAD", "/v1/models"), Endpoint::kModels);
  EXPECT_EQ(classify("HEAD", "/v1/completions"), Endpoint::kMethodNotAllowed);
  EXPECT_EQ(classify("GET", "/v1"), Endpoint::kUnknown);
  EXPECT_EQ(allowed_methods("/v1/completions"), "POST");
  EXPECT_EQ(allowed_methods("/ready"), "GET, HEAD");
  EXPECT_EQ(allowed_methods("/v1"), "");
}

TEST(ErrorBody, IsOpenAis) {
  EXPECT_EQ(error_body(unknown_model("a\"b")),
            R"({"error":{"message":"The model `a\"b` does not exist or you do not have access to it.",)"
            R"("type":"invalid_request_error","param":"model","code":"model_not_found"}})");
  EXPECT_LT(error_body(unknown_model(std::string(20'000, 'm'))).size(), 300U) << "a long name is cut";
  EXPECT_EQ(error_body(bad_gateway("x")),
            R"({"error":{"message":"x","type":"server_error","param":null,"code":"bad_gateway"}})");
}

TEST(JsonEscape, MakesEveryByteStringValid) {
  std::string out;
  append_json_escaped(out, "a\n\x01\xff\xc3\xa9\xed\xa0\x80");
  EXPECT_EQ(out, "a\\u000a\\u0001\xEF\xBF\xBD\xc3\xa9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace pathwise::router::openai
