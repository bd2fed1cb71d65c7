// SPDX-License-Identifier: Apache-2.0
// Questions to te: their messages, and server and client over a real unix socket.
#include "te/wire/te_queries.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <thread>

#include "base/format.h"
#include "te/topology/diff.h"
#include "te/wire/te_server.h"
#include "te_convert.h"
#include "tiers_network.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::seconds kTimeout{10};

TopologyReport report() {
  return {.topology = test::TiersNetwork().build(),
          .state = "stale",
          .detail = "connect: refused",
          .sids = SidNames{.blocks = test::TiersNetwork::sid_map().blocks(),
                           .udt6_function = 0xFE00,
                           .ua_function = 0xF000,
                           .nodes = {{NodeId(4), NodeName("r-sin")}, {NodeId(0x11), NodeName("pa1")}}}};
}

std::vector<PathHistory> histories() {
  const SystemTime time{std::chrono::seconds(1'700'000'000)};
  return {{.site = SiteName("dubai"), .tier = TierName("batch")},
          {.site = SiteName("singapore"),
           .tier = TierName("realtime"),
           .transitions = 40,
           .recent = {{time, "", "pcep", "a path is alive; on pcep"}, {time, "pcep", "", "no path is left"}}}};
}

std::vector<VerifiedPath> verified() {
  VerifiedPath path{.site = SiteName("singapore"),
                    .tier = TierName("realtime"),
                    .candidate = 1,
                    .name = "flex-algo 128",
                    .active = true,
                    .segments = {*Ipv6Address::parse("fcbb:bb80:4:fe00::")}};
  path.judged = {.hops = {{.intended = {NodeName("a"), NodeName("b")},
                           .node = NodeName("c"),
                           .seen = {.answer = HopAnswer::kRefused,
                                    .responder = *Ipv6Address::parse("fd00::1"),
                                    .code = 3,
                                    .rtt = Microseconds(17)},
                           .deviates = true},
                          {},
                          {.seen = {.answer = HopAnswer::kArrived, .responder = *Ipv6Address::parse("fd00::2")}}},
                 .verdict = VerifyVerdict::kDeviates,
                 .detail = "at hop 1"};
  return {path, {.site = SiteName("x"), .tier = TierName("y")}};
}

TEST(TeQueryMessages, RoundTrip) {
  const auto back = decode(encode(report()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(diff(*back->topology, *report().topology).empty());
  EXPECT_EQ(back->state, "stale");
  EXPECT_EQ(back->detail, "connect: refused");
  EXPECT_EQ(back->sids, report().sids);
  EXPECT_EQ(decode(encode(histories())), histories());
  const auto paths = decode(encode(verified()));
  ASSERT_TRUE(paths) << paths.error().message;
  EXPECT_EQ(*paths, verified());
  const auto nothing = decode(encode(TopologyReport{.state = "none"}));
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->topology, nullptr);
  EXPECT_FALSE(nothing->sids);
}

TEST(TeQueryMessages, RefusesWhatCannotBe) {
  auto topology = encode(report());
  topology.mutable_sids()->mutable_nodes(0)->set_id(70000);
  EXPECT_THAT(decode(topology).error().message, HasSubstr("70000"));
  auto paths = encode(verified());
  paths.mutable_paths(0)->mutable_hops(0)->set_address("nowhere");
  EXPECT_FALSE(decode(paths));
  paths = encode(verified());
  paths.mutable_paths(0)->set_verdict(wire::VerifiedPath::VERDICT_UNSPECIFIED);
  EXPECT_FALSE(decode(paths));
  wire::VerifyRequest order;
  EXPECT_EQ(decode(order)->deadline, Milliseconds(30'000));
  order.set_deadline_ms(3'600'000);
  EXPECT_THAT(decode(order).error().message, HasSubstr("5 minutes at most"));
}

class TeQueryServerTest : public testing::Test {
 protected:
  TeQueryServerTest() { std::filesystem::create_directories(directory_); }
  ~TeQueryServerTest() override { std::filesystem::remove_all(directory_); }
  std::unique_ptr<TeServer> serve(TeQueries queries) {
    auto server = TeServer::start(socket_, [](TeIntent) -> Result<void> { return {}; }, std::move(queries));
    EXPECT_TRUE(server) << server.error().message;
    return std::move(*server);
  }
  std::filesystem::path directory_ = std::filesystem::temp_directory_path() / formatted("te-queries-{}", ::getpid());
  std::string socket_ = (directory_ / "te.sock").string();
};

TEST_F(TeQueryServerTest, CarriesQuestionsAndAnswers) {
  std::optional<VerifyOrder> asked;
  const auto server =
      serve({.topology = [](const auto&) -> Result<TopologyReport> { return report(); },
             .history = [](const PolicySelection& selection, const auto&) -> Result<std::vector<PathHistory>> {
               auto all = histories();
               std::erase_if(all, [&](const auto& it) { return !selection.takes(it.site, it.tier); });
               return all;
             },
             .verify = [&](const VerifyOrder& order, const auto&) -> Result<std::vector<VerifiedPath>> {
               asked = order;
               return verified();
             }});
  const auto topology = read_topology(socket_, kTimeout);
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_EQ(topology->topology->nodes.size(), 8U);
  EXPECT_EQ(read_history(socket_, {}, kTimeout)->size(), 2U);
  EXPECT_EQ(*read_history(socket_, {.site = SiteName("singapore")}, kTimeout), std::vector{histories()[1]});
  EXPECT_THAT(*read_history(socket_, {.tier = TierName("none")}, kTimeout), IsEmpty());
  const auto paths = verify_paths(socket_, {.selection = {.site = SiteName("s"), .tier = TierName("t")}});
  ASSERT_TRUE(paths) << paths.error().message;
  EXPECT_EQ(*paths, verified());
  EXPECT_EQ(asked->selection.site, SiteName("s"));
  EXPECT_EQ(asked->selection.tier, TierName("t"));
}

TEST_F(TeQueryServerTest, ErrorsKeepTheirClassAndText) {
  EXPECT_EQ(read_topology(socket_, std::chrono::milliseconds(300)).error().code, ErrorCode::kUnavailable);
  const auto server = serve({.verify = [](const auto&, const auto&) -> Result<std::vector<VerifiedPath>> {
    return fail(ErrorCode::kFailedPrecondition, "another verification is under way");
  }});
  const auto busy = verify_paths(socket_, {});
  EXPECT_EQ(busy.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(busy.error().message, HasSubstr("another verification is under way"));
  EXPECT_THAT(read_topology(socket_, kTimeout).error().message, HasSubstr("older than this command"));
}

// A handler that waits sees that its server ends, or that its client went away.
TEST_F(TeQueryServerTest, ALongQuestionEndsWithTheServer) {
  std::promise<void> begun;
  auto server = serve({.verify = [&](const auto&, const auto& cancelled) -> Result<std::vector<VerifiedPath>> {
    begun.set_value();
    const SteadyTime deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!cancelled() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return fail(ErrorCode::kUnavailable, "{}", cancelled() ? "te is stopping" : "nobody said so");
  }});
  auto answer = std::async(std::launch::async, [&] { return verify_paths(socket_, {}); });
  begun.get_future().wait();
  server.reset();
  EXPECT_EQ(answer.get().error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace pathwise::te
