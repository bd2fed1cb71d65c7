// SPDX-License-Identifier: GPL-2.0-or-later
// Which routes zebra has from us, so that only differences are sent. Pure; one thread.
#pragma once

#include <vector>

#include "te/frr/flex_algo_routes.h"

namespace pathwise::te {

struct RouteChange {
  enum class Action : std::uint8_t { kInstall, kRemove };  // installing replaces
  Action action = Action::kInstall;
  FrrRoute route;
  friend bool operator==(const RouteChange&, const RouteChange&) = default;
};

class RouteTable {
 public:
  // What to send so that zebra has `desired`: removals last, so that traffic never meets a gap that
  // is only an order of messages.
  [[nodiscard]] std::vector<RouteChange> update(FrrRoutes desired);
  // zebra has forgotten us (a new connection): everything must be sent again.
  void forget() { installed_.clear(); }
  [[nodiscard]] const FrrRoutes& installed() const { return installed_; }

 private:
  FrrRoutes installed_;
};

}  // namespace pathwise::te
