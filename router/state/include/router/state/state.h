// SPDX-License-Identifier: Apache-2.0
// The router's state for people and collectors: the admin API's documents and the leaves of the
// gNMI tree (gnmi/yang/pathwise-state.yang), both made from the same snapshots. Pure, but for the
// tree, which any thread may publish into. Not for the request path.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "fabric/fabric_snapshot.h"
#include "gnmi/tree.h"
#include "te/snapshot/path_snapshot.h"

namespace pathwise::router {

// Requests of a tier since start.
struct TierCounters {
  TierName tier;
  std::uint64_t total = 0;
  std::uint64_t local = 0;      // served by a runtime of this site
  std::uint64_t forwarded = 0;  // served by a peer
  std::uint64_t refused = 0;    // answered with an error of ours
  std::uint64_t failed = 0;     // broken after the first byte
};

// Bodies of GET /admin/paths and GET /admin/sites.
[[nodiscard]] std::string paths_json(const te::PathSnapshot& paths);
[[nodiscard]] std::string sites_json(const fabric::FabricSnapshot& sites, SteadyTime now);

// Make the subtrees /paths, /lsps, /pcep-sessions; /sites; /requests exactly what the arguments say.
void publish_paths(gnmi::Tree& tree, const te::PathSnapshot& paths);
void publish_sites(gnmi::Tree& tree, const fabric::FabricSnapshot& sites, SteadyTime now);
void publish_requests(gnmi::Tree& tree, std::span<const TierCounters> tiers);

}  // namespace pathwise::router
