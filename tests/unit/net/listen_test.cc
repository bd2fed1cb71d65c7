// SPDX-License-Identifier: Apache-2.0
#include "net/listen.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/process.h"

namespace pathwise::net {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::seconds kDeadline{10};

std::string temporary(std::string_view name) {
  return ::testing::TempDir() + "pathwise-" + std::to_string(::getpid()) + "-" + std::string(name);
}

// Docker gives containers none unless it is asked to.
bool has_ipv6() {
  asio::io_context io(1);
  return listen_tcp(io, {.host = "::1"}).has_value();
}

TEST(Listen, AUsedPortIsNamed) {
  asio::io_context io(1);
  const auto first = listen_tcp(io, {.host = "127.0.0.1"});
  ASSERT_TRUE(first) << first.error().message;
  const Endpoint taken = from_tcp(first->local_endpoint());
  const auto second = listen_tcp(io, taken);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(second.error().message, HasSubstr(taken.to_string()));
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

TEST(Listen, ReusePortLetsEveryThreadListen) {
  asio::io_context io(1);
  const auto first = listen_tcp(io, {.host = "127.0.0.1"}, {.reuse_port = true});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(listen_tcp(io, from_tcp(first->local_endpoint()), {.reuse_port = true}));
}

TEST(Listen, AnAddressThatIsNotHereYetNeedsFreeBind) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 on lo";
  asio::io_context io(1);
  const Endpoint elsewhere{.host = "fd00:1234:5678::1"};
  EXPECT_FALSE(listen_tcp(io, elsewhere));
  const auto bound = listen_tcp(io, elsewhere, {.ip_free_bind = true});
  EXPECT_TRUE(bound) << bound.error().message;
}

TEST(Listen, AnUnknownHostIsNamed) {
  asio::io_context io(1);
  const auto acceptor = listen_tcp(io, {.host = "no such host", .port = 1});
  ASSERT_FALSE(acceptor);
  EXPECT_THAT(acceptor.error().message, HasSubstr("no such host"));
}

TEST(Listen, AStaleSocketFileIsReplacedAndAServedOneIsNot) {
  asio::io_context io(1);
  const std::string path = temporary("listen.sock");
  {
    const auto first = listen_unix(io, path);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = listen_unix(io, path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  }
  const auto after_crash = listen_unix(io, path);  // the file is still there, its server is not
  EXPECT_TRUE(after_crash) << after_crash.error().message;
  ::unlink(path.c_str());
}

TEST(Listen, AFileThatIsNoSocketIsKept) {
  asio::io_context io(1);
  const std::string path = temporary("listen.txt");
  ASSERT_TRUE(write_file_atomically(path, "precious"));
  EXPECT_FALSE(listen_unix(io, path));
  EXPECT_EQ(*read_file(path, 100), "precious");
  ::unlink(path.c_str());
  EXPECT_EQ(listen_unix(io, "/tmp/" + std::string(200, 'x')).error().code, ErrorCode::kInvalidArgument);
}

TEST(Connect, FromALocalAddress) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 on lo";
  asio::io_context io(1);
  auto acceptor = listen_tcp(io, {.host = "::1"});
  ASSERT_TRUE(acceptor) << acceptor.error().message;
  const Endpoint to = from_tcp(acceptor->local_endpoint());
  std::string outcome;
  asio::co_spawn(
      io.get_executor(),
      [&]() -> Awaitable<void> {
        auto socket = co_await connect_tcp(io, *Ipv6Address::parse("::1"), to, kDeadline);
        outcome = socket ? socket->local_endpoint().address().to_string() : socket.error().message;
      },
      asio::detached);
  io.run_for(kDeadline);
  EXPECT_EQ(outcome, "::1");
}

TEST(Connect, RefusalNamesTheOtherEnd) {
  asio::io_context io(1);
  Endpoint closed;
  {
    const auto acceptor = listen_tcp(io, {.host = "127.0.0.1"});
    ASSERT_TRUE(acceptor);
    closed = from_tcp(acceptor->local_endpoint());
  }
  std::string outcome;
  asio::co_spawn(
      io.get_executor(),
      [&]() -> Awaitable<void> {
        auto socket = co_await connect_tcp(io, std::nullopt, closed, kDeadline);
        outcome = socket ? "connected" : socket.error().message;
      },
      asio::detached);
  io.run_for(kDeadline);
  EXPECT_EQ(outcome, "connect to " + closed.to_string() + ": Connection refused");
}

}  // namespace
}  // namespace pathwise::net
