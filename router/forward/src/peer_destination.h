// SPDX-License-Identifier: Apache-2.0
// Where a peer is reached in a tier: from our address in it to the peer's. The pair is the path. Pure.
#pragma once

#include <optional>

#include "policy/fabric_config.h"
#include "router/forward/upstream.h"
#include "router/forward/worker.h"
#include "router/select/views.h"

namespace pathwise::router::forward {

// nullopt: the peer's site has no prefix for the tier. Without one of our own the kernel chooses our address.
[[nodiscard]] std::optional<Destination> peer_destination(const policy::FabricConfig& config, const Identity& own,
                                                          const select::Target& target, const TierName& tier);

}  // namespace pathwise::router::forward
