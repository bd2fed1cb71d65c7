// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/format.h"
#include "router/http/head.h"

namespace pathwise::router::http {
namespace {

std::expected<RequestHead, HeadError> request(std::string_view text) {
  static std::string kept;  // the views of the result point here
  kept = text;
  RequestHead head;
  if (auto parsed = parse_request(kept, {}, head); !parsed) return std::unexpected(parsed.error());
  return head;
}

std::expected<ResponseHead, HeadError> response(std::string_view text) {
  static std::string kept;
  kept = text;
  ResponseHead head;
  if (auto parsed = parse_response(kept, {}, head); !parsed) return std::unexpected(parsed.error());
  return head;
}

TEST(RequestHead, ReadsLineAndHeaders) {
  const auto head =
      request("POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nX-Empty:\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/v1/chat/completions?a=b");
  EXPECT_EQ(head->path(), "/v1/chat/completions");
  EXPECT_EQ(head->content_length, 12u);
  EXPECT_FALSE(head->chunked);
  EXPECT_TRUE(head->keep_alive);
  EXPECT_EQ(head->find("x-empty"), "");
  EXPECT_EQ(head->find("HOST"), "x");
  EXPECT_EQ(head->find("absent"), std::nullopt);
}

TEST(RequestHead, KnowsChunkedAndExpect) {
  const auto head = request("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_TRUE(head->chunked);
  EXPECT_TRUE(head->expect_continue);
  EXPECT_EQ(head->content_length, std::nullopt);
  EXPECT_FALSE(request("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")->expect_continue) << "knows no 100";
}

TEST(RequestHead, ConnectionDecidesKeepAlive) {
  EXPECT_FALSE(request("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")->keep_alive);
  EXPECT_FALSE(request("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  EXPECT_EQ(request("GET / HTTP/1.0\r\n\r\n")->minor_version, 0);
  EXPECT_TRUE(request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->keep_alive);
}

TEST(RequestHead, ListsJoinTheirLines) {
  const auto head = request("GET / HTTP/1.1\r\nHost: x\r\nX-L: a=1\r\nother: o\r\nx-l:\r\nx-l:  b=2,c=3 \r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->find_list("x-l"), "a=1, b=2,c=3");
  EXPECT_EQ(head->find_list("other"), "o");
  EXPECT_EQ(head->find_list("absent"), std::nullopt);
  EXPECT_TRUE(head->repeated("X-L"));
  EXPECT_FALSE(head->repeated("other"));
  EXPECT_FALSE(head->repeated("absent"));
}

struct BadCase {
  std::string_view name, text;
  HeadError error;
};

class BadRequest : public testing::TestWithParam<BadCase> {};

TEST_P(BadRequest, IsRefused) {
  const auto head = request(GetParam().text);
  ASSERT_FALSE(head.has_value());
  EXPECT_EQ(head.error(), GetParam().error) << to_string(head.error());
}

INSTANTIATE_TEST_SUITE_P(
    Framing, BadRequest,
    testing::Values(
        BadCase{"LengthAndChunked",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                HeadError::kMalformed},
        BadCase{"ChunkedAndLength",
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
                HeadError::kMalformed},
        BadCase{"TwoLengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
                HeadError::kMalformed},
        BadCase{"TwoEqualLengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
                HeadError::kMalformed},
        BadCase{"ListedLengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\n", HeadError::kMalformed},
        BadCase{"SignedLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\n", HeadError::kMalformed},
        BadCase{"HugeLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                HeadError::kMalformed},
        BadCase{"ObsFold", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", HeadError::kMalformed},
        BadCase{"BareLf", "GET / HTTP/1.1\nHost: x\r\n\r\n", HeadError::kVersion},
        BadCase{"BareLfInHeaders", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", HeadError::kMalformed},
        BadCase{"BareCr", "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", HeadError::kMalformed},
        BadCase{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", HeadError::kMalformed},
        BadCase{"Nul", std::string_view("GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n", 29), HeadError::kMalformed},
        BadCase{"GzipCoding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                HeadError::kTransferEncoding},
        BadCase{"TwiceChunked",
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                HeadError::kMalformed},
        BadCase{"SpelledChunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
                HeadError::kTransferEncoding},
        BadCase{"NoHost", "GET / HTTP/1.1\r\nA: b\r\n\r\n", HeadError::kMissingHost},
        BadCase{"TwoHosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", HeadError::kMissingHost},
        BadCase{"OtherExpectation", "POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n", HeadError::kExpectation},
        BadCase{"MoreExpectations", "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nExpect: more\r\n\r\n",
                HeadError::kExpectation},
        BadCase{"Http2Preface", "PRI * HTTP/2.0\r\n\r\n", HeadError::kMalformed},
        BadCase{"Version3", "GET / HTTP/3.0\r\nHost: x\r\n\r\n", HeadError::kVersion}),
    [](const testing::TestParamInfo<BadCase>& info) { return std::string(info.param.name); });

TEST(RequestHead, LimitsCount) {
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 101; ++i) many += formatted("a{}: b\r\n", i);
  EXPECT_EQ(request(many + "\r\n").error(), HeadError::kTooLarge);
  const std::string long_one = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(70'000, 'b') + "\r\n\r\n";
  EXPECT_EQ(request(long_one).error(), HeadError::kTooLarge);
  EXPECT_EQ(status_of(HeadError::kTooLarge), 431);
}

TEST(HeadEnd, IsFoundAcrossReads) {
  const std::string text = "GET / HTTP/1.1\r\nHost: x\r\n\r\nbody";
  std::size_t scanned = 0;
  std::size_t found = 0;
  std::size_t at = 0;
  for (std::size_t size = 1; size <= text.size() && found == 0; ++size) {
    found = find_head_end(std::string_view(text).substr(0, size), scanned);
    at = size;
  }
  EXPECT_EQ(found, text.size() - 4);
  EXPECT_EQ(at, text.size() - 4);
}

TEST(ResponseHead, KnowsHowTheBodyEnds) {
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")->content_length, 5u);
  EXPECT_TRUE(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")->chunked);
  const auto open_end = response("HTTP/1.1 503 Busy\r\n\r\n");
  EXPECT_EQ(open_end->status, 503);
  EXPECT_TRUE(open_end->until_close());
  EXPECT_FALSE(open_end->keep_alive);
  EXPECT_FALSE(response("HTTP/1.1 204 No Content\r\n\r\n")->has_body());
}

TEST(ResponseHead, RefusesWhatIsAmbiguous) {
  EXPECT_FALSE(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n").has_value());
  EXPECT_FALSE(response("HTTP/1.1 20 OK\r\n\r\n").has_value());
  EXPECT_FALSE(response("ICY 200 OK\r\n\r\n").has_value());
}

}  // namespace
}  // namespace pathwise::router::http
