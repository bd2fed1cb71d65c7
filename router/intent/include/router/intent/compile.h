// SPDX-License-Identifier: Apache-2.0
// Policy and node configuration → what te is asked for. Only the router's main links this: the router's
// other libraries know of te nothing but its PathSnapshot. Pure; any thread.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "policy/fabric_config.h"
#include "policy/node_config.h"
#include "te/policy/intent.h"

namespace pathwise::router::intent {

// kInvalidArgument: the fabric has no such site, or the site no such router.
[[nodiscard]] Result<te::TeIntent> compile(const policy::FabricConfig& fabric, const policy::NodeConfig& node,
                                           std::uint64_t revision);

}  // namespace pathwise::router::intent
