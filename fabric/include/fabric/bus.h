// SPDX-License-Identifier: Apache-2.0
// The bus between the routers of a fabric: each tells its own load and hears the others'. Backends:
// peers (embedded, direct streams; fabric/peers_bus.h), later NATS. All pass the same conformance tests
// (tests/unit/fabric/conformance.h). One thread (control).
#pragma once

#include <functional>
#include <vector>

#include "fabric/fabric_snapshot.h"
#include "fabric/frame.h"

namespace pathwise::fabric {

// What this router tells of itself: all of it, each time. Models in any order; each name once.
struct LocalLoad {
  Admission admission = Admission::kOpen;
  std::vector<ModelState> models;
};

class Bus {
 public:
  // Called on the bus's thread with every new snapshot, at most every 10 ms.
  using OnChange = std::function<void(FabricSnapshotPtr)>;

  virtual ~Bus() = default;

  // Our present load. The newest counts: it is told at once if it differs enough to change a decision
  // elsewhere, otherwise with the next interval. Our own entry in the snapshot is updated too.
  virtual void publish(LocalLoad load) = 0;
  // The fresh load that a router sent with a refusal (429): its entry is corrected at once.
  virtual void merge_refusal(const SiteName& site, const RouterName& router, const ModelState& state) = 0;
  // What the fabric must agree on, as this router has it (after a reload); told to everybody.
  virtual void set_hashes(Hashes hashes) = 0;
  virtual void set_on_change(OnChange on_change) = 0;
  // Never nullptr; with our own entry after the first publish().
  [[nodiscard]] virtual FabricSnapshotPtr snapshot() = 0;
};

}  // namespace pathwise::fabric
