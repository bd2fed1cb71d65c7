// SPDX-License-Identifier: Apache-2.0
// The sender against the reflector over loopback: real sockets, real time with a deadline.
#include "te/measure/stamp_udp.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdlib>

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;

const Ipv6Address kLoopback = *Ipv6Address::parse("::1");

class StampUdp : public testing::Test {
 protected:
  // Docker gives containers no IPv6 on lo; a namespace of our own has it, where that is permitted.
  static void SetUpTestSuite() {
    if (has_loopback() || ::unshare(CLONE_NEWNET) != 0) return;
    static_cast<void>(std::system("ip link set lo up"));
  }
  void SetUp() override {
    if (!has_loopback()) GTEST_SKIP() << "no IPv6 on lo, and no permission for a namespace of our own";
  }
  static bool has_loopback() {
    boost::asio::io_context context{1};
    return StampReflector::open(context, {.address = kLoopback, .port = 0}).has_value();
  }
  template <typename Condition>
  bool wait_for(Condition condition) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < deadline) context_.run_one_for(milliseconds(200));
    return condition();
  }
  std::unique_ptr<StampReflector> reflector(TlvHandler handler = {}, std::uint16_t port = 0) {
    auto result = StampReflector::open(context_, {.address = kLoopback, .port = port, .on_tlv = std::move(handler)});
    EXPECT_TRUE(result) << result.error().message;
    return std::move(*result);
  }
  std::unique_ptr<StampSender> sender(StampSenderEvents events = {}) {
    auto result = StampSender::open(context_, std::move(events), 1);
    EXPECT_TRUE(result) << result.error().message;
    return std::move(*result);
  }
  static StampSessionConfig to(std::uint16_t port) {
    StampSessionConfig config{.local = kLoopback, .remote = kLoopback, .remote_port = port};
    config.params.interval = milliseconds(10);
    config.params.max_timeout = milliseconds(50);
    return config;
  }
  boost::asio::io_context context_{1};
};

TEST_F(StampUdp, MeasuresManySessionsOnOneSocket) {
  const auto far = reflector();
  const auto near = sender();
  std::vector<StampSessionId> ids;
  for (int i = 0; i < 50; ++i) {
    const auto id = near->add(to(far->port()));
    ASSERT_TRUE(id);
    ids.push_back(*id);
  }
  EXPECT_TRUE(wait_for(
      [&] { return std::ranges::all_of(ids, [&](auto id) { return near->report(id)->counters.received >= 10; }); }));
  const auto report = near->report(ids.front());
  EXPECT_TRUE(report->alive);
  EXPECT_EQ(report->statistics.loss, 0.0);
  EXPECT_GT(report->statistics.p50, Microseconds(0));
  EXPECT_LT(report->statistics.p50, milliseconds(20));
  EXPECT_GT(report->last_reply, SystemTime{});
  EXPECT_EQ(far->counters().malformed, 0u);
}

TEST_F(StampUdp, SaysWhenAPathDiesAndWhenItIsBack) {
  std::vector<bool> changes;
  auto far = reflector();
  const std::uint16_t port = far->port();
  const auto near = sender({.on_liveness = [&](StampSessionId, bool alive) { changes.push_back(alive); }});
  const auto id = near->add(to(port));
  ASSERT_TRUE(id);
  ASSERT_TRUE(wait_for([&] { return changes.size() == 1; }));
  far.reset();
  ASSERT_TRUE(wait_for([&] { return changes.size() == 2; }));
  EXPECT_FALSE(near->report(*id)->alive);
  far = reflector({}, port);
  ASSERT_TRUE(wait_for([&] { return changes.size() == 3; }));
  EXPECT_EQ(changes, (std::vector<bool>{true, false, true}));
}

TEST_F(StampUdp, TlvsTravelBothWays) {
  std::vector<std::uint8_t> at_reflector, at_sender;
  Ipv6Address probed;
  const auto far = reflector([&](const ProbeArrival& arrival, StampTlv& tlv) {
    at_reflector = std::exchange(tlv.value, {4, 3, 2, 1});
    probed = arrival.destination;
    return true;
  });
  const auto near = sender({.on_reply = [&](StampSessionId, std::span<const StampTlv> tlvs) {
    if (!tlvs.empty()) at_sender = tlvs[0].value;
  }});
  auto config = to(far->port());
  config.tlvs = {{.type = kStampTlvFadHash, .value = {1, 2, 3, 4}}};
  ASSERT_TRUE(near->add(config));
  ASSERT_TRUE(wait_for([&] { return !at_sender.empty(); }));
  EXPECT_EQ(at_reflector, (std::vector<std::uint8_t>{1, 2, 3, 4}));
  EXPECT_EQ(at_sender, (std::vector<std::uint8_t>{4, 3, 2, 1}));
  EXPECT_EQ(probed, kLoopback);
}

TEST_F(StampUdp, ARemovedSessionStopsAndItsCallbackMayRemoveIt) {
  const auto far = reflector();
  StampSender* self = nullptr;
  const auto near = sender({.on_liveness = [&](StampSessionId id, bool) { self->remove(id); }});
  self = near.get();
  const auto id = near->add(to(far->port()));
  ASSERT_TRUE(wait_for([&] { return near->sessions() == 0; }));
  EXPECT_FALSE(near->report(*id));
  const auto reflected = far->counters().received;
  const auto other = near->add(to(far->port()));
  ASSERT_TRUE(wait_for([&] { return near->sessions() == 0 && far->counters().received >= reflected + 2; }));
  EXPECT_NE(*other, *id);
}

TEST_F(StampUdp, APortInUseIsNamed) {
  const auto far = reflector();
  const auto second = StampReflector::open(context_, {.address = kLoopback, .port = far->port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_NE(second.error().message.find(std::to_string(far->port())), std::string::npos) << second.error().message;
}

}  // namespace
}  // namespace pathwise::te
