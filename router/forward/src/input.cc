// SPDX-License-Identifier: Apache-2.0
#include "router/forward/input.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstring>

namespace pathwise::router::forward {

void Input::consume(std::size_t count) {
  begin_ += count;
  if (begin_ == end_ && !watching_) begin_ = end_ = 0;
}

void Input::compact() {
  if (begin_ == 0) return;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

net::Awaitable<Result<std::size_t>> Input::fill() {
  if (watching_) {
    // The pending read delivers what comes next; nobody else may read.
    const std::size_t before = end_;
    waited_ = true;
    co_await done_.wait();
    waited_ = false;
    if (gone_) co_return std::size_t{0};
    if (end_ > before) co_return end_ - before;
  }
  if (gone_) co_return std::size_t{0};
  if (end_ == buffer_.size()) compact();
  if (end_ == buffer_.size()) co_return fail(ErrorCode::kResourceExhausted, "more than {} bytes", buffer_.size());
  auto count = co_await stream_->read_some(std::span(buffer_).subspan(end_));
  if (count) end_ += *count;
  co_return count;
}

net::Awaitable<Result<std::size_t>> Input::read_into(std::span<char> target) {
  if (pending().empty() && watching_) {
    if (auto count = co_await fill(); !count || *count == 0) co_return count;
  }
  if (const std::string_view ready = pending(); !ready.empty()) {
    const std::size_t count = std::min(ready.size(), target.size());
    std::memcpy(target.data(), ready.data(), count);
    consume(count);
    co_return count;
  }
  co_return co_await stream_->read_some(target);
}

void Input::watch(std::shared_ptr<void> owner, std::function<void()> on_gone) {
  if (gone_) {
    on_gone();
    return;
  }
  on_gone_ = std::move(on_gone);
  if (watching_) return;
  compact();
  if (end_ == buffer_.size()) return;  // a full buffer of pipelined requests: nothing more is read for now
  watching_ = true;
  net::asio::co_spawn(executor_, run_watch(*this, std::move(owner)), net::asio::detached);
}

net::Awaitable<void> Input::run_watch(Input& self, std::shared_ptr<void> owner) {
  const auto kept = std::move(owner);
  bool more = true;
  while (more) {
    const auto count = co_await self.stream_->read_some(std::span(self.buffer_).subspan(self.end_));
    if (!count || *count == 0) {
      self.gone_ = true;
      break;
    }
    self.end_ += *count;
    more = !self.waited_ && self.end_ < self.buffer_.size() && self.on_gone_;
  }
  self.watching_ = false;
  if (self.waited_) self.done_.set();
  if (self.gone_ && self.on_gone_) std::exchange(self.on_gone_, nullptr)();
}

}  // namespace pathwise::router::forward
