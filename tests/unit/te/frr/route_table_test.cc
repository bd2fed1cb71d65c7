// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/route_table.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

FrrRoute route(const char* prefix, std::uint32_t ifindex) {
  return {.prefix = *Ipv6Prefix::parse(prefix), .kind = RouteKind::kForward, .next_hops = {{ifindex, {}}}};
}
FrrRoutes table(std::initializer_list<FrrRoute> routes) {
  FrrRoutes result;
  for (const FrrRoute& each : routes) result.emplace(each.prefix, each);
  return result;
}

TEST(RouteTable, SendsOnlyDifferencesAndRemovalsLast) {
  RouteTable routes;
  const FrrRoute a = route("fcbb:bb80:1::/48", 1);
  const FrrRoute b = route("fcbb:bb80:2::/48", 1);
  const FrrRoute c = route("fcbb:bb80:3::/48", 1);
  EXPECT_THAT(routes.update(table({a, b})), SizeIs(2));
  EXPECT_THAT(routes.update(table({a, b})), IsEmpty());
  FrrRoute moved = b;
  moved.next_hops.front().ifindex = 9;
  EXPECT_THAT(routes.update(table({moved, c})),
              ElementsAre(RouteChange{RouteChange::Action::kInstall, moved},
                          RouteChange{RouteChange::Action::kInstall, c}, RouteChange{RouteChange::Action::kRemove, a}));
}

TEST(RouteTable, SendsEverythingAfterAReconnect) {
  RouteTable routes;
  const FrrRoute a = route("fcbb:bb80:1::/48", 1);
  EXPECT_THAT(routes.update(table({a})), SizeIs(1));
  routes.forget();
  EXPECT_THAT(routes.update(table({a})), SizeIs(1));
}

}  // namespace
}  // namespace pathwise::te
