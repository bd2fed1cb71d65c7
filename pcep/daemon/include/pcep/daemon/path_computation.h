// SPDX-License-Identifier: Apache-2.0
// The Pce's computation by te's CSPF on the last topology: constraints and what is reserved in,
// uN and uA segments out. One thread.
#pragma once

#include "pcep/daemon/fabric.h"
#include "pcep/pce/pce.h"
#include "te/algo/cspf.h"
#include "te/topology/topology.h"

namespace pathwise::pcep {

class PathComputation {
 public:
  explicit PathComputation(PceFabric fabric) : fabric_(std::move(fabric)) {}
  void set_topology(te::TopologySnapshotPtr topology) { topology_ = std::move(topology); }
  [[nodiscard]] const te::TopologySnapshotPtr& topology() const { return topology_; }

  // kUnavailable before the first topology; else the errors of compute_cspf() and encode_path().
  [[nodiscard]] Result<ComputedLsp> operator()(const LspRequest& request, const Reservations& held) const;

 private:
  PceFabric fabric_;
  te::TopologySnapshotPtr topology_;
  mutable te::Cspf cspf_;  // a workspace
};

}  // namespace pathwise::pcep
