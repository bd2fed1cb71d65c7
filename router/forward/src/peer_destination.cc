// SPDX-License-Identifier: Apache-2.0
#include "peer_destination.h"

#include <algorithm>

namespace pathwise::router::forward {

std::optional<Destination> peer_destination(const policy::FabricConfig& config, const Identity& own,
                                            const select::Target& target, const TierName& tier) {
  const policy::SiteConfig* theirs = config.site(target.site);
  const policy::SiteConfig* ours = config.site(own.site);
  if (theirs == nullptr) return std::nullopt;
  const auto remote = theirs->prefixes.find(tier);
  if (remote == theirs->prefixes.end()) return std::nullopt;
  Destination destination{.site = target.site};
  destination.remote.host = policy::FabricConfig::router_address(remote->second, target.router_number).to_string();
  destination.remote.port = own.peers_port;
  if (ours == nullptr) return destination;
  if (const auto local = ours->prefixes.find(tier); local != ours->prefixes.end()) {
    const auto found = std::ranges::find(ours->routers, own.router);
    const auto number = found == ours->routers.end() ? 1 : static_cast<std::size_t>(found - ours->routers.begin()) + 1;
    destination.local = policy::FabricConfig::router_address(local->second, number);
  }
  return destination;
}

}  // namespace pathwise::router::forward
