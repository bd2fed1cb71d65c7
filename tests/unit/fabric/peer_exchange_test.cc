// SPDX-License-Identifier: Apache-2.0
#include "fabric/peer_exchange.h"

#include <gmock/gmock.h>

#include "conformance.h"

namespace pathwise::fabric {

using ::testing::HasSubstr;

namespace conformance {
namespace {

// The peers backend on the simulated network: a link to every other node, which is free again at once.
class PeersNode final : public Node, private Outlet {
 public:
  PeersNode(Network& network, const NodeSpec& spec)
      : network_(&network),
        site_(spec.site),
        exchange_(network.clock(spec), *this,
                  {.site = SiteName(spec.site), .router = RouterName("r1"), .epoch = spec.epoch}) {}
  Bus& bus() override { return exchange_; }
  void tick() override { exchange_.tick(); }
  void deliver(const std::string& from, const std::string& body) override {
    const auto taken = exchange_.received(SiteName(from), body);
    EXPECT_TRUE(taken) << taken.error().message;
  }
  void joined(const std::string& other) override {
    const LinkId link = next_++;
    links_[link] = other;
    exchange_.opened(link);
  }
  void left(const std::string& other) override {
    std::erase_if(links_, [&](const auto& link) {
      if (link.second != other) return false;
      exchange_.closed(link.first);
      return true;
    });
  }

 private:
  void send(LinkId link, std::string body) override {
    network_->send(site_, links_.at(link), body);
    exchange_.sent(link);
  }
  Network* network_;
  std::string site_;
  std::map<LinkId, std::string> links_;
  LinkId next_ = 1;
  PeerExchange exchange_;
};

std::unique_ptr<Node> make_peers_node(Network& network, const NodeSpec& spec) {
  return std::make_unique<PeersNode>(network, spec);
}

INSTANTIATE_TEST_SUITE_P(Peers, BusConformance, ::testing::Values(&make_peers_node));

}  // namespace
}  // namespace conformance

namespace {

struct RecordingOutlet final : Outlet {
  void send(LinkId link, std::string body) override {
    const auto frame = decode(body);
    EXPECT_TRUE(frame);
    sent.emplace_back(link, frame ? *frame : Frame{});
  }
  std::vector<std::pair<LinkId, Frame>> sent;
};

class Exchange : public ::testing::Test {
 protected:
  ManualClock clock_;
  RecordingOutlet outlet_;
  PeerExchange exchange_{clock_, outlet_, {.site = SiteName("a"), .router = RouterName("r1"), .epoch = 9}};
};

TEST_F(Exchange, ALinkGetsHelloThenRecordThenDigest) {
  exchange_.publish(conformance::load_of(3));
  exchange_.opened(1);
  ASSERT_EQ(outlet_.sent.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Hello>(outlet_.sent[0].second));
  exchange_.sent(1);
  ASSERT_EQ(outlet_.sent.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Record>(outlet_.sent[1].second));
  exchange_.sent(1);
  ASSERT_EQ(outlet_.sent.size(), 3U);
  EXPECT_EQ(std::get<Digest>(outlet_.sent[2].second).models.at(0).running, 3U);
  exchange_.sent(1);
  EXPECT_EQ(outlet_.sent.size(), 3U) << "nothing new";
}

TEST_F(Exchange, ASlowLinkGetsTheNewestOnly) {
  exchange_.opened(1);  // hello is on its way and stays there
  for (std::uint32_t running = 0; running < 100; ++running) {
    exchange_.publish(conformance::load_of(running));
    clock_.advance(Milliseconds(50));
    exchange_.tick();
  }
  EXPECT_EQ(outlet_.sent.size(), 1U);
  exchange_.sent(1);
  while (!std::holds_alternative<Digest>(outlet_.sent.back().second)) exchange_.sent(1);
  EXPECT_EQ(std::get<Digest>(outlet_.sent.back().second).models.at(0).running, 99U);
}

TEST_F(Exchange, NothingIsSaidOfALoadThatIsNotKnown) {
  exchange_.opened(1);
  for (int i = 0; i < 100; ++i) {
    exchange_.sent(1);
    clock_.advance(Milliseconds(50));
    exchange_.tick();
  }
  for (const auto& [link, frame] : outlet_.sent) EXPECT_TRUE(std::holds_alternative<Hello>(frame));
}

TEST_F(Exchange, AClosedLinkIsLeftAlone) {
  exchange_.opened(1);
  exchange_.closed(1);
  exchange_.sent(1);
  exchange_.publish(conformance::load_of(3));
  clock_.advance(std::chrono::seconds(10));
  exchange_.tick();
  EXPECT_EQ(outlet_.sent.size(), 1U);
}

TEST_F(Exchange, WhatIsWrongIsSaidAndCounted) {
  const auto say = [&](const Frame& frame) {
    const auto taken = exchange_.received(SiteName("b"), encode(frame));
    return taken ? "taken" : taken.error().message;
  };
  EXPECT_EQ(say(Hello{.site = SiteName("b"), .router = RouterName("r1")}), "taken");
  EXPECT_THAT(say(Digest{.site = SiteName("c"), .router = RouterName("r1")}), HasSubstr("b speaks for site c"));
  EXPECT_THAT(say(Hello{.version = 2, .site = SiteName("b"), .router = RouterName("r1")}), HasSubstr("version 2"));
  EXPECT_EQ(exchange_.counters().table.refused, 1U);
  EXPECT_FALSE(exchange_.received(SiteName("b"), "\xff\xff"));
  EXPECT_EQ(exchange_.counters().bad_frames, 1U);
  // Another router of our own site may speak, but not as us.
  const auto from_a = [&](const char* router) {
    return exchange_.received(SiteName("a"), encode(Digest{.site = SiteName("a"), .router = RouterName(router)}));
  };
  EXPECT_TRUE(from_a("r2"));
  EXPECT_FALSE(from_a("r1"));
}

TEST_F(Exchange, AHelloIsHandedOut) {
  Hello hello;
  ASSERT_TRUE(exchange_.received(
      SiteName("b"), encode(Hello{.site = SiteName("b"), .router = RouterName("r1"), .hashes = {.policy = "x"}}),
      &hello));
  EXPECT_EQ(hello.hashes.policy, "x");
}

}  // namespace
}  // namespace pathwise::fabric
