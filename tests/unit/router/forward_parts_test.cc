// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "router/forward/load_header.h"
#include "router/forward/relay.h"

namespace pathwise::router::forward {
namespace {

http::ResponseHead head(std::string_view text) {
  static std::string kept;
  kept = text;
  http::ResponseHead parsed;
  EXPECT_TRUE(http::parse_response(kept, {}, parsed).has_value());
  return parsed;
}

TEST(BodyTracker, EndsWithTheLength) {
  BodyTracker body(head("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_EQ(*body.feed("abc"), 3u);
  EXPECT_FALSE(body.done());
  EXPECT_EQ(*body.feed("deNEXT"), 2u);
  EXPECT_TRUE(body.done());
}

TEST(BodyTracker, EndsWithTheLastChunk) {
  BodyTracker body(head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_TRUE(body.at_chunk_boundary());
  EXPECT_EQ(*body.feed("3\r\nab"), 5u);
  EXPECT_FALSE(body.at_chunk_boundary());
  EXPECT_EQ(*body.feed("c\r\n"), 3u);
  EXPECT_TRUE(body.at_chunk_boundary());
  EXPECT_EQ(*body.feed("0\r\n\r\nHTTP"), 5u);
  EXPECT_TRUE(body.done());
}

TEST(BodyTracker, RefusesBrokenChunks) {
  BodyTracker body(head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(body.feed("zz\r\n").has_value());
}

TEST(BodyTracker, KnowsEmptyAndOpenBodies) {
  EXPECT_TRUE(BodyTracker(head("HTTP/1.1 204 No Content\r\n\r\n")).done());
  EXPECT_TRUE(BodyTracker(head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).done());
  EXPECT_TRUE(BodyTracker(head("HTTP/1.1 200 OK\r\n\r\n")).ends_with_close());
}

TEST(BodyTail, KeepsAtLeastTheLastKibibyte) {
  BodyTail tail;
  std::string all;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    all += piece;
    tail.add(piece);
  }
  ASSERT_GE(tail.text().size(), BodyTail::kBytes - 8);
  EXPECT_LE(tail.text().size(), 2 * BodyTail::kBytes);
  EXPECT_TRUE(all.ends_with(tail.text()));
  tail.add(std::string(5000, 'x'));
  EXPECT_EQ(tail.text(), std::string(BodyTail::kBytes, 'x'));
}

TEST(LoadHeader, RoundTrips) {
  const fabric::ModelState state{.capacity = 8,
                                 .running = 8,
                                 .waiting = 3,
                                 .in_flight_prefill_tokens = 1200,
                                 .kv_used = 0.5,
                                 .prefill_tokens_per_second = 4000,
                                 .itl_seconds = 0.021};
  const auto parsed = parse_load(format_load(state));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->capacity, 8u);
  EXPECT_EQ(parsed->waiting, 3u);
  EXPECT_EQ(parsed->in_flight_prefill_tokens, 1200u);
  EXPECT_DOUBLE_EQ(parsed->itl_seconds, 0.021);
}

TEST(LoadHeader, RefusesGarbageAndSkipsTheUnknown) {
  EXPECT_FALSE(parse_load("").has_value());
  EXPECT_FALSE(parse_load("capacity").has_value());
  EXPECT_FALSE(parse_load("capacity=-1").has_value());
  EXPECT_FALSE(parse_load("rate=nan").has_value());
  EXPECT_FALSE(parse_load("running=8x").has_value());
  EXPECT_TRUE(parse_load("running=8;future=thing").has_value());
}

}  // namespace
}  // namespace pathwise::router::forward
