// SPDX-License-Identifier: Apache-2.0
// Coarse time-outs for the request path: arming and cancelling cost a few nanoseconds and no system
// call, where an Asio timer costs a heap operation and often a wake-up. One timer of the io_context
// drives all; it sleeps while nothing is armed. One thread.
//
//   auto handle = wheel.arm(30s, [&] { stream.close(); });   // cancelled when the handle goes
//
// A time-out fires between its duration and one tick later.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/asio.h"

namespace pathwise::net {

// The wheel itself, without a clock of its own: the caller says how many ticks have passed.
class TimerSlots {
 public:
  using Callback = std::function<void()>;
  struct Id {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;  // 0: none
  };

  explicit TimerSlots(std::size_t max_armed) : max_armed_(max_armed), heads_(kSlots, kNone) {}

  // Fires in the `ticks`-th (from 1) of the following ticks. No Id if max_armed are armed already.
  [[nodiscard]] Id arm(std::uint64_t ticks, Callback callback);
  // False if it has fired or was cancelled.
  bool cancel(Id id);
  // One tick: fires what is due. Callbacks may arm and cancel.
  void tick();
  [[nodiscard]] std::size_t armed() const { return armed_; }

 private:
  static constexpr std::size_t kSlots = 512;  // power of two; longer time-outs go round
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Node {
    std::uint64_t due = 0;
    std::uint32_t previous = kNone, next = kNone;  // in the slot, or in the free list
    std::uint32_t generation = 1;
    bool armed = false;
    Callback callback;
  };
  [[nodiscard]] std::uint32_t allocate();
  void release(std::uint32_t index);
  void unlink(std::uint32_t index);

  std::size_t max_armed_;
  std::size_t armed_ = 0;
  std::uint64_t now_ = 0;
  std::uint32_t free_ = kNone;
  std::uint32_t cursor_ = kNone;  // next node of the running tick; kept right by unlink()
  std::vector<std::uint32_t> heads_;
  std::vector<Node> nodes_;
};

class TimerWheel {
 public:
  // Cancels when it goes. Must not outlive the wheel.
  class Handle {
   public:
    Handle() = default;
    Handle(TimerWheel* wheel, TimerSlots::Id id) : wheel_(wheel), id_(id) {}
    ~Handle() { cancel(); }
    Handle(Handle&& other) noexcept : wheel_(std::exchange(other.wheel_, nullptr)), id_(other.id_) {}
    Handle& operator=(Handle&& other) noexcept {
      cancel();
      wheel_ = std::exchange(other.wheel_, nullptr);
      id_ = other.id_;
      return *this;
    }
    // False if the wheel was full when it was asked: the caller has to do without, or shed.
    explicit operator bool() const { return wheel_ != nullptr; }
    void cancel() {
      if (wheel_ != nullptr) std::exchange(wheel_, nullptr)->slots_.cancel(id_);
    }

   private:
    TimerWheel* wheel_ = nullptr;
    TimerSlots::Id id_;
  };

  explicit TimerWheel(asio::io_context& io, std::chrono::milliseconds tick = std::chrono::milliseconds{100},
                      std::size_t max_armed = 1'000'000);
  ~TimerWheel() { *alive_ = false; }
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  [[nodiscard]] Handle arm(std::chrono::milliseconds timeout, TimerSlots::Callback callback);
  [[nodiscard]] std::size_t armed() const { return slots_.armed(); }

 private:
  void run();
  void catch_up();
  SteadyTimer timer_;
  const std::chrono::milliseconds tick_;
  TimerSlots slots_;
  SteadyTime last_tick_{};
  bool running_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for a handler that is queued already
};

}  // namespace pathwise::net
