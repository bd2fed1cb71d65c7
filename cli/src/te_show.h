// SPDX-License-Identifier: Apache-2.0
// What te says of its paths as text and as JSON: `te explain`, `te verify`. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "te/snapshot/path_snapshot.h"
#include "te/wire/te_queries.h"

namespace pathwise::cli {

struct Explanation {
  te::PathState path;
  std::optional<te::SidNames> sids;  // absent: SIDs stay numbers
  te::PathHistory history;
  std::string topology_state;
  SystemTime now;  // for ages
};

[[nodiscard]] std::string render_explanation(const Explanation& explanation);
[[nodiscard]] nlohmann::json explanation_json(const Explanation& explanation);

// Why the active candidate carries the tier, or why none does: one line for each candidate of a higher preference.
[[nodiscard]] std::vector<std::string> why_active(const te::PathState& path);

[[nodiscard]] std::string render_verified(const std::vector<te::VerifiedPath>& paths);
[[nodiscard]] nlohmann::json verified_json(const std::vector<te::VerifiedPath>& paths);
// A path deviates or does not arrive.
[[nodiscard]] bool any_wrong(const std::vector<te::VerifiedPath>& paths);

// "2026-11-21T20:15:03.120Z"
[[nodiscard]] std::string iso_time(SystemTime time);

}  // namespace pathwise::cli
