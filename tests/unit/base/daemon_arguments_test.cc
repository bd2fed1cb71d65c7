// SPDX-License-Identifier: Apache-2.0
#include "base/daemon_arguments.h"

#include <gmock/gmock.h>

namespace pathwise {
namespace {

std::expected<DaemonArguments, int> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "pathwise-x");
  return parse_daemon_arguments(static_cast<int>(words.size()), words.data(),
                                {.name = "pathwise-x", .usage = "usage: x\n", .config = "/etc/x.yaml"});
}

TEST(DaemonArguments, HaveDefaults) {
  const auto none = parse({});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->config, "/etc/x.yaml");
  EXPECT_FALSE(none->check || none->verbose);
}

TEST(DaemonArguments, TakeEveryOption) {
  const auto all = parse({"--check", "--config", "other.yaml", "--verbose"});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->config, "other.yaml");
  EXPECT_TRUE(all->check && all->verbose);
}

TEST(DaemonArguments, SayWhatIsWrongOrAskedForAndHowToExit) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse({"--nonsense"}).error(), 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "pathwise-x: unknown or incomplete option '--nonsense'\nusage: x\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse({"--config"}).error(), 2);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("'--config'"));
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse({"--help"}).error(), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "usage: x\n");
}

}  // namespace
}  // namespace pathwise
