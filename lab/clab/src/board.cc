// SPDX-License-Identifier: Apache-2.0
#include "board.h"

#include <algorithm>

#include "base/format.h"

namespace pathwise::lab {

void Board::done(const std::string& node, Stage stage) {
  const std::lock_guard lock(mutex_);
  done_.emplace(node, stage);
  changed_.notify_all();
}

void Board::failed(Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  changed_.notify_all();
}

Result<void> Board::wait(const std::string& node, Stage stage) {
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return error_ || done_.contains({node, stage}); };
  if (changed_.wait_until(lock, stop_, deadline_, ready) && !error_) return {};
  return verdict(formatted("waiting for {} of {}", to_string(stage), node));
}

Result<void> Board::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const Time until = std::min(deadline_, std::chrono::steady_clock::now() + time);
  changed_.wait_until(lock, stop_, until, [&] { return error_.has_value(); });
  if (!error_ && !stop_.stop_requested() && until < deadline_) return {};
  return verdict("waiting");
}

Result<void> Board::verdict(const std::string& waiting_for) const {
  if (error_) return std::unexpected(*error_);
  if (stop_.stop_requested()) return fail(ErrorCode::kUnavailable, "interrupted while {}", waiting_for);
  return fail(ErrorCode::kDeadlineExceeded, "out of time while {}", waiting_for);
}

std::optional<Error> Board::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

}  // namespace pathwise::lab
