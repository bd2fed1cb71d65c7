// SPDX-License-Identifier: Apache-2.0
// One LSP inside the Pcc.
#pragma once

#include "pcep/pcc/pcc.h"

namespace pathwise::pcep {

struct Pcc::Lsp {
  LspIntent intent;
  std::uint32_t plsp_id = 0;
  std::uint16_t lsp_id = 0;  // counts paths (RFC 8231 section 7.3.1)
  Operational state = Operational::kDown;
  std::optional<LspUpdate> pending;   // handed to te, not answered yet
  std::optional<LspUpdate> current;   // installed
  std::optional<LspErrorCode> error;  // of the last failure
  bool returned = false;              // the PCE gave the delegation back
  std::string reason = "configured";
  std::uint64_t updates = 0;
};

}  // namespace pathwise::pcep
