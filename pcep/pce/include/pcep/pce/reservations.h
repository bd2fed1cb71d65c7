// SPDX-License-Identifier: Apache-2.0
// Bandwidth that LSPs hold on links, by holding priority (RFC 3209 section 4.7.3 and RFC 5440
// section 7.11). What holds with a lower priority than a new LSP sets up with does not count for it:
// it is recomputed afterwards, in the order of priorities. One thread.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "pcep/pce/lsp_request.h"

namespace pathwise::pcep {

class Reservations {
 public:
  struct Claim {
    std::vector<LinkKey> links;
    BitsPerSecond bandwidth;
    std::uint8_t holding_priority = 7;
  };
  // Replaces what the LSP held; an empty claim releases it.
  void claim(const LspKey& lsp, Claim claim);
  void release(const LspKey& lsp) { claim(lsp, {}); }
  // What an LSP of this setup priority cannot have on the link, besides what `except` itself holds.
  [[nodiscard]] BitsPerSecond held(const LinkKey& link, std::uint8_t setup_priority, const LspKey& except) const;

 private:
  std::map<LinkKey, std::array<std::uint64_t, 8>> links_;
  std::map<LspKey, Claim> claims_;
};

}  // namespace pathwise::pcep
