// SPDX-License-Identifier: Apache-2.0
// The order in which routers install the change of one link so that no packet loops meanwhile: ordered FIB
// updates (RFC 6976). A link became worse: whoever sends over it updates after everybody who sends
// through him. It became better: after everybody he will send through. Each router computes its own rank
// from the two topologies and waits that many steps. Pure; one thread per OrderedUpdate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "te/algo/flex_algo.h"
#include "te/algo/spf.h"
#include "te/topology/topology.h"

namespace pathwise::te {

class OrderedUpdate {
 public:
  // From `before` to `after` under one definition, as `self` sees it. Both must live as long as this. The
  // change is ordered if it is one link's, in one or both directions, and the link still forwards: a
  // link that is gone takes its packets with it, and waiting would lose more than a loop. Any other change is
  // not ordered: every rank is 0.
  OrderedUpdate(const TopologySnapshot& before, const TopologySnapshot& after, const FlexAlgoDefinition& definition,
                const NodeName& self);

  [[nodiscard]] bool ordered() const { return ordered_; }
  // The steps to wait before the new route to `destination` (an index of `after`) is installed; 0: none.
  [[nodiscard]] std::uint32_t rank(NodeIndex destination) const;

 private:
  // One direction of the link that changed, under the topology that uses it most: the one before if it
  // became worse, else the one after.
  struct Direction {
    LinkIndex link = kNoLink;
    bool worse = false;
    std::uint32_t rank = 0;  // of self, for what it sends over the link
    Spf beyond;              // from the link's far end
  };
  struct Side {
    const TopologySnapshot* snapshot = nullptr;
    std::vector<std::uint32_t> costs;
    Spf from_self;
  };
  [[nodiscard]] bool find_change();
  void set_up(Direction& direction);
  [[nodiscard]] bool uses(const Direction& direction, NodeIndex destination) const;
  [[nodiscard]] const Side& side(const Direction& direction) const { return direction.worse ? before_ : after_; }

  NodeName self_;
  Side before_;
  Side after_;
  std::vector<Direction> directions_;
  bool ordered_ = false;
};

}  // namespace pathwise::te
