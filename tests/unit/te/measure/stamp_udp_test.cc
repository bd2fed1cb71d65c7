// SPDX-License-Identifier: Apache-2.0
// The sender against the reflector over loopback: real sockets, real time with a deadline.
#include "te/measure/stamp_udp.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdlib>

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;

const Ipv6Address kLoopback = *Ipv6Address::parse("::1");

// A reflector that is not ours: answers with what a function makes of the probe, from the probed port or another.
class Responder {
 public:
  using Make = std::function<std::vector<std::uint8_t>(std::span<const std::uint8_t>)>;
  explicit Responder(Make make, bool other_port = false)
      : make_(std::move(make)), in_(bound()), out_(other_port ? bound() : ::dup(in_)) {}
  ~Responder() {
    ::close(in_);
    ::close(out_);
  }
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in6 address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(in_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin6_port);
  }
  // Answers what is there; true.
  bool answer() {
    std::array<std::uint8_t, 2048> buffer{};
    sockaddr_in6 from{};
    socklen_t length = sizeof from;
    ssize_t size = 0;
    while ((size = ::recvfrom(in_, buffer.data(), buffer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from),
                              &length)) > 0) {
      const auto reply = make_(std::span(buffer).first(static_cast<std::size_t>(size)));
      EXPECT_GT(::sendto(out_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length), 0);
    }
    return true;
  }

 private:
  static int bound() {
    const int fd = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  Make make_;
  int in_;
  int out_;
};

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
    return StampReflector::open(context, {.address = kLoopback, .port = 0, .params = {}}).has_value();
  }
  template <typename Condition>
  bool wait_for(Condition condition) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < deadline) context_.run_one_for(milliseconds(20));
    return condition();
  }
  std::unique_ptr<StampReflector> reflector(TlvHandler handler = {}, std::uint16_t port = 0) {
    ReflectorParams params;
    params.on_tlv = std::move(handler);
    return reflector_with(std::move(params), port);
  }
  std::unique_ptr<StampReflector> reflector_with(ReflectorParams params, std::uint16_t port = 0) {
    auto result = StampReflector::open(context_, {.address = kLoopback, .port = port, .params = std::move(params)});
    EXPECT_TRUE(result) << result.error().message;
    return std::move(*result);
  }
  std::unique_ptr<StampSender> sender(StampSenderEvents events = {}, StampSenderConfig config = {}) {
    auto result = StampSender::open(context_, std::move(config), std::move(events));
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
  EXPECT_EQ(report->peer, PeerKind::kStamp);
  EXPECT_FALSE(report->one_way);
  EXPECT_EQ(far->counters().of(Refusal::kMalformed), 0u);
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
  const auto far = reflector([&](const ProbeArrival& arrival, std::uint8_t, std::span<std::uint8_t> value) {
    at_reflector.assign(value.begin(), value.end());
    std::ranges::reverse(value);
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

TEST_F(StampUdp, AuthenticatedBothWays) {
  const auto key = *StampKey::from_hex("000102030405060708090a0b0c0d0e0f");
  const auto other = *StampKey::from_hex("ff0102030405060708090a0b0c0d0e0f");
  const auto far = reflector_with({.keys = {key}});
  const auto near = sender({}, {.keys = {key}});
  auto config = to(far->port());
  config.return_path = ReturnPath{.address = kLoopback};
  const auto id = near->add(config);
  ASSERT_TRUE(wait_for([&] { return near->report(*id)->counters.received >= 5; }));
  EXPECT_TRUE(near->report(*id)->alive);
  EXPECT_EQ(near->counters().bad_tlvs, 0u);
  const auto stranger = sender({}, {.keys = {other}});
  const auto nobody = sender();
  ASSERT_TRUE(stranger->add(to(far->port())) && nobody->add(to(far->port())));
  ASSERT_TRUE(wait_for([&] {
    return far->counters().of(Refusal::kBadHmac) >= 3 && far->counters().of(Refusal::kUnauthenticated) >= 3;
  }));
  EXPECT_EQ(stranger->counters().replies + nobody->counters().replies, 0u);
  far->set_keys({other, key});  // the change of a key: the new one is accepted, the old one still is
  ASSERT_TRUE(wait_for([&] { return stranger->counters().replies >= 3; }));
  EXPECT_TRUE(near->report(*id)->alive);
}

// A reply that nobody signed does not keep a path alive.
TEST_F(StampUdp, AForgedReplyIsDroppedAndCounted) {
  const auto key = *StampKey::from_hex("000102030405060708090a0b0c0d0e0f");
  const auto near = sender({}, {.keys = {key}});
  Responder forger([](std::span<const std::uint8_t> probe) {
    const auto packet = *StampSenderPacket::decode(probe, StampMode::kAuthenticated);
    StampReflectorPacket reply{.ssid = packet.ssid, .sender_sequence = packet.sequence, .tlvs = {}};
    reply.sender_timestamp = packet.timestamp;
    return reply.encode(StampMode::kAuthenticated);
  });
  const auto id = near->add(to(forger.port()));
  ASSERT_TRUE(wait_for([&] { return forger.answer() && near->counters().bad_hmac >= 3; }));
  EXPECT_EQ(near->report(*id)->counters.received, 0u);
  EXPECT_FALSE(near->report(*id)->alive);
}

// RFC 5357 appendix I: 41 octets, no session id, NTP times, from whatever port.
TEST_F(StampUdp, ATwampLightReflectorIsMeasuredWhateverPortItAnswersFrom) {
  const auto near = sender();
  Responder light(
      [](std::span<const std::uint8_t> probe) {
        const auto packet = *StampSenderPacket::decode(probe);
        StampReflectorPacket reply{.sequence = 4711, .sender_sequence = packet.sequence, .sender_ttl = 255, .tlvs = {}};
        reply.error_estimate.ptp = false;
        reply.receive_timestamp = reply.timestamp = StampTimestamp::from(std::chrono::system_clock::now(), false);
        reply.sender_timestamp = packet.timestamp;
        auto octets = reply.encode();
        octets.resize(kTwampLightReplySize);
        return octets;
      },
      true);
  auto config = to(light.port());
  config.return_path = ReturnPath{.address = kLoopback};  // it does not know that
  const auto first = near->add(config);
  const auto second = near->add(config);  // two sessions to one address, told apart by what they sent
  ASSERT_TRUE(wait_for([&] {
    return light.answer() && near->report(*first)->counters.received >= 5 &&
           near->report(*second)->counters.received >= 5;
  }));
  for (const auto id : {*first, *second}) {
    const auto report = near->report(id);
    EXPECT_TRUE(report->alive);
    EXPECT_EQ(report->peer, PeerKind::kTwampLight);
    EXPECT_EQ(report->return_via, ReturnVia::kOther);
    EXPECT_EQ(report->counters.duplicate + report->counters.unknown, 0u);
    EXPECT_LT(report->statistics.p50, milliseconds(20));
  }
}

TEST_F(StampUdp, SaysWhetherTheReturnPathWasUsed) {
  const auto knows = reflector_with({.can_return_to = [](const Ipv6Address& address) { return address == kLoopback; }});
  const auto knows_not = reflector();
  const auto near = sender();
  auto config = to(knows->port());
  const auto unasked = near->add(config);
  config.return_path = ReturnPath{.address = kLoopback};
  const auto asked = near->add(config);
  config.remote_port = knows_not->port();
  const auto refused = near->add(config);
  ASSERT_TRUE(wait_for([&] {
    return std::ranges::all_of(std::array{*unasked, *asked, *refused},
                               [&](auto id) { return near->report(id)->counters.received >= 2; });
  }));
  EXPECT_EQ(near->report(*unasked)->return_via, ReturnVia::kUnknown);
  EXPECT_EQ(near->report(*asked)->return_via, ReturnVia::kRequested);
  EXPECT_EQ(near->report(*refused)->return_via, ReturnVia::kOther);
}

TEST_F(StampUdp, TheKernelTellsTransmitTimesOfOneProbeInSoMany) {
  const auto far = reflector();
  const auto near = sender({}, {.transmit_time_every = 4});
  auto config = to(far->port());
  config.follow_up = true;
  const auto id = near->add(config);
  ASSERT_TRUE(
      wait_for([&] { return near->report(*id)->counters.received >= 40 && near->counters().transmit_times >= 10; }));
  const SenderCounters& counters = near->counters();
  EXPECT_LE(counters.transmit_times, counters.transmit_times_asked);
  EXPECT_LE(counters.transmit_times_asked, counters.sent / 4 + 1);
  EXPECT_GT(counters.transmit_delay, std::chrono::nanoseconds(0));
  EXPECT_GT(far->counters().transmit_times, 30u);  // asked by Follow-up Telemetry
  const auto never = sender({}, {.transmit_time_every = 0});
  const auto other = never->add(to(far->port()));
  ASSERT_TRUE(wait_for([&] { return never->report(*other)->counters.received >= 5; }));
  EXPECT_EQ(never->counters().transmit_times_asked, 0u);
}

TEST_F(StampUdp, AProbeIsAsLargeAsAskedAndInTheClassAsked) {
  std::size_t seen = 0;
  const auto far = reflector([&](const ProbeArrival&, std::uint8_t, std::span<std::uint8_t>) { return ++seen > 0; });
  const auto near = sender();
  auto config = to(far->port());
  config.size = 1'400;
  config.dscp = 46;
  const auto id = near->add(config);
  ASSERT_TRUE(wait_for([&] { return near->report(*id)->counters.received >= 5; }));
  EXPECT_EQ(near->report(*id)->dscp_arrived, 46);
  EXPECT_EQ(near->counters().send_errors, 0u);
  EXPECT_EQ(seen, 0u);  // no TLV that only the handler would know
  config.size = kStampMaxSize + 1;
  const auto wrong = near->add(config);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument);
}

// A path that does not carry the size is dead for it: no fragments.
TEST_F(StampUdp, AProbeThatDoesNotFitIsLost) {
  if (std::system("ip link set lo mtu 1300") != 0) GTEST_SKIP() << "no permission to set lo's MTU";
  const auto far = reflector();
  const auto near = sender();
  auto config = to(far->port());
  config.size = 1'300 - 48;
  const auto fits = near->add(config);
  config.size += 1;
  const auto too_long = near->add(config);
  const bool lost = wait_for(
      [&] { return near->report(*too_long)->counters.lost >= 4 && near->report(*fits)->counters.received >= 4; });
  EXPECT_EQ(std::system("ip link set lo mtu 65536"), 0);
  EXPECT_TRUE(lost);
  EXPECT_EQ(near->report(*too_long)->counters.received, 0u);
  EXPECT_GE(near->counters().send_errors, 4u);
}

TEST_F(StampUdp, AProbeThatCannotBeSentIsLost) {
  const auto near = sender();
  auto config = to(862);
  config.local = *Ipv6Address::parse("2001:db8::1");  // not ours
  const auto id = near->add(config);
  ASSERT_TRUE(wait_for([&] { return near->report(*id)->counters.lost >= 4; }));
  EXPECT_GE(near->counters().send_errors, 4u);
}

TEST_F(StampUdp, APortInUseIsNamed) {
  const auto far = reflector();
  const auto second = StampReflector::open(context_, {.address = kLoopback, .port = far->port(), .params = {}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_NE(second.error().message.find(std::to_string(far->port())), std::string::npos) << second.error().message;
}

}  // namespace
}  // namespace pathwise::te
