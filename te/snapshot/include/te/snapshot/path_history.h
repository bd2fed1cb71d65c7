// SPDX-License-Identifier: Apache-2.0
// The last transitions of an SR policy: when, from what, to what, why. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace pathwise::te {

// Older ones are forgotten: a path that flaps once a second shows half a minute.
inline constexpr std::size_t kPathHistory = 32;

struct PathTransition {
  SystemTime at;     // wall clock: it may have been stepped between two
  std::string from;  // "flex-algo 128"; empty: no path
  std::string to;    // the same
  std::string reason;
  friend bool operator==(const PathTransition&, const PathTransition&) = default;
};

struct PathHistory {
  SiteName site;
  TierName tier;
  std::uint64_t transitions = 0;       // since te started, forgotten ones too
  std::vector<PathTransition> recent;  // oldest first, at most kPathHistory
  friend bool operator==(const PathHistory&, const PathHistory&) = default;
};

}  // namespace pathwise::te
