// SPDX-License-Identifier: Apache-2.0
#include "lab/wan/pipe.h"

#include <algorithm>
#include <utility>

namespace pathwise::wan {

Time Pipe::serialisation(std::size_t bytes) const {
  if (!shape_.rate || shape_.rate->value() == 0) return Time{0};
  const double seconds = static_cast<double>(bytes) * 8.0 / static_cast<double>(shape_.rate->value());
  return Time(static_cast<Time::rep>(seconds * 1e9));
}

std::uint64_t Pipe::backlog(Time now) const {
  if (!shape_.rate || line_free_ <= now) return 0;
  const double seconds = static_cast<double>((line_free_ - now).count()) / 1e9;
  return static_cast<std::uint64_t>(seconds * shape_.rate->bytes_per_second());
}

Pipe::Verdict Pipe::offer(Time received, Frame frame) {
  ++counters_.frames_in;
  counters_.bytes_in += frame.size();
  if (shape_.cut) {
    ++counters_.dropped_cut;
    return Verdict::kCut;
  }
  if (shape_.loss > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < shape_.loss) {
    ++counters_.dropped_loss;
    return Verdict::kLost;
  }
  latest_ = std::max(latest_, received);
  if (backlog(latest_) + frame.size() > shape_.queue || held_bytes_ + frame.size() > kHoldMax) {
    ++counters_.dropped_queue;
    return Verdict::kQueueFull;
  }
  line_free_ = std::max(line_free_, latest_) + serialisation(frame.size());
  held_bytes_ += frame.size();
  held_.push_back({latest_, line_free_, std::move(frame)});
  return Verdict::kTaken;
}

std::optional<Time> Pipe::next_departure() const {
  if (held_.empty()) return std::nullopt;
  return held_.front().sent + shape_.delay;
}

std::optional<Frame> Pipe::take(Time now) {
  if (held_.empty() || held_.front().sent + shape_.delay > now) return std::nullopt;
  Frame frame = std::move(held_.front().frame);
  held_.pop_front();
  held_bytes_ -= frame.size();
  ++counters_.frames_out;
  counters_.bytes_out += frame.size();
  return frame;
}

void Pipe::reshape(Time now, const Shape& shape) {
  const bool new_rate = shape_.rate != shape.rate;
  shape_ = shape;
  if (shape_.cut) {
    counters_.dropped_cut += held_.size();
    held_.clear();
    held_bytes_ = 0;
    line_free_ = now;
  } else if (new_rate) {
    retime(now);
  }
}

// Frames whose transmission has not begun at `now` are sent at the new rate.
void Pipe::retime(Time now) {
  line_free_ = now;
  for (Held& held : held_) {
    if (held.sent <= now) continue;
    line_free_ = std::max(line_free_, held.received) + serialisation(held.frame.size());
    held.sent = line_free_;
  }
}

}  // namespace pathwise::wan
