// SPDX-License-Identifier: Apache-2.0
// No bad request may reach the runtime, and each gets an error object that says what is wrong.

#include "base/format.h"
#include "forward_harness.h"

namespace pathwise::router::forward {
namespace {

struct Refused {
  std::string_view name;
  std::string request;
  int status;
  std::string_view code;
};
class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, IsAnErrorObjectAndReachesNoRuntime) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()}, {.body_bytes = 1000});
  Connection client = router.connect();
  client.send(GetParam().request);
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), GetParam().status) << answer.head << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(formatted("\"code\":\"{}\"", GetParam().code)));
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(runtime.connections(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, RefusedRequest,
    testing::Values(
        Refused{"NoKey", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 401,
                "invalid_api_key"},
        Refused{"BadSecret", chat(kBody, "", "pw-k1-not-the-secret"), 401, "invalid_api_key"},
        Refused{"UnknownKey", chat(kBody, "", "pw-k9-secret-of-acme"), 401, "invalid_api_key"},
        Refused{"NotJson", chat("hello"), 400, "invalid_json"},
        Refused{"NoModel", chat(R"({"messages":[]})"), 400, "missing_required_parameter"},
        Refused{"TwoModels", chat(R"({"model":"llama","messages":[],"model":"absent"})"), 400, "duplicate_key"},
        Refused{"UnknownModel", chat(R"({"model":"gpt-9","messages":[]})"), 404, "model_not_found"},
        Refused{"ModelNowhere", chat(R"({"model":"absent","messages":[]})"), 503, "overloaded"},
        Refused{"TooLong", chat(R"({"model":"llama","messages":[],"x":")" + std::string(2000, 'x') + "\"}"), 413,
                "request_too_large"},
        Refused{"TierNotEntitled", chat(kBody, "x-pathwise-tier: premium\r\n"), 403, "tier_not_entitled"},
        Refused{"UnknownTier", chat(kBody, "x-pathwise-tier: gold\r\n"), 400, "invalid_tier"},
        Refused{"BadLabels", chat(kBody, "x-pathwise-labels: a,b\r\n"), 400, "invalid_labels"},
        Refused{"Residency", chat(kBody, "x-pathwise-labels: data=personal-eu\r\n"), 403, "residency"},
        Refused{"ResidencyInASecondLine",
                chat(kBody, "x-pathwise-labels: team=x\r\nX-Pathwise-Labels: data=personal-eu\r\n"), 403, "residency"},
        Refused{"ResidencyAfterAnEmptyLine",
                chat(kBody, "x-pathwise-labels:\r\nx-pathwise-labels: data=personal-eu\r\n"), 403, "residency"},
        Refused{"LabelTwice", chat(kBody, "x-pathwise-labels: data=public\r\nx-pathwise-labels: data=personal-eu\r\n"),
                400, "invalid_labels"},
        Refused{"EmptyTier", chat(kBody, "x-pathwise-tier:\r\n"), 400, "invalid_tier"},
        Refused{"OtherExpectation", chat(kBody, "Expect: 200-ok\r\n"), 417, "bad_request"},
        Refused{"TwoTiers", chat(kBody, "x-pathwise-tier: realtime\r\nX-Pathwise-Tier: premium\r\n"), 400,
                "repeated_header"},
        Refused{"TwoKeys", chat(kBody, "authorization: Bearer pw-k1-other\r\n"), 400, "repeated_header"},
        Refused{"TwoRequestIds", chat(kBody, "x-request-id: a\r\nx-request-id: b\r\n"), 400, "repeated_header"},
        Refused{"TwoTraces", chat(kBody, "traceparent: 00-a\r\ntraceparent: 00-a\r\n"), 400, "repeated_header"},
        Refused{"TwoHops", chat(kBody, "x-pathwise-hop: 1\r\nx-pathwise-hop: 2\r\n"), 400, "repeated_header"},
        Refused{"UnknownPath", "GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n", 404, "unknown_url"},
        Refused{"WrongMethod", "GET /v1/chat/completions HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed"},
        Refused{"LengthAndChunked",
                "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: "
                "chunked\r\n\r\n{}",
                400, "bad_request"},
        Refused{"BadChunk",
                formatted("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n"
                          "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                          kKey),
                400, "bad_chunk"},
        Refused{"ChunkedTooLong",
                formatted("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n800\r\n{}\r\n0\r\n\r\n",
                          kKey, std::string(2048, 'x')),
                413, "request_too_large"}),
    [](const testing::TestParamInfo<Refused>& info) { return std::string(info.param.name); });

// The runtime of the harness says 8192 tokens; four bytes a token.
TEST(Forward, APromptThatFitsNowhereIsTheClientsError) {
  ScriptedServer runtime(always(kReply));
  policy::FabricConfig config = fabric_config();
  config.models[1].context_tokens = 20;  // "absent", which no site serves
  Harness router({runtime.port()}, {}, config);
  Connection client = router.connect();
  client.send(chat(R"({"model":"llama","messages":[{"role":"user","content":")" + std::string(40'000, 'w') + "\"}]}"));
  auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.header("retry-after"), "");
  EXPECT_THAT(answer.body, HasSubstr("\"code\":\"context_length_exceeded\""));
  EXPECT_THAT(answer.body, HasSubstr("\"type\":\"invalid_request_error\",\"param\":\"messages\""));
  EXPECT_THAT(answer.body, HasSubstr("8192 tokens"));
  EXPECT_EQ(router.record().outcome, select::Outcome::kClientError);
  client.send(chat(R"({"model":"absent","messages":[{"role":"user","content":")" + std::string(400, 'w') + "\"}]}"));
  answer = client.receive_message();
  EXPECT_EQ(answer.status(), 400);
  EXPECT_THAT(answer.body, HasSubstr("20 tokens"));
  EXPECT_EQ(runtime.connections(), 0);
}

TEST(Forward, ThePolicysContextIsEnforced) {
  ScriptedServer runtime(always(kReply));
  policy::FabricConfig config = fabric_config();
  config.models[0].context_tokens = 100;
  Harness router({runtime.port()}, {}, config);
  Connection client = router.connect();
  client.send(chat(kBody));
  EXPECT_EQ(client.receive_message().status(), 200);
  const std::string body = formatted(R"({{"model":"llama","prompt":"{}"}})", std::string(1000, 'w'));
  client.send(
      formatted("POST /v1/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n"
                "Content-Length: {}\r\n\r\n{}",
                kKey, body.size(), body));
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 400);
  EXPECT_THAT(answer.body, HasSubstr("\"param\":\"prompt\",\"code\":\"context_length_exceeded\""));
  EXPECT_THAT(answer.body, HasSubstr("100 tokens"));
}

TEST(Forward, ResidencyNamesTheRule) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(kBody, "x-pathwise-labels: data=personal-eu\r\n"));
  EXPECT_THAT(client.receive_message().body, HasSubstr("eu-only: jurisdiction IN is not one of EU"));
}

}  // namespace
}  // namespace pathwise::router::forward
