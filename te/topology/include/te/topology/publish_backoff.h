// SPDX-License-Identifier: Apache-2.0
// When to publish a topology that keeps changing: soon after the first change, then at growing
// intervals while changes go on (the idea of RFC 8405). Pure, time is an argument; one thread.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "base/units.h"

namespace pathwise::te {

struct BackoffParams {
  Milliseconds initial{10};   // the first change: long enough for one LSP's messages to arrive together
  Milliseconds shortest{50};  // between publications, doubling
  Milliseconds longest{500};
  Milliseconds quiet{1000};  // without a change: initial again
};

class PublishBackoff {
 public:
  explicit PublishBackoff(BackoffParams params = {}) : params_(params) {}

  void changed(SteadyTime now) {
    if (last_change_ && now - *last_change_ > params_.quiet) interval_.reset();
    last_change_ = now;
    if (due_) return;
    due_ = now + params_.initial;
    if (interval_ && published_) due_ = std::max(*due_, *published_ + *interval_);
  }
  // When to publish; nullopt: nothing changed since.
  [[nodiscard]] std::optional<SteadyTime> due() const { return due_; }
  void published(SteadyTime now) {
    due_.reset();
    published_ = now;
    interval_ = interval_ ? std::min(*interval_ * 2, params_.longest) : params_.shortest;
  }

 private:
  BackoffParams params_;
  std::optional<Milliseconds> interval_;
  std::optional<SteadyTime> last_change_;
  std::optional<SteadyTime> published_;
  std::optional<SteadyTime> due_;
};

}  // namespace pathwise::te
