// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/program/status.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::HasSubstr;

AgentState good() {
  AgentState state;
  state.zebra_connected = true;
  state.node_known = true;
  state.routes[Algorithm(128)] = 7;
  state.link_delays.push_back({.link = {.interface = "to-pa2", .ifindex = 3, .local = {}, .remote = {}},
                               .alive = true,
                               .measured = LinkDelay{Microseconds(1500), Microseconds(1500), Microseconds(1700)},
                               .advertised = {}});
  return state;
}

TEST(Status, AHealthyAgentHasNoProblems) {
  EXPECT_THAT(health_json(good()), HasSubstr(R"("status":"ok")"));
  EXPECT_THAT(health_json(good()), HasSubstr(R"("measured_us":1500)"));
  const std::string metrics = metrics_text(good(), 2);
  EXPECT_THAT(metrics, HasSubstr("pathwise_frr_zebra_up 1"));
  EXPECT_THAT(metrics, HasSubstr(R"(pathwise_frr_routes{algorithm="128"} 7)"));
  EXPECT_THAT(metrics, HasSubstr("pathwise_frr_topology_watchers 2"));
}

TEST(Status, NamesWhatIsWrong) {
  AgentState state = good();
  state.held = {Algorithm(129)};
  state.offenders = {{Algorithm(129), NodeName("pb2"), false}};
  EXPECT_THAT(health_json(state), HasSubstr("flex-algo 129 is held: pb2 has another definition"));
  EXPECT_THAT(metrics_text(state, 0),
              HasSubstr(R"(pathwise_frr_flex_algo_mismatch{algorithm="129",neighbour="pb2"} 1)"));
  state.zebra_connected = false;
  state.zebra_detail = "/run/zserv.api: zebra is not there";
  EXPECT_THAT(health_json(state), HasSubstr("degraded"));
  EXPECT_THAT(health_json(state), HasSubstr("zebra is not there"));
}

}  // namespace
}  // namespace pathwise::te
