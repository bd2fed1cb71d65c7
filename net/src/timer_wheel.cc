// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <algorithm>

namespace pathwise::net {

std::uint32_t TimerSlots::allocate() {
  if (free_ != kNone) {
    const std::uint32_t index = free_;
    free_ = nodes_[index].next;
    return index;
  }
  nodes_.emplace_back();
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

TimerSlots::Id TimerSlots::arm(std::uint64_t ticks, Callback callback) {
  if (armed_ >= max_armed_) return {};
  const std::uint32_t index = allocate();
  Node& node = nodes_[index];
  node.due = now_ + std::max<std::uint64_t>(ticks, 1);
  node.callback = std::move(callback);
  node.armed = true;
  std::uint32_t& head = heads_[node.due % kSlots];
  node.previous = kNone;
  node.next = head;
  if (head != kNone) nodes_[head].previous = index;
  head = index;
  ++armed_;
  return {index, node.generation};
}

void TimerSlots::unlink(std::uint32_t index) {
  Node& node = nodes_[index];
  if (cursor_ == index) cursor_ = node.next;
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
  } else {
    heads_[node.due % kSlots] = node.next;
  }
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
  node.armed = false;
  --armed_;
}

void TimerSlots::release(std::uint32_t index) {
  Node& node = nodes_[index];
  if (++node.generation == 0) node.generation = 1;
  node.next = free_;
  free_ = index;
}

bool TimerSlots::cancel(Id id) {
  if (id.generation == 0 || id.index >= nodes_.size()) return false;
  Node& node = nodes_[id.index];
  if (!node.armed || node.generation != id.generation) return false;
  unlink(id.index);
  const Callback dropped = std::move(node.callback);  // may own what cancels others
  node.callback = nullptr;
  release(id.index);
  return true;
}

void TimerSlots::tick() {
  ++now_;
  cursor_ = heads_[now_ % kSlots];
  while (cursor_ != kNone) {
    const std::uint32_t index = cursor_;
    cursor_ = nodes_[index].next;
    if (nodes_[index].due > now_) continue;
    unlink(index);
    const Callback callback = std::move(nodes_[index].callback);
    nodes_[index].callback = nullptr;
    release(index);
    callback();
  }
}

TimerWheel::TimerWheel(asio::io_context& io, std::chrono::milliseconds tick, std::size_t max_armed)
    : timer_(io), tick_(tick), slots_(max_armed) {}

TimerWheel::Handle TimerWheel::arm(std::chrono::milliseconds timeout, TimerSlots::Callback callback) {
  if (!running_) {
    running_ = true;
    last_tick_ = std::chrono::steady_clock::now();
    run();
  }
  // Since the last tick some part of the next has passed: one tick more makes it never too early.
  const auto since = std::chrono::steady_clock::now() - last_tick_;
  const auto ticks = (timeout + since + tick_ - std::chrono::nanoseconds{1}) / tick_;
  const TimerSlots::Id id =
      slots_.arm(static_cast<std::uint64_t>(std::max<std::int64_t>(ticks, 1)), std::move(callback));
  return id.generation == 0 ? Handle{} : Handle{this, id};
}

void TimerWheel::run() {
  timer_.expires_at(last_tick_ + tick_);
  timer_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
    if (error || !*alive) return;
    catch_up();
    if (slots_.armed() == 0) {
      running_ = false;
    } else {
      run();
    }
  });
}

// A thread that was busy for several ticks owes them all.
void TimerWheel::catch_up() {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (last_tick_ + tick_ <= now) {
    last_tick_ += tick_;
    slots_.tick();
  }
}

}  // namespace pathwise::net
