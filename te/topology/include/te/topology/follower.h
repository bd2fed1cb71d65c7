// SPDX-License-Identifier: Apache-2.0
// Follows one of several topology sources, tried in order; when one fails, the next. Owns a thread; the
// callbacks run on it and must not block: post to your own executor.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "te/topology/source.h"

namespace pathwise::te {

struct TopologyFollowerOptions {
  Milliseconds min_backoff{200};  // between rounds over all sources, doubling
  Milliseconds max_backoff{5000};
  // How long a topology is used after its source went away. Looked at between tries, so a source that takes
  // its time to refuse can make it longer by that.
  Milliseconds keep{600'000};
};

struct TopologyFollowerEvents {
  // nullptr: the last one was kept for `keep` without a source; there is none now.
  std::function<void(TopologySnapshotPtr)> on_snapshot;
  // On each change; `detail` is the source, or why it cannot be followed.
  std::function<void(TopologyState, std::string detail)> on_state;
};

class TopologyFollower {
 public:
  // kInvalidArgument: no sources. A source that is not there is no error.
  [[nodiscard]] static Result<std::unique_ptr<TopologyFollower>> start(std::vector<TopologySourcePtr> sources,
                                                                       TopologyFollowerOptions options,
                                                                       TopologyFollowerEvents events);
  ~TopologyFollower();  // no callback runs after it
  TopologyFollower(const TopologyFollower&) = delete;
  TopologyFollower& operator=(const TopologyFollower&) = delete;

  [[nodiscard]] TopologyState state() const;  // any thread

 private:
  struct State;
  explicit TopologyFollower(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::te
