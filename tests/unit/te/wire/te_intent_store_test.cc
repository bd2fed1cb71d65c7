// SPDX-License-Identifier: Apache-2.0
#include "te/wire/te_intent_store.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "../support/intents.h"
#include "base/format.h"

namespace pathwise::te {
namespace {

class IntentStoreTest : public testing::Test {
 protected:
  IntentStoreTest() { std::filesystem::create_directories(directory_); }
  ~IntentStoreTest() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_ = std::filesystem::temp_directory_path() / formatted("te-intent-{}", ::getpid());
  IntentStore store_{(directory_ / "intent").string()};
};

TEST_F(IntentStoreTest, IsEmptyAtFirstAndReturnsWhatWasSaved) {
  const auto first = store_.load();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_FALSE(first->has_value());
  ASSERT_TRUE(store_.save(test::intent()));
  const auto stored = store_.load();
  ASSERT_TRUE(stored);
  EXPECT_EQ(*stored, test::intent());
}

TEST_F(IntentStoreTest, ADamagedFileIsNamed) {
  std::ofstream(store_.path()) << "revision: {";
  const auto stored = store_.load();
  ASSERT_FALSE(stored);
  EXPECT_THAT(stored.error().message, testing::HasSubstr(store_.path()));
}

}  // namespace
}  // namespace pathwise::te
