// SPDX-License-Identifier: Apache-2.0
// Where the nodes of a starting lab meet: which stages are done, and whether the lab has failed.
// One mutex; any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

#include "lab/clab/topology.h"

namespace pathwise::lab {

class Board {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Board(Time deadline, std::stop_token stop) : deadline_(deadline), stop_(std::move(stop)) {}

  void done(const std::string& node, Stage stage);
  // The first failure is kept; everybody who waits gives up.
  void failed(Error error);
  // Blocks until the stage is done. The lab's error if it failed meanwhile, kDeadlineExceeded at
  // the deadline, kUnavailable when a stop was requested.
  [[nodiscard]] Result<void> wait(const std::string& node, Stage stage);
  // The same for a pause between two looks at something.
  [[nodiscard]] Result<void> pause(std::chrono::milliseconds time);
  [[nodiscard]] std::optional<Error> error() const;

 private:
  [[nodiscard]] Result<void> verdict(const std::string& waiting_for) const;  // with the mutex held

  const Time deadline_;
  const std::stop_token stop_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<std::pair<std::string, Stage>> done_;
  std::optional<Error> error_;
};

}  // namespace pathwise::lab
