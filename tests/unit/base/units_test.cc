// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/error.h"

namespace pathwise {
namespace {

TEST(ToHuman, Durations) {
  EXPECT_EQ(to_human(Microseconds{0}), "0us");
  EXPECT_EQ(to_human(Microseconds{850}), "850us");
  EXPECT_EQ(to_human(Microseconds{12'400}), "12.4ms");
  EXPECT_EQ(to_human(Microseconds{12'449}), "12.4ms");
  EXPECT_EQ(to_human(Microseconds{999'400}), "999ms");
  EXPECT_EQ(to_human(Microseconds{999'600}), "1s");
  EXPECT_EQ(to_human(Microseconds{3'200'000}), "3.2s");
  EXPECT_EQ(to_human(Microseconds{3'600'000'000}), "3600s");
  EXPECT_EQ(to_human(Microseconds{-1500}), "-1.5ms");
}

TEST(ToHuman, Rates) {
  EXPECT_EQ(to_human(BitsPerSecond{0}), "0bps");
  EXPECT_EQ(to_human(BitsPerSecond{64'000}), "64kbps");
  EXPECT_EQ(to_human(BitsPerSecond{200'000'000}), "200Mbps");
  EXPECT_EQ(to_human(BitsPerSecond{1'250'000'000}), "1.25Gbps");
  EXPECT_EQ(to_human(BitsPerSecond{999'999'999}), "1Gbps");
  EXPECT_EQ(to_human(BitsPerSecond{2'000'000'000'000}), "2Tbps");
}

TEST(ErrorTest, ErrnoBecomesTextAndCode) {
  EXPECT_EQ(fail_errno("open", ENOENT).error(), (Error{ErrorCode::kIo, "open: No such file or directory"}));
  EXPECT_EQ(fail_errno("bind", EACCES).error(), (Error{ErrorCode::kPermissionDenied, "bind: Permission denied"}));
  EXPECT_EQ(fail_errno("bind", EPERM).error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ((Error{ErrorCode::kIo, "refused"}.within("peer dubai")), (Error{ErrorCode::kIo, "peer dubai: refused"}));
  EXPECT_EQ(to_string(ErrorCode::kFailedPrecondition), "failed precondition");
}

}  // namespace
}  // namespace pathwise
