// SPDX-License-Identifier: Apache-2.0
// The queue between two modules on different threads: bounded, with a stated policy when full, and
// counted. The composition root owns it as a named local ("producer -> consumer"), gives the producer
// a ChannelWriter and the consumer a ChannelReader, and outlives both.
//
// Wake-up: `wake` runs on the pushing thread, without the lock, after a push that found the queue
// empty; it usually posts the consumer's drain to its io_context. The consumer must drain until
// try_pop() is empty: a push that found items in the queue wakes nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace pathwise {

enum class WhenFull : std::uint8_t {
  kShed,        // the new item is refused: try_push() is false and the producer knows
  kKeepNewest,  // the oldest item is dropped: for states, where the last one counts
};

struct ChannelCounters {
  std::uint64_t pushed = 0;   // accepted
  std::uint64_t dropped = 0;  // refused (kShed) or pushed out (kKeepNewest)
};

// Any thread.
template <typename T>
class BoundedChannel {
 public:
  BoundedChannel(std::string name, std::size_t capacity, WhenFull when_full, std::function<void()> wake = {})
      : name_(std::move(name)), capacity_(capacity), when_full_(when_full), wake_(std::move(wake)) {
    if (capacity_ == 0) throw std::invalid_argument("channel " + name_ + ": capacity must be at least 1");
  }
  BoundedChannel(const BoundedChannel&) = delete;
  BoundedChannel& operator=(const BoundedChannel&) = delete;

  // False only if the channel is full and sheds.
  bool try_push(T item) {
    std::optional<T> oldest;  // destroyed after the lock is gone
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      if (items_.size() >= capacity_) {
        ++counters_.dropped;
        if (when_full_ == WhenFull::kShed) return false;
        oldest.emplace(std::move(items_.front()));
        items_.pop_front();
        items_.push_back(std::move(item));
      } else {
        was_empty = items_.empty();
        items_.push_back(std::move(item));
      }
      ++counters_.pushed;
    }
    if (was_empty && wake_) wake_();
    return true;
  }

  [[nodiscard]] std::optional<T> try_pop() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  [[nodiscard]] ChannelCounters counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
  }

 private:
  const std::string name_;
  const std::size_t capacity_;
  const WhenFull when_full_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<T> items_;       // guarded by mutex_
  ChannelCounters counters_;  // guarded by mutex_
};

// The producer's end. A reference: the channel must outlive it.
template <typename T>
class ChannelWriter {
 public:
  explicit ChannelWriter(BoundedChannel<T>& channel) : channel_(&channel) {}
  bool try_push(T item) const { return channel_->try_push(std::move(item)); }

 private:
  BoundedChannel<T>* channel_;
};

// The consumer's end. A reference: the channel must outlive it.
template <typename T>
class ChannelReader {
 public:
  explicit ChannelReader(BoundedChannel<T>& channel) : channel_(&channel) {}
  [[nodiscard]] std::optional<T> try_pop() const { return channel_->try_pop(); }

 private:
  BoundedChannel<T>* channel_;
};

}  // namespace pathwise
