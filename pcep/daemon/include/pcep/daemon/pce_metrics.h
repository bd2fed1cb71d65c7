// SPDX-License-Identifier: Apache-2.0
// The Pce's state as metrics, taken when a scraper asks. The thread of the Pce.
#pragma once

#include <string>

#include "pcep/daemon/lsp_service.h"

namespace pathwise::pcep {

// Prometheus text format 0.0.4.
[[nodiscard]] std::string metrics_text(const PceSnapshot& snapshot);
// {"status":"ok"}, or "degraded" with the reason: no topology, or delegated LSPs without a path.
[[nodiscard]] std::string health_json(const PceSnapshot& snapshot);

}  // namespace pathwise::pcep
