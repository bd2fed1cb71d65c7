// SPDX-License-Identifier: Apache-2.0
// te.proto ↔ structs. Decoding checks every address, prefix and number, and says where it stands. Any thread.
#pragma once

#include <pathwise/te.pb.h>

#include "base/error.h"
#include "te/policy/intent.h"
#include "te/snapshot/path_snapshot.h"

namespace pathwise::te {

namespace wire = ::pathwise::te::v1;

[[nodiscard]] wire::TeIntent encode(const TeIntent& intent);
[[nodiscard]] Result<TeIntent> decode(const wire::TeIntent& message);

[[nodiscard]] wire::PathSnapshot encode(const PathSnapshot& snapshot);
[[nodiscard]] Result<PathSnapshot> decode(const wire::PathSnapshot& message);

}  // namespace pathwise::te
