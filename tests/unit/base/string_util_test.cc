// SPDX-License-Identifier: Apache-2.0
#include "base/string_util.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pathwise {
namespace {

using testing::ElementsAre;

TEST(StringUtil, Trim) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(StringUtil, SplitKeepsEmptyParts) {
  EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(split("a,", ','), ElementsAre("a", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(StringUtil, IequalsFoldsAsciiOnly) {
  EXPECT_TRUE(iequals("Content-Length", "content-LENGTH"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("[", "{"));  // 0x20 apart, but no letters
}

TEST(StringUtil, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("tire", "tier"), 1U);  // a swap is one
  EXPECT_EQ(edit_distance("site", "sites"), 1U);
}

TEST(StringUtil, ExcerptIsOneShortLine) {
  EXPECT_EQ(excerpt("a\nb\x01"), "'a\\nb\\x01'");
  EXPECT_EQ(excerpt(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
  EXPECT_EQ(excerpt(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
  EXPECT_EQ(excerpt(std::string(59, 'x') + "é!"), "'" + std::string(59, 'x') + "...'");  // no half character
}

}  // namespace
}  // namespace pathwise
