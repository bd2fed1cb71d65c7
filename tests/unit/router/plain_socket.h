// SPDX-License-Identifier: Apache-2.0
// Blocking sockets for tests: a client that reads exactly what comes, and a server whose script sees
// every byte. Every wait has a deadline.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pathwise::test {

inline constexpr std::chrono::milliseconds kPatience{10'000};

// A connected socket. Movable; closes when it goes.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  static Connection to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(fd);
      throw std::runtime_error("connect failed");
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return Connection(fd);
  }
  ~Connection() { close(); }
  Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)), text_(std::move(other.text_)) {}
  Connection& operator=(Connection&&) = delete;

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the other side is gone; the test looks at what was received
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Receives until `text` contains `needle`; everything received so far.
  const std::string& receive_until(std::string_view needle) {
    while (text_.find(needle) == std::string::npos && receive_some()) {
    }
    return text_;
  }
  const std::string& receive_bytes(std::size_t count) {
    while (text_.size() < count && receive_some()) {
    }
    return text_;
  }
  const std::string& receive_all() {
    while (receive_some()) {
    }
    return text_;
  }
  // True if the other side closes (or resets) in time; received bytes are kept.
  bool closed_by_peer() {
    receive_all();
    return ended_;
  }
  // Takes the first `count` received bytes away.
  std::string take(std::size_t count) {
    std::string first = text_.substr(0, count);
    text_.erase(0, count);
    return first;
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  // What a crash looks like from the other side.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  struct Message {
    std::string head, body;
    [[nodiscard]] std::string header(std::string_view name) const {
      const std::string wanted = std::string("\r\n") + std::string(name) + ": ";
      const std::size_t at = lower(head).find(lower(wanted));
      if (at == std::string::npos) return {};
      const std::size_t begin = at + wanted.size();
      return head.substr(begin, head.find("\r\n", begin) - begin);
    }
    [[nodiscard]] int status() const { return head.size() > 12 ? std::stoi(head.substr(9, 3)) : 0; }
    [[nodiscard]] bool ok() const { return !head.empty(); }
    static std::string lower(std::string text) {
      for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      return text;
    }
  };
  // A message with Content-Length, or without a body. Chunked bodies: the raw bytes up to the last chunk.
  Message receive_message() {
    Message message;
    if (receive_until("\r\n\r\n").find("\r\n\r\n") == std::string::npos) return message;
    message.head = take(text_.find("\r\n\r\n") + 4);
    if (message.header("transfer-encoding") == "chunked") {
      receive_until("0\r\n\r\n");
      message.body = take(text_.find("0\r\n\r\n") + 5);
    } else if (const std::string length = message.header("content-length"); !length.empty()) {
      const auto count = static_cast<std::size_t>(std::stoull(length));
      receive_bytes(count);
      message.body = take(count);
    }
    return message;
  }

 private:
  bool receive_some() {
    pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
    if (fd_ < 0 || ::poll(&entry, 1, static_cast<int>(kPatience.count())) <= 0) return false;
    char piece[65536];
    const ssize_t count = ::recv(fd_, piece, sizeof piece, 0);
    if (count <= 0) {
      ended_ = true;
      return false;
    }
    text_.append(piece, static_cast<std::size_t>(count));
    return true;
  }

  int fd_;
  std::string text_;
  bool ended_ = false;
};

// Serves each connection on a thread of its own with the script.
class ScriptedServer {
 public:
  using Script = std::function<void(Connection&)>;
  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 64) != 0) {
      throw std::runtime_error("listen failed");
    }
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    ::shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& each : sessions_) each.join();
    ::close(fd_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept_all() {
    for (;;) {
      const int fd = ::accept(fd_, nullptr, nullptr);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ++connections_;
      sessions_.emplace_back([this, fd] {
        Connection connection(fd);
        script_(connection);
      });
    }
  }
  Script script_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::thread acceptor_;
  std::vector<std::thread> sessions_;
};

// Polls `condition` until it holds or patience ends.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace pathwise::test
