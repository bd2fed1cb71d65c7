// SPDX-License-Identifier: Apache-2.0
#include "words.h"

#include <gmock/gmock.h>

namespace pathwise::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SplitWords, SplitsLikeAShell) {
  EXPECT_THAT(*split_words("sh /lab/frr.sh"), ElementsAre("sh", "/lab/frr.sh"));
  EXPECT_THAT(*split_words("  sleep\t infinity "), ElementsAre("sleep", "infinity"));
  EXPECT_THAT(*split_words("sh -c 'echo \"a b\" > /x'"), ElementsAre("sh", "-c", "echo \"a b\" > /x"));
  EXPECT_THAT(*split_words(R"(a "b \" \\ \n" c\ d)"), ElementsAre("a", R"(b " \ \n)", "c d"));
  EXPECT_THAT(*split_words("x'y'\"z\" ''"), ElementsAre("xyz", ""));
  EXPECT_THAT(*split_words(""), IsEmpty());
}

TEST(SplitWords, RefusesAnOpenQuote) {
  const auto words = split_words("sh -c 'oops");
  ASSERT_FALSE(words);
  EXPECT_THAT(words.error().message, HasSubstr("is not closed"));
}

}  // namespace
}  // namespace pathwise::lab
