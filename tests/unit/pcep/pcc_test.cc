// SPDX-License-Identifier: Apache-2.0
// The PCC alone: names, PLSP-IDs, several PCEs, late answers, and what it refuses.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/format.h"
#include "wire_fixture.h"

namespace pathwise::pcep::test {
namespace {

class PccTest : public WireFixture {
 protected:
  // Hand-made PCUpd of the PCE.
  void send_update(Wire& wire, UpdateRequest request) {
    Message message{.type = MessageType::kPcUpd};
    append(message, request);
    ASSERT_TRUE(wire.pce_peer().send(message, clock.now()).has_value());
    wire.pump();
  }
  UpdateRequest good_update(std::uint32_t srp_id = 77) {
    UpdateRequest request;
    request.srp.srp_id = srp_id;
    request.srp.tlvs.emplace_back(PathSetupTypeTlv{PathSetupType::kSrv6});
    request.lsp.plsp_id = pcc->lsps().at(0).plsp_id;
    request.lsp.flags = kLspDelegate | kLspAdministrative;
    request.ero.hops.emplace_back(hop("fcbb:bb00:9::"));
    return request;
  }
};

TEST_F(PccTest, PlspIdsSurviveARestartAndAreNotReusedWhileInUse) {
  LspIntent other = realtime();
  other.name = "singapore-batch";
  ASSERT_TRUE(pcc->set_lsps({realtime(), other}).has_value());
  const std::uint32_t before = pcc->lsps().at(1).plsp_id;
  auto again = Pcc::create({.pces = {{"pce1", 1}}}, {clock, store, observer}).value();
  ASSERT_TRUE(again->set_lsps({other}).has_value());
  EXPECT_EQ(again->lsps().at(0).plsp_id, before);
}

TEST_F(PccTest, ANameUsedTwiceChangesNothing) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  const Result<void> twice = pcc->set_lsps({realtime(), realtime()});
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(pcc->lsps().size(), 1U);
}

TEST_F(PccTest, ARemovedLspIsReportedWithTheRemoveFlag) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  ASSERT_TRUE(pcc->set_lsps({}).has_value());
  wire.pump();
  EXPECT_TRUE(wire.reports().back().lsp.removed());
  EXPECT_TRUE(pce->lsps().empty());
}

TEST_F(PccTest, AnAnswerToAnOvertakenUpdateIsIgnored) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  send_update(wire, good_update(50));
  ASSERT_EQ(observer.updates.size(), 2U);
  const std::size_t reports = wire.reports().size();
  install(0);
  pcc->failed("dubai-realtime", observer.updates[0].srp_id, LspErrorCode::kInternal);
  wire.pump();
  EXPECT_EQ(wire.reports().size(), reports);
  install(1);
  wire.pump();
  EXPECT_EQ(wire.reports().back().srp->srp_id, 50U);
}

TEST_F(PccTest, UpBecomesActiveWithoutAnsweringARequest) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  install(0, Operational::kUp);
  install(0, Operational::kActive);
  install(0, Operational::kActive);
  wire.pump();
  const std::vector<StateReport> reports = wire.reports();
  EXPECT_EQ(reports.back().lsp.operational(), Operational::kActive);
  EXPECT_EQ(reports.back().srp->srp_id, 0U);
  EXPECT_EQ(reports[reports.size() - 2].lsp.operational(), Operational::kUp);
}

TEST_F(PccTest, RefusesUpdatesThatItCannotFollow) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  UpdateRequest unknown = good_update();
  unknown.lsp.plsp_id = 999;
  send_update(wire, unknown);
  UpdateRequest mpls = good_update();
  mpls.srp.tlvs = {PathSetupTypeTlv{PathSetupType::kSrMpls}};
  send_update(wire, mpls);
  UpdateRequest mixed = good_update();
  mixed.ero.hops.emplace_back(UnknownSubobject{.type = 36, .body = Bytes(6)});
  send_update(wire, mixed);
  UpdateRequest deep = good_update();
  deep.ero.hops.assign(17, hop("fcbb:bb00:9::"));
  send_update(wire, deep);
  EXPECT_EQ(Wire::errors_in(wire.to_pce),
            (std::vector<ErrorCodePoint>{errors::kUnknownPlspId, errors::kSrv6NotAdvertised, errors::kEroMixed,
                                         errors::kTooManySegments}));
  const Message& refusal = wire.to_pce.back();
  EXPECT_EQ(find<SrpObject>(refusal)->srp_id, 77U);  // names the request
  EXPECT_EQ(observer.updates.size(), 1U);
}

TEST_F(PccTest, AReturnedDelegationIsReportedAndLaterUpdatesAreRefused) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  UpdateRequest back = good_update();
  back.lsp.flags = kLspAdministrative;
  send_update(wire, back);
  EXPECT_FALSE(wire.reports().back().lsp.delegated());
  EXPECT_FALSE(pcc->lsps().at(0).delegated);
  send_update(wire, good_update(78));
  EXPECT_EQ(Wire::errors_in(wire.to_pce), (std::vector<ErrorCodePoint>{errors::kNotDelegated}));
}

TEST_F(PccTest, AMetricThatEqualsTheBoundIsNotTakenForAMeasurement) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  UpdateRequest echo = good_update();
  echo.attributes.metrics = {{.type = MetricType::kPathDelay, .value = 30'000}};
  send_update(wire, echo);
  ASSERT_EQ(observer.updates.size(), 2U);
  EXPECT_EQ(observer.updates[1].metrics[0].origin, PathMetric::Origin::kSuspectedEcho);
  EXPECT_FALSE(observer.updates[1].computed_delay().has_value());
  UpdateRequest none = good_update(80);
  send_update(wire, none);
  EXPECT_FALSE(observer.updates[2].computed_delay().has_value());  // absent is unknown, not 0
}

TEST_F(PccTest, TheBetterPceGetsTheDelegationsAndTheOtherTakesOver) {
  auto two = Pcc::create({.speaker = "pune", .pces = {{"low", 10}, {"high", 20}}}, {clock, store, observer}).value();
  Pce other(PceOptions{}, PceDeps{clock, [this](const LspRequest& request, const Reservations& held) {
                                    return compute(request, held);
                                  }});
  ASSERT_TRUE(two->set_lsps({realtime()}).has_value());
  Wire low(two->peer(0), *pce, clock);
  low.pump();
  EXPECT_EQ(observer.updates.back().pce, "low");
  Wire high(two->peer(1), other, clock);
  high.pump();
  low.pump();
  EXPECT_EQ(observer.updates.back().pce, "high");
  EXPECT_FALSE(low.reports().back().lsp.delegated());
  two->installed("dubai-realtime", observer.updates.back().srp_id);
  high.cut();
  clock.advance(9s);
  two->expire();
  low.pump();
  EXPECT_FALSE(pce->lsps().at(0).delegated);
  clock.advance(1s);
  two->expire();
  low.pump();
  EXPECT_TRUE(pce->lsps().at(0).delegated);
  EXPECT_EQ(observer.updates.back().pce, "low");
  EXPECT_TRUE(observer.withdrawn.empty());
}

TEST(FilePlspStoreTest, ReadsWhatItWroteAndNamesABrokenLine) {
  const auto path = std::filesystem::temp_directory_path() / formatted("pathwise-plsp-{}", ::getpid());
  FilePlspStore store(path);
  EXPECT_EQ(store.load().value(), PlspIds{});
  const PlspIds ids{{"dubai realtime", 3}, {"x", 0xFFFFE}};
  ASSERT_TRUE(store.save(ids).has_value());
  EXPECT_EQ(store.load().value(), ids);
  ASSERT_EQ(std::system(formatted("echo nonsense >> {}", path.string()).c_str()), 0);
  const Result<PlspIds> broken = store.load();
  ASSERT_FALSE(broken.has_value());
  EXPECT_NE(broken.error().message.find(":3:"), std::string::npos);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace pathwise::pcep::test
