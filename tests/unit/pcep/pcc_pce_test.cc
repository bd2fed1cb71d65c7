// SPDX-License-Identifier: Apache-2.0
// PCC and PCE together: the loop of delegation, update, installation and recomputation.
#include "base/format.h"
#include "wire_fixture.h"

namespace pathwise::pcep::test {
namespace {

class PccPceTest : public WireFixture {};

TEST_F(PccPceTest, ADelegatedLspGetsAPathAndFollowsTheTopology) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  // Synchronisation: the LSP down, delegated, without a path; then the end marker.
  const std::vector<StateReport> sync = wire.reports();
  ASSERT_GE(sync.size(), 3U);
  EXPECT_TRUE(sync[0].lsp.syncing());
  EXPECT_TRUE(sync[0].lsp.delegated());
  EXPECT_TRUE(sync[0].ero.hops.empty());
  EXPECT_EQ(sync[0].lsp.operational(), Operational::kDown);
  EXPECT_TRUE(sync[1].ends_sync());
  EXPECT_EQ(sync[2].lsp.operational(), Operational::kGoingUp);
  // The PCE's answer, as te gets it.
  ASSERT_EQ(observer.updates.size(), 1U);
  const LspUpdate first = observer.updates[0];
  EXPECT_EQ(first.segments, segments);
  EXPECT_EQ(first.computed_delay(), delay);
  EXPECT_EQ(first.bandwidth, BitsPerSecond{200'000'000});
  EXPECT_EQ(first.pce, "pce1");
  install(0);
  wire.pump();
  const StateReport up = wire.reports().back();
  EXPECT_EQ(up.lsp.operational(), Operational::kUp);
  EXPECT_EQ(up.srp->srp_id, first.srp_id);
  EXPECT_EQ(up.ero.hops.size(), 2U);
  ASSERT_TRUE(up.rro.has_value());
  EXPECT_EQ(up.rro->hops.size(), 2U);
  EXPECT_EQ(up.actual.metrics[0].value, 12'000.0F);
  EXPECT_EQ(pce->lsps().at(0).state, Operational::kUp);
  // The link slows: another path, another update, and the report that it is up.
  delay = 20'000us;
  segments = {hop("fcbb:bb00:5::"), hop("fcbb:bb00:3::")};
  pce->topology_changed("topology changed");
  wire.pump();
  ASSERT_EQ(observer.updates.size(), 2U);
  EXPECT_EQ(observer.updates[1].segments, segments);
  EXPECT_GT(observer.updates[1].srp_id, first.srp_id);
  EXPECT_EQ(pcc->lsps().at(0).installed->segments, first.segments);  // until te has installed the new one
  install(1, Operational::kActive);
  wire.pump();
  EXPECT_EQ(wire.reports().back().lsp.operational(), Operational::kActive);
  EXPECT_EQ(pce->lsps().at(0).last_reason, "topology changed");
  EXPECT_TRUE(Wire::errors_in(wire.to_pce).empty());
  EXPECT_TRUE(Wire::errors_in(wire.to_pcc).empty());
}

TEST_F(PccPceTest, OnlyMeaningfulChangesAreSent) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  install(0);
  wire.pump();
  for (int i = 0; i < 3; ++i) {
    delay += 50us;  // below 100 us
    pce->topology_changed("topology changed");
  }
  wire.pump();
  EXPECT_EQ(wire.updates().size(), 1U);
  EXPECT_EQ(computations, 4);
  delay += 500us;  // with the small steps before: more than 100 us and 5 %
  pce->topology_changed("topology changed");
  wire.pump();
  EXPECT_EQ(wire.updates().size(), 2U);
}

TEST_F(PccPceTest, AnInfeasibleLspLosesItsPathVisiblyAndComesBack) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  install(0);
  wire.pump();
  delay = 31'000us;
  pce->topology_changed("topology changed");
  pce->topology_changed("topology changed");  // says so once
  wire.pump();
  ASSERT_EQ(wire.updates().size(), 2U);
  EXPECT_TRUE(wire.updates()[1].ero.hops.empty());
  EXPECT_TRUE(wire.updates()[1].lsp.delegated());
  EXPECT_EQ(observer.withdrawn.at("dubai-realtime"), "the PCE has no path");
  EXPECT_EQ(wire.reports().back().lsp.operational(), Operational::kDown);
  EXPECT_EQ(wire.reports().back().srp->srp_id, wire.updates()[1].srp.srp_id);
  EXPECT_NE(pce->lsps().at(0).last_reason.find("no path: the shortest delay is 31"), std::string::npos);
  delay = 12'000us;
  pce->topology_changed("topology changed");
  wire.pump();
  ASSERT_EQ(observer.updates.size(), 2U);
  install(1);
  wire.pump();
  EXPECT_EQ(pce->lsps().at(0).state, Operational::kUp);
}

TEST_F(PccPceTest, BandwidthIsReservedAndReleasedWithTheLsp) {
  LspIntent wide = realtime();
  wide.bandwidth = BitsPerSecond{900'000'000};
  LspIntent second = realtime();
  second.name = "dubai-batch";
  ASSERT_TRUE(pcc->set_lsps({wide, second}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  // PLSP-IDs follow the order of intents: the wide one was first.
  EXPECT_TRUE(pce->lsps().at(0).path.has_value());
  EXPECT_FALSE(pce->lsps().at(1).path.has_value());
  EXPECT_EQ(pce->lsps().at(1).last_reason, "no path: no bandwidth");
  ASSERT_TRUE(pcc->set_lsps({second}).has_value());
  wire.pump();
  pce->topology_changed("bandwidth released");
  wire.pump();
  ASSERT_EQ(pce->lsps().size(), 1U);
  EXPECT_TRUE(pce->lsps().at(0).path.has_value());
}

TEST_F(PccPceTest, TheMoreImportantLspPreemptsAndTheOtherIsComputedAgain) {
  LspIntent low = realtime();
  low.bandwidth = BitsPerSecond{900'000'000};
  LspIntent high = realtime();
  high.name = "dubai-urgent";
  high.setup_priority = high.holding_priority = 2;
  ASSERT_TRUE(pcc->set_lsps({low}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  ASSERT_TRUE(pcc->set_lsps({low, high}).has_value());
  wire.pump();
  pce->topology_changed("topology changed");
  wire.pump();
  std::map<std::string, bool> has_path;
  for (const PceLspView& view : pce->lsps()) has_path[view.request.name] = view.path.has_value();
  EXPECT_TRUE(has_path["dubai-urgent"]);
  EXPECT_FALSE(has_path["dubai-realtime"]);
}

TEST_F(PccPceTest, WhomItPreemptsIsComputedAgainAtOnce) {
  capacities_known = true;
  LspIntent low = realtime();
  low.bandwidth = BitsPerSecond{900'000'000};
  LspIntent small = realtime();
  small.name = "dubai-small";
  small.bandwidth = BitsPerSecond{50'000'000};
  LspIntent high = low;
  high.name = "dubai-urgent";
  high.setup_priority = high.holding_priority = 2;
  ASSERT_TRUE(pcc->set_lsps({low, small}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  ASSERT_TRUE(pcc->set_lsps({low, small, high}).has_value());
  wire.pump();
  std::map<std::string, bool> has_path;
  for (const PceLspView& view : pce->lsps()) has_path[view.request.name] = view.path.has_value();
  EXPECT_TRUE(has_path["dubai-urgent"]);
  EXPECT_FALSE(has_path["dubai-realtime"]);
  EXPECT_TRUE(has_path["dubai-small"]);                 // not in the way
  EXPECT_TRUE(wire.updates().back().ero.hops.empty());  // and the PCC knows
}

// Each would set up better than it holds: neither may push the other out for ever.
TEST_F(PccPceTest, PrioritiesTheWrongWayRoundDoNotFight) {
  capacities_known = true;
  LspIntent one = realtime();
  one.bandwidth = BitsPerSecond{900'000'000};
  one.setup_priority = 0;
  one.holding_priority = 7;
  LspIntent other = one;
  other.name = "dubai-other";
  ASSERT_TRUE(pcc->set_lsps({one, other}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  int with_path = 0;
  for (const PceLspView& view : pce->lsps()) with_path += view.path ? 1 : 0;
  EXPECT_EQ(with_path, 1);
  EXPECT_LE(computations, 4);
}

TEST_F(PccPceTest, ALostPceKeepsThePathUntilTheStateTimeOut) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  {
    Wire wire(pcc->peer(0), *pce, clock);
    wire.pump();
    install(0);
    wire.pump();
    wire.cut();
  }
  EXPECT_TRUE(pcc->lsps().at(0).stale);
  EXPECT_FALSE(pcc->lsps().at(0).delegated);
  ASSERT_TRUE(pcc->lsps().at(0).installed.has_value());
  clock.advance(59s);
  pcc->expire();
  EXPECT_TRUE(observer.withdrawn.empty());
  ASSERT_TRUE(pcc->next_deadline().has_value());
  clock.advance(1s);
  pcc->expire();
  EXPECT_EQ(observer.withdrawn.size(), 1U);
  EXPECT_FALSE(pcc->lsps().at(0).installed.has_value());
}

TEST_F(PccPceTest, AReturningPceFindsThePathAgainWithoutATrafficChange) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  {
    Wire wire(pcc->peer(0), *pce, clock);
    wire.pump();
    install(0);
    wire.pump();
    wire.cut();
  }
  clock.advance(5s);
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  const StateReport sync = wire.reports().at(0);
  EXPECT_TRUE(sync.lsp.syncing());
  EXPECT_EQ(sync.lsp.operational(), Operational::kUp);
  EXPECT_EQ(sync.ero.hops.size(), 2U);
  EXPECT_FALSE(pcc->lsps().at(0).stale);
  ASSERT_EQ(observer.updates.size(), 2U);  // the PCE confirms what it computes
  EXPECT_EQ(observer.updates[1].segments, observer.updates[0].segments);
  EXPECT_TRUE(observer.withdrawn.empty());
}

TEST_F(PccPceTest, WhatIsNotReportedAgainIsForgotten) {
  LspIntent other = realtime();
  other.name = "dubai-batch";
  ASSERT_TRUE(pcc->set_lsps({realtime(), other}).has_value());
  {
    Wire wire(pcc->peer(0), *pce, clock);
    wire.pump();
    wire.cut();
  }
  EXPECT_EQ(pce->lsps().size(), 2U);
  EXPECT_TRUE(pce->lsps().at(0).stale);
  ASSERT_TRUE(pcc->set_lsps({other}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  ASSERT_EQ(pce->lsps().size(), 1U);
  EXPECT_EQ(pce->lsps().at(0).request.name, "dubai-batch");
}

TEST_F(PccPceTest, ASecondSessionOfTheSamePccIsRefused) {
  Wire first(pcc->peer(0), *pce, clock);
  first.pump();
  auto twin = Pcc::create({.speaker = "pune", .pces = {{"pce1", 10}}}, {clock, store, observer}).value();
  Wire second(twin->peer(0), *pce, clock, "fd00:9::2");
  second.pump();
  EXPECT_EQ(Wire::errors_in(second.to_pcc), (std::vector<ErrorCodePoint>{errors::kSecondSession}));
  EXPECT_TRUE(second.closed_by_pce());
  EXPECT_TRUE(pcc->peer(0).is_up());
  second.cut();
}

TEST_F(PccPceTest, AFailedInstallationIsReportedAndNotRepeated) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  pcc->failed("dubai-realtime", observer.updates[0].srp_id, LspErrorCode::kInternal);
  wire.pump();
  const StateReport report = wire.reports().back();
  EXPECT_EQ(report.lsp.operational(), Operational::kDown);
  EXPECT_EQ(report.srp->srp_id, observer.updates[0].srp_id);
  ASSERT_NE(find<LspErrorCodeTlv>(report.lsp.tlvs), nullptr);
  EXPECT_EQ(find<LspErrorCodeTlv>(report.lsp.tlvs)->code, LspErrorCode::kInternal);
  EXPECT_EQ(observer.updates.size(), 1U);
  EXPECT_NE(pce->lsps().at(0).last_reason.find("LSP error 5"), std::string::npos);
}

TEST_F(PccPceTest, SixtyLspsSynchroniseInFewMessages) {
  std::vector<LspIntent> intents;
  for (int i = 0; i < 60; ++i) {
    intents.push_back(realtime());
    intents.back().name = formatted("site{}-realtime", i);
    intents.back().bandwidth = BitsPerSecond{1'000'000};
  }
  ASSERT_TRUE(pcc->set_lsps(intents).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  EXPECT_EQ(pce->lsps().size(), 60U);
  EXPECT_EQ(observer.updates.size(), 60U);
}

}  // namespace
}  // namespace pathwise::pcep::test
