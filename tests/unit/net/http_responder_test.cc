// SPDX-License-Identifier: Apache-2.0
#include "net/http_responder.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "net/listen.h"

namespace pathwise::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::chrono::seconds kDeadline{10};

HttpResponse echo(const HttpRequest& request) {
  return {
      .status = request.path() == "/missing" ? 404U : 200U,
      .body = request.method + " " + request.target + " " + std::string(request.header("X-Test")) + " " + request.body,
      .headers = {{"x-answer", "42"}}};
}

class Responder : public ::testing::Test {
 protected:
  void start(HttpLimits limits, const Endpoint& endpoint = {.host = "127.0.0.1"}) {
    auto started = HttpResponder::start(io_, endpoint, echo, limits);
    if (!started) GTEST_FAIL() << started.error().message;
    responder_ = *std::move(started);
  }

  template <typename Socket>
  static Awaitable<void> exchange(Socket& socket, std::string sent, std::string& answer, bool& done) {
    static_cast<void>(co_await asio::async_write(socket, asio::buffer(sent), use_tuple));
    static_cast<void>(co_await asio::async_read(socket, asio::dynamic_buffer(answer), use_tuple));  // to the end
    done = true;
  }

  // Everything that the server says to `sent` until it closes.
  std::string ask(const std::string& sent) {
    if (responder_ == nullptr) return "not started";
    TcpSocket socket(io_);
    socket.connect(*to_tcp(responder_->endpoint()));
    return converse(socket, sent);
  }
  template <typename Socket>
  std::string converse(Socket& socket, const std::string& sent) {
    std::string answer;
    bool done = false;
    asio::co_spawn(io_.get_executor(), exchange(socket, sent, answer, done), asio::detached);
    run_until([&] { return done; });
    return answer;
  }
  template <typename Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    io_.restart();
    while (!condition() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(condition());
  }

  asio::io_context io_{1};
  std::unique_ptr<HttpResponder> responder_;
};

TEST_F(Responder, AnswersAndKeepsTheConnection) {
  start({});
  const std::string answer =
      ask("GET /a?b=1 HTTP/1.1\r\nHost: x\r\nx-test: yes\r\n\r\n"
          "POST /missing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("GET /a?b=1 yes "));
  EXPECT_THAT(answer, HasSubstr("x-answer: 42\r\n"));
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(answer, EndsWith("POST /missing  body"));
}

TEST_F(Responder, HeadHasALengthAndNoBody) {
  start({});
  const std::string answer = ask("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(Responder, RefusesWhatIsTooLongOrNoHttp) {
  start({.body_bytes = 100, .header_bytes = 200});
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: " + std::string(300, 'x') + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(ask("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(Responder, ClosesASilentConnection) {
  start({.timeout = std::chrono::milliseconds(20)});
  EXPECT_EQ(ask("GET / HTTP/1.1\r\n"), "");
}

TEST_F(Responder, HasALimitOfConnections) {
  start({.connections = 1});
  TcpSocket first(io_);
  first.connect(*to_tcp(responder_->endpoint()));
  run_until([&] { return responder_->connections() == 1; });
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "");
  first.close();
  run_until([&] { return responder_->connections() == 0; });
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Responder, ServesAUnixSocketAndRemovesIt) {
  const std::string path = ::testing::TempDir() + "pathwise-" + std::to_string(::getpid()) + "-admin.sock";
  start({}, {.unix_path = path});
  UnixSocket socket(io_);
  socket.connect(Unix::endpoint(path));
  EXPECT_THAT(converse(socket, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
  responder_.reset();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST_F(Responder, ClosesItsConnectionsWhenItGoes) {
  start({});
  TcpSocket socket(io_);
  socket.connect(*to_tcp(responder_->endpoint()));
  run_until([&] { return responder_->connections() == 1; });
  responder_.reset();
  EXPECT_EQ(converse(socket, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "");
}

TEST_F(Responder, SaysThatThePortIsInUse) {
  start({});
  const auto second = HttpResponder::start(io_, responder_->endpoint(), echo);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

}  // namespace
}  // namespace pathwise::net
