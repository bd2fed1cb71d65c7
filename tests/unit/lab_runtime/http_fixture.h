// SPDX-License-Identifier: Apache-2.0
// A RuntimeServer on a loopback port with a thread of its own, and a blocking client that reads
// exactly what the server sent.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/format.h"
#include "lab/runtime/server.h"

namespace pathwise::lab {

// Fast enough for tests; requests still take steps.
[[nodiscard]] inline RuntimeConfig quick_runtime() {
  RuntimeConfig config;
  config.listen = {.host = "127.0.0.1", .port = 0};
  config.models = {ModelName("m"), ModelName("alias")};
  config.engine.prefill_tokens_per_second = 1'000'000;
  config.engine.inter_token_base = Microseconds(500);
  config.engine.inter_token_per_sequence = Microseconds(10);
  config.engine.lora = {.max = 1, .load_time = Milliseconds(5), .adapters = {AdapterName("sql")}};
  return config;
}

class RunningServer {
 public:
  explicit RunningServer(const RuntimeConfig& config) {
    auto opened = RuntimeServer::open(config, clock_);
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      return;
    }
    server_ = std::move(*opened);
    thread_ = std::thread([this] { server_->run(/*signals=*/false); });
  }
  ~RunningServer() {
    if (!server_) return;
    server_->stop();
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] std::string url() const { return formatted("http://127.0.0.1:{}", port()); }

 private:
  RealClock clock_;
  std::unique_ptr<RuntimeServer> server_;
  std::thread thread_;
};

struct Reply {
  unsigned status = 0;
  std::string head;
  std::string body;  // chunks joined
};

class BlockingClient {
 public:
  explicit BlockingClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }

  void send(std::string_view method, std::string_view target, std::string_view body) {
    const std::string request =
        formatted("{} {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", method, target, body.size(), body);
    boost::asio::write(socket_, boost::asio::buffer(request));
  }
  void send_raw(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }

  // Up to and including `delimiter`.
  std::string read_until(std::string_view delimiter) {
    const std::size_t size = boost::asio::read_until(socket_, boost::asio::dynamic_buffer(buffer_), delimiter);
    std::string text = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return text;
  }

  Reply read_reply() {
    Reply reply{.head = read_until("\r\n\r\n")};
    std::from_chars(reply.head.data() + 9, reply.head.data() + 12, reply.status);
    if (reply.head.contains("Transfer-Encoding: chunked")) {
      while (const std::size_t size = std::stoul(read_until("\r\n"), nullptr, 16)) {
        reply.body += read_exactly(size);
        EXPECT_EQ(read_exactly(2), "\r\n");
      }
      EXPECT_EQ(read_exactly(2), "\r\n");
    } else if (const auto at = reply.head.find("Content-Length: "); at != std::string::npos) {
      reply.body = read_exactly(std::stoul(reply.head.substr(at + 16)));
    }
    return reply;
  }

  Reply call(std::string_view method, std::string_view target, std::string_view body = {}) {
    send(method, target, body);
    return read_reply();
  }

  void close() { socket_.close(); }

 private:
  std::string read_exactly(std::size_t size) {
    if (buffer_.size() < size) {
      const std::size_t have = buffer_.size();
      buffer_.resize(size);
      boost::asio::read(socket_, boost::asio::buffer(buffer_.data() + have, size - have));
    }
    std::string text = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return text;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string buffer_;
};

// The value of the first sample whose line starts with `name`, from a fresh /metrics page.
[[nodiscard]] inline double metric(std::uint16_t port, std::string_view name) {
  BlockingClient client(port);
  const std::string page = client.call("GET", "/metrics").body;
  const std::size_t at = page.find(formatted("\n{}", name));
  if (at == std::string::npos) {
    ADD_FAILURE() << name << " is not on the page";
    return -1;
  }
  const std::size_t end = page.find('\n', at + 1);
  const std::size_t space = page.rfind(' ', end);
  return std::stod(page.substr(space + 1, end - space));
}

// Asks until the metric has the value; false after ten seconds.
[[nodiscard]] inline bool eventually(std::uint16_t port, std::string_view name, double value) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    if (metric(port, name) == value) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace pathwise::lab
