// SPDX-License-Identifier: GPL-2.0-or-later
// What pathwise-frr shows on its metrics address: /metrics, /health and /topology. Pure; any thread.
#pragma once

#include <string>

#include "te/frr/agent.h"

namespace pathwise::te {

// Prometheus text exposition.
[[nodiscard]] std::string metrics_text(const AgentState& state, std::size_t watchers);
// {"status": "ok" | "degraded", "problems": […], …}
[[nodiscard]] std::string health_json(const AgentState& state);

}  // namespace pathwise::te
