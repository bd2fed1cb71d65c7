// SPDX-License-Identifier: Apache-2.0
// Whether a PCUpd can be followed, as a pure function: the answer is the PCErr of its RFC. Any thread.
#pragma once

#include <optional>

#include "pcep/codec/grammar.h"

namespace pathwise::pcep {

struct UpdateContext {
  bool known = false;        // the PLSP-ID is one of ours
  bool delegated = false;    // to the PCE that asks
  bool srv6_agreed = false;  // both Opens carry the SRv6 capability
  std::size_t max_segments = 0;
};

[[nodiscard]] std::optional<ErrorCodePoint> check_update(const UpdateRequest& request, const UpdateContext& context);

}  // namespace pathwise::pcep
