// SPDX-License-Identifier: Apache-2.0
// Bandwidth that LSPs hold on links (RFC 5440 section 7.11: the priorities of the LSPA). One thread.
#pragma once

#include "pcep/pce/lsp_request.h"
#include "te/algo/reservations.h"

namespace pathwise::pcep {

using Reservations = te::ReservationTable<LinkKey, LspKey>;

}  // namespace pathwise::pcep
