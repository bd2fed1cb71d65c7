// SPDX-License-Identifier: Apache-2.0
#include "te_options.h"

#include <gmock/gmock.h>

#include <array>

namespace pathwise::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<TeOptions> read(std::vector<std::string> words) {
  static constexpr std::array<std::string_view, 4> kAllowed{"--json", "--te", "--deadline", "--svg"};
  return read_te_options(words, kAllowed);
}

TEST(TeOptions, ReadsOptionsAnywhereAmongTheWords) {
  const auto options = read({"singapore", "--json", "realtime", "--te", "unix:/tmp/te.sock", "--deadline", "5s"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_TRUE(options->json);
  EXPECT_EQ(options->te, "/tmp/te.sock");
  EXPECT_EQ(options->deadline, Milliseconds(5000));
  EXPECT_THAT(options->rest, ElementsAre("singapore", "realtime"));
  EXPECT_EQ(read({"--te", "/tmp/x"})->te, "/tmp/x");
  EXPECT_EQ(read({})->te, "/run/pathwise/te.sock");
  EXPECT_EQ(read({"--svg", "-"})->svg, "-");
}

TEST(TeOptions, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(read({"--dot"}).error().message, "there is no option '--dot'");
  EXPECT_EQ(read({"--te"}).error().message, "--te needs a value");
  EXPECT_THAT(read({"--te", "[::1]:80"}).error().message, HasSubstr("unix socket only"));
  EXPECT_THAT(read({"--deadline", "5"}).error().message, HasSubstr("--deadline: "));
}

}  // namespace
}  // namespace pathwise::cli
