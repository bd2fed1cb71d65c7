// SPDX-License-Identifier: Apache-2.0
#include "pcep/pce/reservations.h"

#include <algorithm>

namespace pathwise::pcep {

void Reservations::claim(const LspKey& lsp, Claim claim) {
  if (const auto old = claims_.find(lsp); old != claims_.end()) {
    for (const LinkKey& link : old->second.links) {
      auto& held = links_[link];
      held[old->second.holding_priority] -= old->second.bandwidth.value();
      if (std::ranges::all_of(held, [](std::uint64_t value) { return value == 0; })) links_.erase(link);
    }
    claims_.erase(old);
  }
  if (claim.bandwidth.value() == 0 || claim.links.empty()) return;
  claim.holding_priority = std::min<std::uint8_t>(claim.holding_priority, 7);
  for (const LinkKey& link : claim.links) links_[link][claim.holding_priority] += claim.bandwidth.value();
  claims_.emplace(lsp, std::move(claim));
}

BitsPerSecond Reservations::held(const LinkKey& link, std::uint8_t setup_priority, const LspKey& except) const {
  const auto at = links_.find(link);
  if (at == links_.end()) return {};
  std::uint64_t sum = 0;
  for (std::size_t priority = 0; priority <= std::min<std::size_t>(setup_priority, 7); ++priority)
    sum += at->second[priority];
  const auto own = claims_.find(except);
  if (own != claims_.end() && own->second.holding_priority <= setup_priority &&
      std::ranges::find(own->second.links, link) != own->second.links.end())
    sum -= own->second.bandwidth.value();
  return BitsPerSecond(sum);
}

}  // namespace pathwise::pcep
