// SPDX-License-Identifier: Apache-2.0
// One direction of a wide-area link: frames go in with the time at which they arrived, and come
// out after the line's serialisation time and the propagation delay. Pure: time is an argument.
// One thread.
//
// The model: a transmitter that sends one frame at a time at `rate`, with a queue of `queue` bytes
// before it (a frame that does not fit is dropped, like on any router's port), and behind it a
// delay line. Order is kept. A new rate re-times what has not been serialised yet; a new delay
// applies to every frame that has not come out yet.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "base/units.h"

namespace pathwise::wan {

// Since any fixed point; the relay uses the steady clock.
using Time = std::chrono::nanoseconds;
using Frame = std::vector<std::byte>;

struct Shape {
  Microseconds delay{0};
  std::optional<BitsPerSecond> rate;  // none: no serialisation time
  double loss = 0;                    // probability, 0..1
  std::uint64_t queue = 256 * 1024;   // bytes before the transmitter
  bool cut = false;
  friend bool operator==(const Shape&, const Shape&) = default;
};

struct Counters {
  std::uint64_t frames_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped_queue = 0;  // tail drops, in frames, like the next ones
  std::uint64_t dropped_loss = 0;
  std::uint64_t dropped_cut = 0;
};

class Pipe {
 public:
  // Bytes that one direction may hold in queue and delay line together: 1 Gbps for half a second.
  static constexpr std::uint64_t kHoldMax = 64 * 1024 * 1024;

  enum class Verdict : std::uint8_t { kTaken, kQueueFull, kLost, kCut };

  Pipe(const Shape& shape, std::uint64_t seed) : shape_(shape), random_(seed) {}

  // `received` must not go backwards between calls; an earlier time counts as the latest one.
  Verdict offer(Time received, Frame frame);
  // When the next frame comes out, or nullopt if none is inside.
  [[nodiscard]] std::optional<Time> next_departure() const;
  // The next frame if it is due at `now`.
  [[nodiscard]] std::optional<Frame> take(Time now);

  // A cut loses what is inside, as on a real line.
  void reshape(Time now, const Shape& shape);

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  // Bytes waiting for the transmitter at `now`.
  [[nodiscard]] std::uint64_t backlog(Time now) const;

 private:
  struct Held {
    Time received;
    Time sent;  // its last bit has left the transmitter
    Frame frame;
  };
  [[nodiscard]] Time serialisation(std::size_t bytes) const;
  void retime(Time now);

  Shape shape_;
  Counters counters_;
  std::mt19937_64 random_;
  std::deque<Held> held_;
  std::uint64_t held_bytes_ = 0;
  Time line_free_{0};  // when the transmitter has sent everything that it was given
  Time latest_{0};
};

}  // namespace pathwise::wan
