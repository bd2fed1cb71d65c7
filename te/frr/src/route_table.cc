// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/route_table.h"

#include <utility>

namespace pathwise::te {

std::vector<RouteChange> RouteTable::update(FrrRoutes desired) {
  std::vector<RouteChange> changes;
  for (const auto& [prefix, route] : desired) {
    const auto old = installed_.find(prefix);
    if (old == installed_.end() || old->second != route) changes.push_back({RouteChange::Action::kInstall, route});
  }
  for (const auto& [prefix, route] : installed_) {
    if (!desired.contains(prefix)) changes.push_back({RouteChange::Action::kRemove, route});
  }
  installed_ = std::move(desired);
  return changes;
}

}  // namespace pathwise::te
