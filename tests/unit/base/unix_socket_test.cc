// SPDX-License-Identifier: Apache-2.0
#include "base/unix_socket.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/format.h"

namespace pathwise {
namespace {

using testing::HasSubstr;

class UnixSocket : public testing::Test {
 protected:
  UnixSocket() { std::filesystem::create_directories(directory_); }
  ~UnixSocket() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
  // Bound to `path`, and listening if `live`.
  [[nodiscard]] static int bound(const std::string& path, bool live, int type = SOCK_STREAM) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    if (live) {
      EXPECT_EQ(::listen(fd, 0), 0);
    }
    return fd;
  }
  static std::string verdict(const std::string& path) {
    const auto good = check_unix_socket(path, "pathwise-x");
    return good ? "good" : good.error().message;
  }

 private:
  std::filesystem::path directory_ = std::filesystem::temp_directory_path() / formatted("unix-socket-{}", ::getpid());
};

TEST_F(UnixSocket, AFreePathAndADeadOneAreGood) {
  EXPECT_EQ(verdict(path("free")), "good");
  ::close(bound(path("dead"), true));
  EXPECT_EQ(verdict(path("dead")), "good");
  EXPECT_TRUE(std::filesystem::exists(path("dead"))) << "a check changes nothing";
}

TEST_F(UnixSocket, ALiveOneIsRefusedEvenIfItsQueueIsFull) {
  const int fd = bound(path("live"), true);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(verdict(path("live")), HasSubstr("live: another pathwise-x answers on it"));
  EXPECT_EQ(check_unix_socket(path("live"), "x").error().code, ErrorCode::kAlreadyExists);
  ::close(fd);
}

TEST_F(UnixSocket, WhatCannotBecomeOneIsNamed) {
  std::ofstream(path("file")) << "x";
  EXPECT_THAT(verdict(path("file")), HasSubstr("no socket"));
  EXPECT_TRUE(std::filesystem::exists(path("file")));
  EXPECT_THAT(verdict(path("")), HasSubstr("no socket"));  // the directory
  EXPECT_THAT(verdict(""), HasSubstr("empty"));
  EXPECT_THAT(verdict("/nonexistent/x"), HasSubstr("directory /nonexistent: No such file"));
  EXPECT_THAT(verdict(path(std::string(200, 'x'))), HasSubstr("longer than the 107 characters"));
  const int fd = bound(path("datagram"), false, SOCK_DGRAM);
  EXPECT_THAT(verdict(path("datagram")), HasSubstr("datagram: "));
  ::close(fd);
}

}  // namespace
}  // namespace pathwise
