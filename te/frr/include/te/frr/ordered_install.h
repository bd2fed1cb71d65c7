// SPDX-License-Identifier: GPL-2.0-or-later
// Holds a changed forwarding route back until its turn has come, so that a link's new delay does not make
// packets loop (te/algo/ordered_update.h has the order). Pure, time is an argument; one thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "te/frr/flex_algo_routes.h"

namespace pathwise::te {

struct OrderedInstallParams {
  // One rank: longer than an LSP's flooding, the computation and zebra's work together. 0: not ordered.
  Milliseconds step{100};
  Milliseconds longest{2000};  // a route waits no longer, whatever its rank and however often the link changes
};

class OrderedInstall {
 public:
  explicit OrderedInstall(OrderedInstallParams params = {}) : params_(params) {}

  // `desired` was computed on `topology`. Returns what to have in the tables now: `desired`, but routes whose
  // turn has not come as they are in `installed`. Ask again when due() says so.
  [[nodiscard]] FrrRoutes admit(SteadyTime now, const TopologySnapshotPtr& topology, const NodeName& self,
                                const std::vector<FlexAlgoDefinition>& definitions, FrrRoutes desired,
                                const FrrRoutes& installed);
  // When the next turn comes; nullopt: nothing waits.
  [[nodiscard]] std::optional<SteadyTime> due() const;
  [[nodiscard]] std::size_t waiting() const { return turns_.size(); }

 private:
  void order(SteadyTime now, const TopologySnapshot& topology, const NodeName& self,
             const std::vector<FlexAlgoDefinition>& definitions);
  OrderedInstallParams params_;
  TopologySnapshotPtr settled_;  // all routes in the tables are of this one, or wait
  TopologySnapshotPtr newest_;
  std::optional<SteadyTime> first_change_;  // since settled_
  std::map<Ipv6Prefix, SteadyTime> turns_;
};

}  // namespace pathwise::te
