// SPDX-License-Identifier: Apache-2.0
// The PCE alone: what it makes of reports, and reservations.
#include "wire_fixture.h"

namespace pathwise::pcep::test {
namespace {

class PceTest : public WireFixture {
 protected:
  StateReport report() {
    StateReport report;
    report.srp = SrpObject{};
    report.srp->tlvs.emplace_back(PathSetupTypeTlv{PathSetupType::kSrv6});
    report.lsp.plsp_id = 5;
    report.lsp.flags = kLspDelegate | kLspAdministrative;
    report.lsp.tlvs = {SymbolicPathNameTlv{"hand-made"},
                       Ipv6LspIdentifiersTlv{.source = ip("fd00::1"), .destination = ip("fd00::3")}};
    return report;
  }
  std::vector<ErrorCodePoint> answer(const StateReport& report) {
    Wire wire(pcc->peer(0), *pce, clock);
    wire.pump();
    Message message{.type = MessageType::kPcRpt};
    append(message, report);
    EXPECT_TRUE(pcc->peer(0).send(message, clock.now()).has_value());
    wire.pump();
    std::vector<ErrorCodePoint> codes = Wire::errors_in(wire.to_pcc);
    wire.cut();
    return codes;
  }
};

TEST_F(PceTest, AReportedLspThatIsNotDelegatedIsKeptButNotComputed) {
  StateReport passive = report();
  passive.lsp.flags = kLspAdministrative;
  EXPECT_TRUE(answer(passive).empty());
  ASSERT_EQ(pce->lsps().size(), 1U);
  EXPECT_EQ(computations, 0);
}

TEST_F(PceTest, ReportsThatCannotBeProcessed) {
  StateReport nameless = report();
  nameless.lsp.tlvs.erase(nameless.lsp.tlvs.begin());
  EXPECT_EQ(answer(nameless), (std::vector<ErrorCodePoint>{errors::kSymbolicNameMissing}));
  StateReport endless = report();
  endless.lsp.tlvs.pop_back();
  EXPECT_EQ(answer(endless), (std::vector<ErrorCodePoint>{errors::kLspIdentifiersMissing}));
  StateReport rsvp = report();
  rsvp.srp->tlvs.clear();
  EXPECT_EQ(answer(rsvp), (std::vector<ErrorCodePoint>{errors::kUnsupportedSetupType}));
  StateReport zero = report();
  zero.lsp.plsp_id = 0;
  zero.lsp.flags = kLspSync;
  EXPECT_EQ(answer(zero), (std::vector<ErrorCodePoint>{errors::kReportNotProcessed}));
  EXPECT_TRUE(pce->lsps().empty());
}

TEST_F(PceTest, ConstraintsReachTheComputation) {
  StateReport constrained = report();
  constrained.intended.lspa = LspaObject{.exclude_any = 4, .include_any = 8, .include_all = 16, .setup_priority = 3};
  constrained.intended.bandwidth = BandwidthObject{125'000};
  constrained.intended.metrics = {{kMetricComputed, MetricType::kTe, 0},
                                  {kMetricBound, MetricType::kPathDelay, 25'000},
                                  {kMetricBound, MetricType::kIgp, 70},
                                  {kMetricBound, MetricType::kTe, 80.5F},
                                  {kMetricBound, MetricType::kHopCount, 6}};
  EXPECT_TRUE(answer(constrained).empty());
  const LspRequest request = pce->lsps().at(0).request;
  EXPECT_EQ(request.optimise, MetricType::kTe);
  EXPECT_EQ(request.max_delay, Microseconds{25'000});
  EXPECT_EQ(request.max_igp, 70U);
  EXPECT_EQ(request.max_te, 80U);
  EXPECT_EQ(request.max_hops, 6U);
  EXPECT_EQ(request.bandwidth, BitsPerSecond{1'000'000});
  EXPECT_EQ(request.exclude_any, 4U);
  EXPECT_EQ(request.include_any, 8U);
  EXPECT_EQ(request.include_all, 16U);
  EXPECT_EQ(request.setup_priority, 3);
  EXPECT_EQ(request.source, ip("fd00::1"));
  EXPECT_EQ(request.destination, ip("fd00::3"));
}

TEST_F(PceTest, ALostPccIsForgottenAfterTheStateTimeOut) {
  EXPECT_TRUE(answer(report()).empty());
  ASSERT_EQ(pce->lsps().size(), 1U);
  EXPECT_TRUE(pce->lsps().at(0).stale);
  clock.advance(59s);
  pce->expire();
  EXPECT_EQ(pce->lsps().size(), 1U);
  clock.advance(1s);
  pce->expire();
  EXPECT_TRUE(pce->lsps().empty());
  EXPECT_FALSE(pce->next_deadline().has_value());
}

TEST(ReservationsTest, CountWhatCannotBePreempted) {
  Reservations held;
  const LinkKey link{NodeName("a"), NodeName("b"), {}};
  const LspKey first{"pcc", 1};
  const LspKey second{"pcc", 2};
  held.claim(first, {{link}, BitsPerSecond{100}, 3});
  held.claim(second, {{link}, BitsPerSecond{10}, 6});
  EXPECT_EQ(held.held(link, 7, {}), BitsPerSecond{110});
  EXPECT_EQ(held.held(link, 5, {}), BitsPerSecond{100});
  EXPECT_EQ(held.held(link, 2, {}), BitsPerSecond{0});
  EXPECT_EQ(held.held(link, 7, first), BitsPerSecond{10});
  held.claim(first, {{link}, BitsPerSecond{50}, 3});
  EXPECT_EQ(held.held(link, 7, {}), BitsPerSecond{60});
  held.release(first);
  held.release(second);
  EXPECT_EQ(held.held(link, 7, {}), BitsPerSecond{0});
}

}  // namespace
}  // namespace pathwise::pcep::test
