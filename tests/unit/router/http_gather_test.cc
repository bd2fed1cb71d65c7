// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "router/http/gather.h"

namespace pathwise::router::http {
namespace {

TEST(StartRequest, DropsWhatEndsHereAndKeepsTheRestAsItWas) {
  const std::string text =
      "POST /v1/completions HTTP/1.0\r\nHost: api\r\nUser-Agent:  curl  \r\nConnection: keep-alive, X-Private\r\n"
      "X-Private: 1\r\nAuthorization: Bearer pw-k1-s\r\nAccept: */*\r\nX-Pathwise-Tier: realtime\r\n"
      "x-request-id: r\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\ntraceparent: "
      "00-a\r\n\r\n";
  RequestHead head;
  ASSERT_TRUE(parse_request(text, {}, head).has_value());
  Gather out;
  start_request(out, head);
  EXPECT_EQ(out.flat(), "POST /v1/completions HTTP/1.1\r\nUser-Agent:  curl  \r\nAccept: */*\r\ntraceparent: 00-a\r\n");
  EXPECT_EQ(out.size(), out.flat().size());
}

TEST(StartRequest, UnchangedRunsAreOnePiece) {
  const std::string text = "GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nHost: x\r\nD: 4\r\n\r\n";
  RequestHead head;
  ASSERT_TRUE(parse_request(text, {}, head).has_value());
  Gather out;
  start_request(out, head);
  out.append("\r\n");
  const auto pieces = out.pieces();
  ASSERT_EQ(pieces.size(), 5u);  // "GET /", own version, A..C, D, empty line
  EXPECT_EQ(std::string_view(static_cast<const char*>(pieces[2].iov_base), pieces[2].iov_len),
            "A: 1\r\nB: 2\r\nC: 3\r\n");
}

TEST(StartResponse, KeepsFraming) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
      "x-pathwise-site: forged\r\nX-Request-Id: theirs\r\n\r\n";
  ResponseHead head;
  ASSERT_TRUE(parse_response(text, {}, head).has_value());
  Gather out;
  start_response(out, head, std::string_view(text).substr(0, text.find('\n') + 1));
  EXPECT_EQ(out.flat(), "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n");
}

TEST(Gather, OwnTextSurvivesGrowth) {
  Gather out;
  std::string expected;
  for (std::uint64_t i = 0; i < 200; ++i) {
    out.header("x-n", i);
    expected += "x-n: " + std::to_string(i) + "\r\n";
  }
  out.borrow("body");
  expected += "body";
  EXPECT_EQ(out.flat(), expected);
  std::string written;
  for (const iovec& piece : out.pieces()) written.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  EXPECT_EQ(written, expected);
}

}  // namespace
}  // namespace pathwise::router::http
