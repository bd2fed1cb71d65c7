// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "router/http/chunked.h"

namespace pathwise::router::http {
namespace {

struct Unwrapped {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
};

// Feeds `text` in pieces of `step` bytes.
std::expected<Unwrapped, ChunkError> unwrap(std::string_view text, std::size_t step) {
  ChunkParser parser;
  Unwrapped out;
  while (out.consumed < text.size() && !parser.done()) {
    const auto fed = parser.feed(text.substr(out.consumed, step));
    if (!fed) return std::unexpected(fed.error());
    out.data += fed->data;
    out.consumed += fed->consumed;
  }
  out.done = parser.done();
  return out;
}

TEST(ChunkParser, UnwrapsHoweverItIsCut) {
  const std::string_view text = "5\r\nhello\r\n1;ext=\"v\"\r\n \r\n5\r\nworld\r\n0\r\nX-Sum: 1\r\n\r\nNEXT";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const auto out = unwrap(text, step);
    ASSERT_TRUE(out.has_value()) << step;
    EXPECT_EQ(out->data, "hello world") << step;
    EXPECT_TRUE(out->done);
    EXPECT_EQ(out->consumed, text.size() - 4) << "must leave the next message alone";
  }
}

TEST(ChunkParser, IsNotDoneBeforeTheEnd) {
  const std::string_view text = "1\r\na\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(unwrap(text.substr(0, size), 64)->done) << size;
  EXPECT_TRUE(unwrap(text, 64)->done);
}

TEST(ChunkParser, RefusesBadFraming) {
  EXPECT_EQ(unwrap("\r\n", 8).error(), ChunkError::kBadSize);
  EXPECT_EQ(unwrap("g\r\n", 8).error(), ChunkError::kBadSize);
  EXPECT_EQ(unwrap("-1\r\n", 8).error(), ChunkError::kBadSize);
  EXPECT_EQ(unwrap("0x5\r\n", 8).error(), ChunkError::kBadSize);
  EXPECT_EQ(unwrap("5 \r\n", 8).error(), ChunkError::kBadSize);
  EXPECT_EQ(unwrap("5\nhello", 8).error(), ChunkError::kBadSize);
  EXPECT_EQ(unwrap("1234567890abcdef\r\n", 32).error(), ChunkError::kBadSize);
  EXPECT_EQ(unwrap("5\rhello", 8).error(), ChunkError::kBadLineEnd);
  EXPECT_EQ(unwrap("1\r\nab\r\n", 8).error(), ChunkError::kBadLineEnd);
  EXPECT_EQ(unwrap("1\r\na\n", 8).error(), ChunkError::kBadLineEnd);
  EXPECT_EQ(unwrap("1;a\nb\r\n", 8).error(), ChunkError::kBadExtension);
  EXPECT_EQ(unwrap("1;" + std::string(300, 'x') + "\r\n", 1024).error(), ChunkError::kBadExtension);
  EXPECT_EQ(unwrap("0\r\n" + std::string(9000, 'x'), 16384).error(), ChunkError::kTrailersTooLarge);
}

}  // namespace
}  // namespace pathwise::router::http
