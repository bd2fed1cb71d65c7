// SPDX-License-Identifier: Apache-2.0
// x-pathwise-load: the fresh load that a receiver sends with a refusal, as
// "capacity=8;running=8;waiting=3;prefill=1200;rate=4000;itl=0.021". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fabric/fabric_snapshot.h"

namespace pathwise::router::forward {

[[nodiscard]] std::string format_load(const fabric::ModelState& state);
// nullopt: not of that form. Unknown keys are skipped.
[[nodiscard]] std::optional<fabric::ModelState> parse_load(std::string_view text);

}  // namespace pathwise::router::forward
