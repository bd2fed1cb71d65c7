// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace pathwise::log {
namespace {

constexpr SystemTime kNoon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours{12} +
                           std::chrono::microseconds{1500}};

std::string line(std::string_view message, std::initializer_list<Field> fields, Level level = Level::kInfo) {
  return format_record(kNoon, Record{level, "te", message, fields});
}

constexpr std::string_view kHead = "ts=2026-03-01T12:00:00.001500Z level=info module=te msg=";

TEST(Log, WritesLogfmt) {
  EXPECT_EQ(line("path down", {{"peer", "dubai"}, {"loss", 0.5}, {"count", 3}}),
            std::string(kHead) + "\"path down\" peer=dubai loss=0.5 count=3\n");
  EXPECT_EQ(line("x", {}, Level::kDebug), "ts=2026-03-01T12:00:00.001500Z level=debug module=te msg=\"x\"\n");
  EXPECT_EQ(line("x", {}, Level::kWarning), "ts=2026-03-01T12:00:00.001500Z level=warning module=te msg=\"x\"\n");
  EXPECT_EQ(line("x", {}, Level::kError), "ts=2026-03-01T12:00:00.001500Z level=error module=te msg=\"x\"\n");
}

TEST(Log, QuotesAndEscapesWhatWouldBreakTheLine) {
  EXPECT_EQ(line("say \"hi\"\nlevel=error", {}), std::string(kHead) + R"("say \"hi\"\nlevel=error")" + "\n");
  EXPECT_EQ(line("m", {{"a", "b c"}, {"d", ""}, {"e", "x=y"}, {"f", "back\\slash"}}),
            std::string(kHead) + R"("m" a="b c" d="" e="x=y" f="back\\slash")" + "\n");
  EXPECT_EQ(line("m", {{"a", "\x1b[31m\r\t\x7f"}}), std::string(kHead) + R"("m" a="\x1b[31m\r\t\x7f")" + "\n");
  EXPECT_EQ(line("m", {{"a", std::string("n\0l", 3)}}), std::string(kHead) + R"("m" a="n\x00l")" + "\n");
  EXPECT_EQ(line("m", {{"a", "पुणे"}}), std::string(kHead) + "\"m\" a=पुणे\n");
}

TEST(Log, CutsLongTextsAndKeepsTheRecordInOneAtomicWrite) {
  EXPECT_EQ(line(std::string(2000, 'm'), {}), std::string(kHead) + '"' + std::string(960, 'm') + "...\"\n");
  const std::string worst(960, '\x01');  // escapes to four times its size
  const std::string record = line("a longer message that leaves no room" + std::string(300, '.'),
                                  {{"a", "kept"}, {"b", worst}, {"c", "lost"}});
  EXPECT_EQ(record, std::string(kHead) + "\"a longer message that leaves no room" + std::string(300, '.') +
                        "\" a=kept truncated=true\n");
  const std::string long_record = line("m", {{"a", std::string(960, 'a')},
                                             {"b", std::string(960, 'b')},
                                             {"c", std::string(960, 'c')},
                                             {"d", std::string(960, 'd')},
                                             {"e", std::string(960, 'e')}});
  EXPECT_LE(long_record.size(), 4096U);
  EXPECT_TRUE(long_record.ends_with("d truncated=true\n"));
}

TEST(Log, RecordStaysWithinPipeBufEvenIfTheMessageEscapesBadly) {
  const std::string record = line(std::string(1024, '\x01'), {{"a", "b"}});
  EXPECT_LE(record.size(), 4096U);
  EXPECT_TRUE(record.ends_with("\n"));
}

TEST(Log, LevelFilters) {
  testing::internal::CaptureStderr();
  debug("te", "hidden");
  set_level(Level::kError);
  info("te", "hidden too");
  error("te", "shown", {{"peer", "dubai"}});
  set_level(Level::kDebug);
  debug("te", "now shown");
  set_level(Level::kInfo);
  const std::string output = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(output.contains("hidden"));
  EXPECT_TRUE(output.contains("level=error module=te msg=\"shown\" peer=dubai\n"));
  EXPECT_TRUE(output.contains("level=debug module=te msg=\"now shown\"\n"));
}

}  // namespace
}  // namespace pathwise::log
