// SPDX-License-Identifier: Apache-2.0
// The admin API's objects. Times in milliseconds (rtt in microseconds too), as people read them.
#pragma once

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "fabric/peers_bus.h"
#include "router/forward/state.h"
#include "router/select/decision_record.h"

namespace pathwise::router::admin {

using Json = nlohmann::ordered_json;

[[nodiscard]] std::string iso_time(SystemTime when);
[[nodiscard]] Json decision_json(const select::DecisionRecord& record);
[[nodiscard]] Json sites_json(const forward::State& state, const std::vector<fabric::PeerStatus>& peers,
                              SteadyTime now);
[[nodiscard]] Json paths_json(const forward::State& state);
[[nodiscard]] Json policy_json(const policy::PolicySnapshot& policy);

}  // namespace pathwise::router::admin
