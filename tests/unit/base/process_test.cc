// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace pathwise {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = testing::TempDir() + "pathwise-files-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~Files() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] std::size_t file_count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

  std::filesystem::path directory_;
};

TEST_F(Files, WritesAndReadsBack) {
  const std::string text = std::string(100'000, 'x') + '\0' + "end";
  ASSERT_TRUE(write_file_atomically(path("a"), text));
  const auto back = read_file(path("a"), 1 << 20);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, text);
  EXPECT_EQ(file_count(), 1U);
}

TEST_F(Files, ReplacesTheWholeFileByANewOne) {
  ASSERT_TRUE(write_file_atomically(path("a"), "a longer first text"));
  std::filesystem::create_hard_link(path("a"), path("before"));
  ASSERT_TRUE(write_file_atomically(path("a"), "second"));
  EXPECT_EQ(read_file(path("a"), 100).value_or(""), "second");
  // Whoever had the old file open still has all of it: it was not written in place.
  EXPECT_EQ(read_file(path("before"), 100).value_or(""), "a longer first text");
}

TEST_F(Files, SetsTheModeWhateverTheUmask) {
  const auto before = ::umask(077);
  EXPECT_TRUE(write_file_atomically(path("open"), ""));
  ::umask(0);
  EXPECT_TRUE(write_file_atomically(path("key"), "", 0600));
  ::umask(before);
  struct stat info{};
  ASSERT_EQ(::stat(path("open").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0644U);
  ASSERT_EQ(::stat(path("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(Files, FailedRenameLeavesNothingBehind) {
  std::filesystem::create_directory(path("busy"));
  const auto done = write_file_atomically(path("busy"), "text");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), (Error{ErrorCode::kIo, path("busy") + ": Is a directory"}));
  EXPECT_EQ(file_count(), 1U);
}

TEST_F(Files, SaysWhichDirectoryIsMissing) {
  const auto done = write_file_atomically(path("no/such"), "text");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), (Error{ErrorCode::kIo, path("no/such") + ": No such file or directory"}));
}

TEST_F(Files, ReadRefusesWhatIsMissingOrTooLargeOrNoFile) {
  EXPECT_EQ(read_file(path("none"), 10).error(), (Error{ErrorCode::kNotFound, path("none") + ": no such file"}));
  ASSERT_TRUE(write_file_atomically(path("a"), "12345678901"));
  EXPECT_EQ(read_file(path("a"), 11).value_or(""), "12345678901");
  EXPECT_EQ(read_file(path("a"), 10).error(),
            (Error{ErrorCode::kResourceExhausted, path("a") + ": larger than 10 bytes"}));
  EXPECT_EQ(read_file(directory_, 10).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace pathwise
