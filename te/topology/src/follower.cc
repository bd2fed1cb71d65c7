// SPDX-License-Identifier: Apache-2.0
#include "te/topology/follower.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/format.h"

namespace pathwise::te {

std::string_view to_string(TopologyState state) {
  switch (state) {
    case TopologyState::kNone:
      return "none";
    case TopologyState::kLive:
      return "live";
    case TopologyState::kStale:
      return "stale";
  }
  return "none";
}

struct TopologyFollower::State {
  State(std::vector<TopologySourcePtr> list, TopologyFollowerOptions given, TopologyFollowerEvents handlers)
      : sources(std::move(list)), options(given), events(std::move(handlers)) {}

  void run() {
    auto backoff = options.min_backoff;
    while (!stopped()) {
      bool received = false;
      bool present = false;
      for (const TopologySourcePtr& source : sources) {
        if (stopped()) return;
        const Try result = follow(*source);
        received = result.received;
        present = present || result.present;
        if (received) break;  // it was good: start again with the first
      }
      if (present) {
        gone_since.reset();
      } else if (received || !gone_since) {
        gone_since = std::chrono::steady_clock::now();
      }
      backoff = received ? options.min_backoff : std::min(backoff * 2, options.max_backoff);
      pause(backoff);
      forget_if_old();
    }
  }

  struct Try {
    bool received = false;  // it brought a snapshot
    bool present = false;   // it is still there
  };
  Try follow(TopologySource& source) {
    bool received = false;
    const TopologySourceEnd end = source.follow([&](TopologySnapshotPtr snapshot) {
      received = true;
      gone_since.reset();
      set_state(TopologyState::kLive, source.name());
      if (events.on_snapshot && !stopped()) events.on_snapshot(std::move(snapshot));
    });
    const TopologyState next = state_now() == TopologyState::kNone ? TopologyState::kNone : TopologyState::kStale;
    set_state(next, source.name() + ": " + end.why);
    forget_if_old();
    return {received, end.present};
  }

  void forget_if_old() {
    if (!gone_since || std::chrono::steady_clock::now() - *gone_since < options.keep) return;
    if (state_now() != TopologyState::kStale || stopped()) return;
    set_state(TopologyState::kNone, formatted("no source for {}: the last topology is forgotten; {}",
                                              to_human(Microseconds(options.keep)), last_detail()));
    if (events.on_snapshot) events.on_snapshot(nullptr);
  }

  void set_state(TopologyState next, std::string why) {
    {
      const std::lock_guard lock(mutex);
      if (stopping || (next == state && why == detail)) return;
      state = next;
      detail = why;
    }
    if (events.on_state) events.on_state(next, std::move(why));
  }
  TopologyState state_now() const {
    const std::lock_guard lock(mutex);
    return state;
  }
  std::string last_detail() const {
    const std::lock_guard lock(mutex);
    return detail;
  }
  bool stopped() const {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  void pause(Milliseconds time) {
    std::unique_lock lock(mutex);
    wake.wait_for(lock, time, [this] { return stopping; });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    for (const TopologySourcePtr& source : sources) source->stop();
    wake.notify_all();
  }

  const std::vector<TopologySourcePtr> sources;
  const TopologyFollowerOptions options;
  const TopologyFollowerEvents events;
  std::optional<SteadyTime> gone_since;  // the thread's: since when no source was there
  mutable std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;  // guarded by mutex, as all below
  TopologyState state = TopologyState::kNone;
  std::string detail;
  std::thread thread;
};

TopologyFollower::TopologyFollower(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<TopologyFollower>> TopologyFollower::start(std::vector<TopologySourcePtr> sources,
                                                                  TopologyFollowerOptions options,
                                                                  TopologyFollowerEvents events) {
  if (sources.empty()) return fail(ErrorCode::kInvalidArgument, "topology: no source is configured");
  auto state = std::make_unique<State>(std::move(sources), options, std::move(events));
  State* raw = state.get();
  state->thread = std::thread([raw] { raw->run(); });
  return std::unique_ptr<TopologyFollower>(new TopologyFollower(std::move(state)));
}

TopologyFollower::~TopologyFollower() {
  state_->stop();
  state_->thread.join();
}

TopologyState TopologyFollower::state() const {
  return state_->state_now();
}

}  // namespace pathwise::te
