// SPDX-License-Identifier: Apache-2.0
// The whole fabric on the tiers network: tiers take different paths (seen by capture and by the
// kernel's routes), a slowed link moves requests and LSPs, faults lose nothing.
#include <gmock/gmock.h>

#include <iostream>
#include <map>

#include "base/clock.h"
#include "base/format.h"
#include "base/process.h"
#include "gnmi_collector.h"
#include "lab/demo/scenario.h"
#include "tiers_lab.h"

namespace pathwise::topology_test {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const char* const kKey = "pw-acme1-tiers-lab";

class Fabric : public testing::Test {
 protected:
  void SetUp() override {
    const auto ready = scenario_.wait_ready();
    ASSERT_TRUE(ready) << ready.error().message;
  }

  static void say(const std::string& text) { std::cout << text << std::flush; }

  // Packets between the routers' tier addresses (port 8443) that leave r-pune by `interface` while
  // requests of every tier run.
  std::string capture(const std::string& interface) {
    return lab_.run("r-pune",
                    formatted("timeout 6 tcpdump -lnni {} -Q out 'ip6' 2>/dev/null | grep '8443' || true", interface));
  }

  TiersLab& lab_ = TiersLab::instance();
  RealClock clock_;
  lab::FabricView view_{lab_.topology(), lab_.engine()};
  lab::Scenario scenario_{view_, clock_, {.say = say}};
};

// A load of all tiers from Pune while a test looks or breaks something.
class Load {
 public:
  explicit Load(double rate = 14) {
    std::vector<lab::LoadProfile> profiles;
    for (const auto* tier : {"realtime", "standard", "batch"}) {
      profiles.push_back({.model = ModelName("llama-70b"),
                          .tier = TierName(tier),
                          .api_key = kKey,
                          .prompt_bytes = 1200,
                          .max_tokens = 16});
    }
    client_ = std::move(
        lab::LoadClient::open({.base_url = "http://127.0.0.1:18080", .profiles = profiles, .rate = rate, .workers = 64})
            .value());
    client_->start();
  }
  lab::LoadClient& operator*() { return *client_; }
  // Waits for `count` more requests.
  bool more(std::uint64_t count) {
    const auto after = client_->last_sequence();
    return client_
        ->wait_for([&](const lab::RequestRecord& r) { return r.sequence >= after + count; }, after,
                   RealClock().now() + seconds(60))
        .has_value();
  }
  void expect_whole() {
    client_->finish();
    const auto summary = client_->summary();
    EXPECT_GT(summary.total.requests, 0u);
    EXPECT_EQ(summary.total.succeeded, summary.total.requests) << summary.table();
    for (const auto& record : client_->records()) {
      if (record.failure != lab::Failure::kNone) ADD_FAILURE() << lab::to_json(record);
    }
  }

 private:
  std::unique_ptr<lab::LoadClient> client_;
};

TEST_F(Fabric, FlexAlgoRoutesFollowTheirDefinitions) {
  // 128 is min-delay over the short plane; 129 never uses premium links.
  EXPECT_EQ(view_.route_interface("r-pune", "fcbb:bb80:4::").value_or("?"), "to-pa1");
  EXPECT_EQ(view_.route_interface("pa1", "fcbb:bb80:4::").value_or("?"), "to-pa2");
  EXPECT_EQ(view_.route_interface("pa2", "fcbb:bb80:4::").value_or("?"), "to-sin");
  EXPECT_EQ(view_.route_interface("r-pune", "fcbb:bb81:4::").value_or("?"), "to-pb1");
  EXPECT_EQ(view_.route_interface("pb1", "fcbb:bb81:4::").value_or("?"), "to-pb2");
  EXPECT_EQ(view_.route_interface("pb2", "fcbb:bb81:4::").value_or("?"), "to-sin");
}

TEST_F(Fabric, TheKernelExplainsEveryTier) {
  EXPECT_THAT(lab_.run("h-pune", "ip -6 route get fd00:1:4c::1"), HasSubstr("fcbb:bb81:4:fe00::"));
  EXPECT_THAT(lab_.run("h-pune", "ip -6 route get fd00:1:4b::1"), HasSubstr("fcbb:bb80:4:fe00::"));
  EXPECT_THAT(lab_.run("h-pune", "ip -6 route show type unreachable"), HasSubstr("fd00:1::/32"));
  // An address of the aggregate that no tier owns fails closed.
  EXPECT_NE(lab_.attempt("h-pune", "ping -6 -c 1 -W 1 fd00:1:ee::1").exit_code, 0);
}

TEST_F(Fabric, TiersCrossDifferentLinksByCapture) {
  Load load;
  const std::string premium = capture("to-pa1");
  const std::string bulk = capture("to-pb1");
  load.expect_whole();
  EXPECT_THAT(premium, HasSubstr("fd00:1:4a::1.8443"));
  EXPECT_THAT(premium, Not(HasSubstr("fd00:1:4c::1.8443")));
  EXPECT_THAT(bulk, HasSubstr("fd00:1:4c::1.8443"));
  EXPECT_THAT(bulk, Not(HasSubstr("fd00:1:4a::1.8443")));
}

TEST_F(Fabric, MeasuredLinkDelayIsInIsis) {
  // Typed in as 10000 µs; measured by pathwise-frr: 8 ms one way, give or take a busy machine.
  std::string delay;
  EXPECT_TRUE(eventually(milliseconds(30'000), [&] {
    delay = lab_.run("pa1", "vtysh -c 'show running-config' | sed -n '/^interface to-pa2/,/^exit/p' | grep ' delay '");
    const long value = std::strtol(delay.c_str() + std::min(delay.size(), delay.find("delay ") + 6), nullptr, 10);
    return value >= 7'500 && value <= 9'500;
  })) << delay;
}

TEST_F(Fabric, ResidencyAndEntitlementAreHard) {
  const std::string head =
      "curl -s -w '\\n%{http_code}' -H 'content-type: application/json' "
      "-d '{\"model\":\"llama-70b\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}' ";
  const std::string url = " http://127.0.0.1:8080/v1/chat/completions";
  const std::string denied =
      lab_.run("h-pune", head + "-H 'Authorization: Bearer pw-intern1-tiers-lab' -H 'x-pathwise-tier: realtime'" + url);
  EXPECT_THAT(denied, HasSubstr("\n403"));
  EXPECT_THAT(denied, HasSubstr("realtime"));
  EXPECT_THAT(lab_.run("h-pune", head + "-H 'Authorization: Bearer pw-acme1-something-else'" + url),
              HasSubstr("\n401"));
  EXPECT_THAT(
      lab_.run("h-pune",
               "curl -s -w '\\n%{http_code}' -H 'Authorization: Bearer pw-acme1-tiers-lab' -d '{nonsense'" + url),
      HasSubstr("\n400"));
}

TEST_F(Fabric, TheErosAdjacencySidsAreTheInstalledSegmentList) {
  const auto paths = view_.paths("h-pune");
  ASSERT_TRUE(paths);
  const auto path = std::ranges::find_if(*paths, [](const lab::PathView& each) {
    return each.site == SiteName("singapore") && each.tier == TierName("realtime");
  });
  ASSERT_NE(path, paths->end());
  EXPECT_EQ(path->origin, "pcep");
  // r-pune to pa1, pa1 to pa2, pa2 to r-sin, each by its uA; then r-sin's uDT6.
  EXPECT_THAT(path->segments, testing::ElementsAre("fcbb:bb00:2:f011:11:f012:12:f004", "fcbb:bb00:4:fe00::"));
  EXPECT_THAT(lab_.run("h-pune", "ip -6 route get fd00:1:4a::1"),
              HasSubstr("[ fcbb:bb00:2:f011:11:f012:12:f004 fcbb:bb00:4:fe00:: ]"));
  EXPECT_THAT(lab_.run("pa1", "ip -6 route show fcbb:bb00:11:f012::/64"), HasSubstr("action End.X"));
}

constexpr const char* kGnmi = "127.0.0.1:19339";
constexpr const char* kCertificates = "containerlab/tiers/tls";
const std::string kPath = "/paths/path[site=singapore][tier=realtime]/state/";

TEST_F(Fabric, AnOperatorsCollectorReadsTheState) {
  GnmiCollector collector(kGnmi, kCertificates, "operator");
  EXPECT_THAT(collector.capabilities(), testing::Contains("pathwise-state")) << collector.error();
  const auto status = collector.get({kPath + "status"});
  ASSERT_EQ(status.size(), 1U) << collector.error();
  EXPECT_THAT(status.front().value, HasSubstr("up"));
  std::map<std::string, int> roots;
  for (const GnmiUpdate& update :
       collector.subscribe_once({"/paths", "/lsps", "/pcep-sessions", "/sites", "/requests"})) {
    ++roots[update.path.substr(0, update.path.find('/', 1))];
  }
  for (const char* root : {"/paths", "/lsps", "/pcep-sessions", "/sites", "/requests"}) {
    EXPECT_GT(roots[root], 0) << root << " " << collector.error();
  }
  GnmiCollector stranger(kGnmi, kCertificates, "");
  EXPECT_TRUE(stranger.capabilities().empty());
  EXPECT_NE(stranger.error(), "");
}

TEST_F(Fabric, TelemetryStreamsOnChangeAndSampled) {
  GnmiCollector collector(kGnmi, kCertificates, "operator");
  const auto slower = collector.stream_until(
      kPath + "rtt-p50", GnmiMode::kOnChange,
      [](const GnmiUpdate& update) { return std::strtoul(update.value.c_str(), nullptr, 10) > 40'000; },
      [&] { ASSERT_TRUE(view_.set_delay("pa2", "sin", Microseconds(32'000))); }, seconds(30));
  EXPECT_TRUE(slower) << collector.error();
  ASSERT_TRUE(view_.heal("pa2", "sin"));
  Load load;
  std::optional<unsigned long> first;
  const auto counted = collector.stream_until(
      "/requests/tier[name=realtime]/state/total", GnmiMode::kSample,
      [&](const GnmiUpdate& update) {
        const auto total = std::strtoul(update.value.c_str(), nullptr, 10);
        if (!first) first = total;
        return total >= *first + 5;
      },
      {}, seconds(30));
  EXPECT_TRUE(counted) << collector.error();
  load.expect_whole();
}

// The scenario asserts itself, sentence by sentence.
TEST_F(Fabric, TheLoopIsClosed) {
  const auto report = scenario_.run();
  ASSERT_TRUE(report) << report.error().message;
  for (const lab::Check& check : report->checks()) EXPECT_TRUE(check.held) << check.name << ": " << check.detail;
  EXPECT_GE(report->checks().size(), 12u);
  EXPECT_GE(report->figures().size(), 4u);
  for (const lab::Figure& figure : report->figures()) {
    EXPECT_LE(figure.value, 10 * figure.goal) << figure.name;
    RecordProperty(figure.name, formatted("{:.0f} {}", figure.value, figure.unit));
  }
}

TEST_F(Fabric, CutAndHealLoseNoRequest) {
  Load load;
  ASSERT_TRUE(load.more(20));
  ASSERT_TRUE(view_.cut("pa1", "pa2"));
  ASSERT_TRUE(load.more(60));
  // The short plane is broken in the middle: realtime goes another way, and is alive.
  const auto paths = view_.paths("h-pune");
  ASSERT_TRUE(paths);
  for (const auto& path : *paths) EXPECT_NE(path.status, "down") << path.site << " " << path.tier;
  ASSERT_TRUE(view_.heal("pa1", "pa2"));
  ASSERT_TRUE(load.more(60));
  load.expect_whole();
}

TEST_F(Fabric, APceThatDiesIsShownAndMissedByNobody) {
  Load load;
  lab_.run("pce", "kill -9 $(pidof pathwise-pce)");
  EXPECT_TRUE(eventually(milliseconds(30'000), [&] {
    return lab_.run("h-pune", "/opt/pathwise/pathwise paths").find("PCE [fd00:9::1]:4189 up") == std::string::npos;
  }));
  ASSERT_TRUE(load.more(30));
  EXPECT_TRUE(eventually(milliseconds(60'000), [&] {
    return lab_.run("h-pune", "/opt/pathwise/pathwise paths").find("PCE [fd00:9::1]:4189 up") != std::string::npos;
  })) << lab_.run("h-pune", "/opt/pathwise/pathwise paths");
  load.expect_whole();
}

TEST_F(Fabric, ATeThatDiesLosesNoRequest) {
  Load load;
  ASSERT_TRUE(load.more(10));
  lab_.run("h-pune", "kill -9 $(pidof pathwise-te)");
  ASSERT_TRUE(load.more(40));
  load.expect_whole();
  EXPECT_TRUE(
      eventually(milliseconds(30'000), [&] { return !lab_.attempt("h-pune", "pidof pathwise-te").out.empty(); }));
}

TEST_F(Fabric, ReloadDropsNoStream) {
  Load load;
  ASSERT_TRUE(load.more(10));
  for (int n = 0; n < 5; ++n) {
    lab_.run("h-pune", "kill -HUP $(pidof pathwise-router)");
    ASSERT_TRUE(load.more(8));
  }
  load.expect_whole();
}

TEST_F(Fabric, PathwiseFrrWithdrawsWhatItInstalled) {
  EXPECT_THAT(lab_.run("pb2", "ip -6 route show"), HasSubstr("fcbb:bb81:"));
  // Stopped, not killed: the supervisor starts it again after a pause.
  lab_.run("pb2", "kill -TERM $(pidof pathwise-frr)");
  EXPECT_TRUE(eventually(milliseconds(10'000),
                         [&] { return lab_.run("pb2", "ip -6 route show").find("fcbb:bb81:") == std::string::npos; }));
  EXPECT_TRUE(eventually(milliseconds(60'000),
                         [&] { return lab_.run("pb2", "ip -6 route show").find("fcbb:bb81:") != std::string::npos; }));
}

}  // namespace
}  // namespace pathwise::topology_test
