// SPDX-License-Identifier: Apache-2.0
// What a tier's PCEP candidate means as an LSP, and what a PCE's answer means as a segment list. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "pcep/pcc/lsp.h"
#include "te/policy/engine.h"
#include "te/policy/intent.h"
#include "te/srv6/sid_map.h"

namespace pathwise::te {

// One LSP for each PCEP candidate whose ends are known, named by lsp_name().
[[nodiscard]] std::vector<pcep::LspIntent> lsps_of(const TeIntent& intent);

// The ERO's SIDs, packed into uSID carriers and ended by the uDT6 of the edge router `edge` in the
// last hop's algorithm (an ERO that ends at a uN would drop there). kInvalidArgument: a hop without
// SID, a SID outside our blocks, or an ERO that does not end at `edge`.
[[nodiscard]] Result<std::vector<Ipv6Address>> segments_of(const pcep::LspUpdate& update, const SidMap& sids,
                                                           NodeId edge);

}  // namespace pathwise::te
