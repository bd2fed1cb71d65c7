// SPDX-License-Identifier: Apache-2.0
// What a fabric must agree on, as hashes that its routers exchange. Pure.
#pragma once

#include "fabric/frame.h"
#include "policy/fabric_config.h"

namespace pathwise::router::control {

[[nodiscard]] fabric::Hashes hashes_of(const policy::FabricConfig& config);

}  // namespace pathwise::router::control
