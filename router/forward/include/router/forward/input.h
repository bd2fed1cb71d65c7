// SPDX-License-Identifier: Apache-2.0
// What a client or peer sends, buffered. Between requests and while a body is awaited the session
// reads; while a response is under way a watching read stays pending instead, so that the end of the
// client is known at once, whatever phase the request is in. Pipelined bytes wait in the buffer.
// One thread. Owned by a session that outlives the watching read (it holds a share of it).
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "router/forward/event.h"
#include "router/forward/stream.h"

namespace pathwise::router::forward {

class Input {
 public:
  static constexpr std::size_t kBuffer = 16 * 1024;

  Input(ByteStream& stream, net::Executor executor) : stream_(&stream), executor_(executor), done_(executor) {}
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Bytes received and not consumed.
  [[nodiscard]] std::string_view pending() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t count);
  // Reads some more; 0: the other side has ended. kResourceExhausted: the buffer is full.
  [[nodiscard]] net::Awaitable<Result<std::size_t>> fill();
  // Bytes straight into `target`, pending ones first.
  [[nodiscard]] net::Awaitable<Result<std::size_t>> read_into(std::span<char> target);

  // From now on `on_gone` runs, once, when the other side closes or fails. `owner` keeps this alive.
  void watch(std::shared_ptr<void> owner, std::function<void()> on_gone);
  void unwatch() { on_gone_ = nullptr; }
  [[nodiscard]] bool gone() const { return gone_; }

 private:
  static net::Awaitable<void> run_watch(Input& self, std::shared_ptr<void> owner);
  void compact();

  ByteStream* stream_;
  net::Executor executor_;
  std::array<char, kBuffer> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool watching_ = false;  // a watching read is pending
  bool gone_ = false;
  Event done_;           // the watching read has ended
  bool waited_ = false;  // somebody waits for done_
  std::function<void()> on_gone_;
};

}  // namespace pathwise::router::forward
