// SPDX-License-Identifier: Apache-2.0
#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <string>

namespace pathwise {
namespace {

TEST(SnapshotCell, IsEmptyUntilTheFirstSet) {
  SnapshotCell<std::string> cell;
  EXPECT_EQ(cell.get(), nullptr);
  cell.set(std::make_shared<const std::string>("v1"));
  ASSERT_NE(cell.get(), nullptr);
  EXPECT_EQ(*cell.get(), "v1");
}

TEST(SnapshotCell, SharedVersionOutlivesTheNextSet) {
  SnapshotCell<std::string> cell(std::make_shared<const std::string>("v1"));
  const auto kept = cell.share();
  cell.set(std::make_shared<const std::string>("v2"));
  EXPECT_EQ(*kept, "v1");
  EXPECT_EQ(*cell.get(), "v2");
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(SnapshotCell, SetReleasesTheVersionBefore) {
  auto first = std::make_shared<const std::string>("v1");
  const std::weak_ptr<const std::string> watch = first;
  SnapshotCell<std::string> cell(std::move(first));
  EXPECT_FALSE(watch.expired());
  cell.set(std::make_shared<const std::string>("v2"));
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace pathwise
