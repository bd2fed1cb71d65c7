// SPDX-License-Identifier: Apache-2.0
// The kernel's own SRv6: h1 — e1 — p1 — e2 — h2, with p2 beside p1, in network namespaces. h1's route to h2's
// probe address goes over p1 by its uN, then to e2's uDT6.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <thread>

#include "netns_lab.h"
#include "te/measure/stamp_udp.h"
#include "te/topology/builder.h"
#include "te/verify/judge.h"
#include "te/verify/verifier.h"

namespace pathwise::te {
namespace {

using test::NetnsLab;
using testing::ElementsAre;

constexpr std::chrono::seconds kDeadline{30};

Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}

const Ipv6Address kLocal = address("fd00:1:a::101");
const Ipv6Address kRemote = address("fd00:2:a::101");
const std::vector<Ipv6Address> kCarriers{address("fcbb:bb00:11:2:fe00::")};

// uSID node ids e1 1, e2 2, p1 11, p2 12 (hexadecimal). Link N between nodes A and B: 2001:db8:N::1 and ::2.
class VerifyLab {
 public:
  VerifyLab() {
    for (const char* node : {"h1", "h2", "e1", "e2", "p1", "p2"}) {
      sh(formatted("ip netns add {0}; ip -n {0} link set lo up", NetnsLab::name(node)));
      in(node, "for i in all default; do echo 0 > /proc/sys/net/ipv6/conf/$i/accept_dad; done");
    }
    for (const auto& [node, id] : {std::pair{"e1", "1"}, {"e2", "2"}, {"p1", "11"}, {"p2", "12"}}) {
      in(node,
         "for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/forwarding; echo 1 > "
         "/proc/sys/net/ipv6/conf/$i/seg6_enabled; done");
      ip(node, "link add sr0 type bridge");
      ip(node, "link set sr0 up");
      ip(node, formatted("route add fcbb:bb00:{}::/48 encap seg6local action End flavors next-csid lblen 32 nflen 16 "
                         "dev sr0",
                         id));
    }
    link(1, "h1", "e1");
    link(2, "e1", "p1");
    link(3, "p1", "e2");
    link(4, "e1", "p2");
    link(5, "p2", "e2");
    link(6, "e2", "h2");
    for (const char* node : {"e1", "e2"}) {
      ip(node, formatted("route add fcbb:bb00:{}:fe00::/64 encap seg6local action End.DT6 table 254 dev sr0",
                         node[1] == '1' ? "1" : "2"));
    }
    // Locators, and the hosts' links so that routers can answer.
    for (const char* to : {"fcbb:bb00:11::/48", "fcbb:bb00:2::/48", "2001:db8:6::/64"}) {
      ip("e1", formatted("route add {} via 2001:db8:2::2", to));
    }
    ip("p1", "route add fcbb:bb00:2::/48 via 2001:db8:3::2");
    ip("p1", "route add fcbb:bb00:1::/48 via 2001:db8:2::1");
    ip("p1", "route add 2001:db8:1::/64 via 2001:db8:2::1");
    ip("p2", "route add 2001:db8:1::/64 via 2001:db8:4::1");
    ip("p2", "route add fcbb:bb00:11::/48 via 2001:db8:5::2");
    for (const char* to : {"fcbb:bb00:11::/48", "fcbb:bb00:1::/48", "2001:db8:1::/64"}) {
      ip("e2", formatted("route add {} via 2001:db8:3::1", to));
    }
    host("h1", "2001:db8:1::2", "fd00:1:a::101", "fd00:2:a::/64", "fcbb:bb00:11:2:fe00::");
    host("h2", "2001:db8:6::1", "fd00:2:a::101", "fd00:1:a::/64", "fcbb:bb00:11:1:fe00::");
    ip("e1", "route add fd00:1:a::/64 via 2001:db8:1::1");
    ip("e2", "route add fd00:2:a::/64 via 2001:db8:6::2");
  }
  ~VerifyLab() {
    for (const char* node : {"h1", "h2", "e1", "e2", "p1", "p2"}) {
      static_cast<void>(std::system(formatted("ip netns del {}", NetnsLab::name(node)).c_str()));
    }
  }
  VerifyLab(const VerifyLab&) = delete;
  VerifyLab& operator=(const VerifyLab&) = delete;

  void ip(const std::string& node, const std::string& arguments) {
    sh(formatted("ip -6 -n {} {}", NetnsLab::name(node), arguments));
  }
  void in(const std::string& node, const std::string& command) {
    sh(formatted("ip netns exec {} sh -c '{}'", NetnsLab::name(node), command));
  }

  // As te would have it.
  static TopologySnapshotPtr topology() {
    TopologyBuilder builder;
    for (const auto& [name, id] : {std::pair{"e1", "1"}, {"e2", "2"}, {"p1", "11"}, {"p2", "12"}}) {
      builder.add_node({.name = NodeName(name),
                        .locators = {{Algorithm(0), *Ipv6Prefix::parse(formatted("fcbb:bb00:{}::/48", id))}}});
    }
    const auto add = [&](int number, const char* a, const char* b, std::uint32_t metric) {
      const Ipv6Address at_a = address(formatted("2001:db8:{}::1", number));
      const Ipv6Address at_b = address(formatted("2001:db8:{}::2", number));
      builder.add_link(
          {NodeName(a), NodeName(b), {.local_address = at_a, .remote_address = at_b, .igp_metric = metric}});
      builder.add_link(
          {NodeName(b), NodeName(a), {.local_address = at_b, .remote_address = at_a, .igp_metric = metric}});
    };
    add(2, "e1", "p1", 10);
    add(3, "p1", "e2", 10);
    add(4, "e1", "p2", 100);
    add(5, "p2", "e2", 100);
    return std::make_shared<const TopologySnapshot>(builder.build(1, 1));
  }

 private:
  void link(int number, const std::string& a, const std::string& b) {
    sh(formatted("ip link add to{1} netns {2} type veth peer name to{0} netns {3}", a, b, NetnsLab::name(a),
                 NetnsLab::name(b)));
    for (const auto& [node, other, part] : {std::tuple{a, b, 1}, {b, a, 2}}) {
      ip(node, formatted("addr add 2001:db8:{}::{}/64 dev to{} nodad", number, part, other));
      ip(node, formatted("link set to{} up", other));
      in(node, formatted("echo 1 > /proc/sys/net/ipv6/conf/to{}/seg6_enabled", other));
    }
  }
  void host(const std::string& node, const std::string& gateway, const std::string& own, const std::string& peer,
            const std::string& carrier) {
    const std::string edge = node == "h1" ? "toe1" : "toe2";
    ip(node, formatted("addr add {}/128 dev lo nodad", own));
    ip(node, formatted("route add default via {}", gateway));
    ip(node, formatted("route add {} encap seg6 mode encap.red segs {} via {} dev {} src {}", peer, carrier, gateway,
                       edge, own));
  }
  static void sh(const std::string& command) {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }
};

class VerifierTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = NetnsLab::missing(); !reason.empty()) GTEST_SKIP() << reason;
    lab_.emplace();
  }
  // A te at the far end: it reflects STAMP probes.
  void reflect() {
    const NetnsLab::Inside inside("h2");
    auto opened = StampReflector::open(io_, {});
    ASSERT_TRUE(opened) << opened.error().message;
    reflector_ = std::move(*opened);
  }
  PathObservation verify(VerifyParams params = {.probe_timeout = Milliseconds(500)}) {
    std::optional<std::vector<PathObservation>> seen;
    std::unique_ptr<Verifier> verifier;
    {
      const NetnsLab::Inside inside("h1");
      auto started = Verifier::start(io_, {target_}, {.params = params, .seed = 4711},
                                     [&](std::vector<PathObservation> all) { seen = std::move(all); });
      EXPECT_TRUE(started) << started.error().message;
      if (!started) return {};
      verifier = std::move(*started);
    }
    const SteadyTime deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!seen && std::chrono::steady_clock::now() < deadline) io_.run_one_for(std::chrono::milliseconds(100));
    EXPECT_TRUE(seen) << "the run does not end";
    return seen ? seen->front() : PathObservation{};
  }
  static JudgedPath judge(const PathObservation& observation) {
    PathJudge judge({.topology = VerifyLab::topology(),
                     .sids = *SidMap::create({{Algorithm(0), *Ipv6Prefix::parse("fcbb:bb00::/32")}}, 0xFE00),
                     .edge = NodeName("e1"),
                     .attachment = *Ipv6Prefix::parse("2001:db8:1::/64")});
    return judge.judge(kCarriers, observation);
  }
  static std::vector<std::string> nodes(const JudgedPath& path) {
    std::vector<std::string> names;
    for (const JudgedHop& hop : path.hops) {
      names.push_back(hop.seen.answer == HopAnswer::kArrived ? "arrived" : hop.node ? hop.node->str() : "*");
    }
    return names;
  }

  VerifyTarget target_{.local = kLocal, .remote = kRemote, .segments = kCarriers, .native = address("2001:db8:1::1")};
  std::optional<VerifyLab> lab_;
  boost::asio::io_context io_{1};
  std::unique_ptr<StampReflector> reflector_;
};

TEST_F(VerifierTest, SeesEveryRouterOfTheSegmentListAndTheFarEnd) {
  reflect();
  const auto path = judge(verify());
  EXPECT_THAT(nodes(path), ElementsAre("e1", "p1", "e2", "arrived"));
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
  for (const JudgedHop& hop : path.hops) {
    EXPECT_GT(hop.seen.rtt, Microseconds(0));
    EXPECT_LT(hop.seen.rtt, std::chrono::milliseconds(400));
    std::cout << formatted("  {} {} {}\n", hop.node ? hop.node->str() : "far end", hop.seen.responder,
                           to_human(hop.seen.rtt));
  }
}

TEST_F(VerifierTest, ADetourThatTheIgpDoesNotKnowOfIsSeen) {
  reflect();
  lab_->ip("e1", "route replace fcbb:bb00:11::/48 via 2001:db8:4::2");  // by p2, and from there by e2 to p1
  const auto path = judge(verify());
  EXPECT_EQ(path.verdict, VerifyVerdict::kDeviates);
  EXPECT_EQ(path.detail, "at hop 2: p2 instead of p1");
  EXPECT_THAT(nodes(path), ElementsAre("e1", "p2", "e2", "p1", "e2", "arrived"));
}

TEST_F(VerifierTest, AListOfTwoCarriersIsFollowedToItsEndpoint) {
  reflect();
  target_.segments = {address("fcbb:bb00:11::"), address("fcbb:bb00:2:fe00::")};
  lab_->ip("h1",
           "route replace fd00:2:a::/64 encap seg6 mode encap.red segs fcbb:bb00:11::,fcbb:bb00:2:fe00:: via "
           "2001:db8:1::2 dev toe1 src fd00:1:a::101");
  const auto path = judge(verify());
  EXPECT_THAT(nodes(path), ElementsAre("e1", "p1", "e2", "arrived"));
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
}

TEST_F(VerifierTest, WithoutAnAddressOfOursTheEndpointIsNotAsked) {
  reflect();
  target_.native = {};
  EXPECT_THAT(nodes(judge(verify())), ElementsAre("e1", "p1", "arrived"));
}

TEST_F(VerifierTest, AFarEndWithoutAReflectorIsSeenByItsIcmp) {
  const auto path = judge(verify());
  EXPECT_THAT(nodes(path), ElementsAre("e1", "p1", "e2", "arrived"));
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
}

TEST_F(VerifierTest, ABlackHoleIsFoundBehindTheLastThatAnswers) {
  reflect();
  lab_->ip("p1", "route replace blackhole fcbb:bb00:2::/48");
  const auto path = judge(verify({.probe_timeout = Milliseconds(100)}));
  EXPECT_EQ(path.verdict, VerifyVerdict::kIncomplete);
  EXPECT_THAT(nodes(path), ElementsAre("e1"));
  EXPECT_EQ(path.detail, "no answer behind hop 1 (e1)");
}

TEST_F(VerifierTest, ARefusalOfARouterIsShownWithItsReason) {
  reflect();
  lab_->ip("p1", "route del fcbb:bb00:2::/48");
  const auto path = judge(verify({.probe_timeout = Milliseconds(100)}));
  EXPECT_EQ(path.verdict, VerifyVerdict::kIncomplete);
  EXPECT_THAT(path.detail, testing::HasSubstr("by p1: no route"));
}

TEST_F(VerifierTest, ARouteThatTheHostDoesNotHaveIsSaid) {
  lab_->ip("h1", "route add unreachable fd00::/16");
  lab_->ip("h1", "route del fd00:2:a::/64");
  const auto seen = verify();
  EXPECT_THAT(seen.problem, testing::HasSubstr("the probe cannot be sent: "));
}

}  // namespace
}  // namespace pathwise::te
