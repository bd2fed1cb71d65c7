// SPDX-License-Identifier: Apache-2.0
// One Subscribe stream. The pure part (what is due when) is SampleSchedule; the rest is the stream.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gnmi/gnmi.pb.h"
#include "gnmi/tree.h"

namespace pathwise::gnmi {

// A SAMPLE subscription: when it is due and what it sent last.
struct Sampled {
  Path pattern;
  std::chrono::nanoseconds interval;
  std::chrono::nanoseconds heartbeat{};  // 0: none
  bool suppress_redundant = false;
  SteadyTime due{};
  std::map<std::string, std::pair<Value, SteadyTime>> last;  // with suppress_redundant

  // Whether `leaf` is to be sent at `now`; remembers it if so.
  [[nodiscard]] bool wants(const Leaf& leaf, SteadyTime now);
};

// The request taken apart; errors become INVALID_ARGUMENT.
struct SubscribePlan {
  ::gnmi::SubscriptionList::Mode mode = ::gnmi::SubscriptionList::STREAM;
  ::gnmi::Encoding encoding = ::gnmi::JSON;
  bool updates_only = false;
  std::vector<Path> all;        // every pattern
  std::vector<Path> on_change;  // ON_CHANGE and TARGET_DEFINED
  std::vector<Sampled> sampled;

  [[nodiscard]] static Result<SubscribePlan> from(const ::gnmi::SubscriptionList& list, SteadyTime now);
  [[nodiscard]] SteadyTime next_due(SteadyTime otherwise) const;
};

// SAMPLE intervals below this are raised to it; 0 asks for the target's choice: 1 s.
inline constexpr std::chrono::milliseconds kMinimumSampleInterval{100};

}  // namespace pathwise::gnmi
