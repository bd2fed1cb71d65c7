// SPDX-License-Identifier: Apache-2.0
// Real streams over loopback: TLS, reconnection, limits. What the bus must do is in conformance_cases.cc.
#include "fabric/peers_bus.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <filesystem>
#include <thread>

#include "base/process.h"
#include "net/listen.h"
#include "net/test_ca.h"

namespace pathwise::fabric {
namespace {

namespace asio = net::asio;
using net::Awaitable;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kDeadline{20};
const std::vector<std::string> kAlpn{kFabricAlpn};

LocalLoad load_of(std::uint32_t running) {
  return {.models = {{.model = ModelName("m"), .capacity = 100, .running = running}}};
}

// Handshakes on a thread of their own, as the router's peers listener does, and hands the streams over.
class Listener {
 public:
  Listener(std::shared_ptr<net::TlsContext> tls, PeersBus& bus, std::uint16_t port)
      : tls_(std::move(tls)), bus_(&bus), acceptor_(*net::listen_tcp(io_, {.host = "127.0.0.1", .port = port})) {
    endpoint_ = net::from_tcp(acceptor_.local_endpoint());
    asio::co_spawn(io_.get_executor(), run(), asio::detached);
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~Listener() { io_.stop(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
  Awaitable<void> run() {
    for (;;) {
      net::TcpSocket socket(io_);
      const auto [error] = co_await acceptor_.async_accept(socket, net::use_tuple);
      if (error) co_return;
      net::TlsStream stream(std::move(socket), *tls_);
      if (co_await stream.handshake(kDeadline)) bus_->accept(std::move(stream));
    }
  }
  asio::io_context io_{1};
  std::shared_ptr<net::TlsContext> tls_;
  PeersBus* bus_;
  net::TcpAcceptor acceptor_;
  Endpoint endpoint_;
  std::jthread thread_;
};

class Peers : public ::testing::Test {
 protected:
  struct Router {
    std::unique_ptr<PeersBus> bus;
    std::unique_ptr<Listener> listener;
  };

  void SetUp() override {
    directory_ = ::testing::TempDir() + "pathwise-peers-" + std::to_string(::getpid()) + "/";
    std::filesystem::create_directories(directory_);
    ca_ = std::make_unique<net::TestCa>(*net::TestCa::create("test"));
    ASSERT_TRUE(write_file_atomically(directory_ + "ca.pem", ca_->pem().certificate));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::shared_ptr<net::TlsContext> tls(const std::string& site, net::TlsRole role) {
    const auto pem = ca_->issue({.uris = {"spiffe://fabric.example/site/" + site + "/router"}});
    EXPECT_TRUE(write_file_atomically(directory_ + site + ".pem", pem->certificate));
    EXPECT_TRUE(write_file_atomically(directory_ + site + ".key", pem->key, 0600));
    auto made = net::TlsContext::create({directory_ + site + ".pem", directory_ + site + ".key", directory_ + "ca.pem"},
                                        role, "fabric.example", kAlpn);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  // `certified`: the site in the certificate, if it is another.
  Router start(const std::string& site, std::uint16_t port = 0, const std::string& certified = {}) {
    const std::string name = certified.empty() ? site : certified;
    Router router;
    PeersBusSettings settings{.tick = Milliseconds(10),
                              .idle_timeout = kDeadline,
                              .first_backoff = Milliseconds(20),
                              .most_backoff = Milliseconds(100)};
    settings.exchange.interval = Milliseconds(50);
    router.bus = std::make_unique<PeersBus>(
        PeersBus::Deps{io_,
                       clock_,
                       tls(name, net::TlsRole::kClient),
                       {.site = SiteName(site), .router = RouterName("r1"), .epoch = ++epoch_},
                       epoch_},
        settings);
    router.listener = std::make_unique<Listener>(tls(name, net::TlsRole::kServer), *router.bus, port);
    return router;
  }
  static PeerAddress address(const std::string& site, const Router& router) {
    return {.site = SiteName(site), .router = RouterName("r1"), .remote = router.listener->endpoint()};
  }
  template <typename Condition>
  [[nodiscard]] bool until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(Milliseconds(50));
    return condition();
  }
  static std::optional<std::uint32_t> running(PeersBus& bus, const char* site) {
    const auto snapshot = bus.snapshot();
    for (std::size_t i = 0; i < snapshot->size(); ++i) {
      if (snapshot->site[i] == SiteName(site)) return snapshot->models[i].at(0).running;
    }
    return std::nullopt;
  }

  std::string directory_;
  std::unique_ptr<net::TestCa> ca_;
  RealClock clock_;
  asio::io_context io_{1};
  std::uint64_t epoch_ = 0;
};

TEST_F(Peers, ThreeRoutersHearEachOther) {
  Router a = start("a"), b = start("b"), c = start("c");
  const std::vector<PeerAddress> all{address("a", a), address("b", b), address("c", c)};
  std::uint32_t value = 1;
  for (Router* router : {&a, &b, &c}) {
    router->bus->set_peers(all);
    router->bus->publish(load_of(value++));
  }
  const auto complete = [](Router& router) {
    return running(*router.bus, "a") == 1 && running(*router.bus, "b") == 2 && running(*router.bus, "c") == 3;
  };
  EXPECT_TRUE(until([&] { return complete(a) && complete(b) && complete(c); }));
  const auto peers = a.bus->peers();
  ASSERT_EQ(peers.size(), 2U) << "not itself";
  EXPECT_TRUE(until([&] { return a.bus->peers()[0].connected && a.bus->peers()[0].heard; }));
  EXPECT_EQ(a.bus->incoming(), 2U);
  b.bus->publish(load_of(77));
  EXPECT_TRUE(until([&] { return running(*a.bus, "b") == 77 && running(*c.bus, "b") == 77; }));
}

TEST_F(Peers, ARestartedRouterIsFoundAgain) {
  Router a = start("a"), b = start("b");
  const std::vector<PeerAddress> all{address("a", a), address("b", b)};
  a.bus->set_peers(all);
  b.bus->set_peers(all);
  a.bus->publish(load_of(1));
  b.bus->publish(load_of(2));
  ASSERT_TRUE(until([&] { return running(*a.bus, "b") == 2 && running(*b.bus, "a") == 1; }));
  const std::uint16_t port = b.listener->endpoint().port;
  b.listener.reset();
  b.bus.reset();
  ASSERT_TRUE(until([&] { return !a.bus->peers()[0].connected && a.bus->incoming() == 0; }));
  EXPECT_EQ(running(*a.bus, "b"), 2U) << "last known";
  b = start("b", port);
  b.bus->set_peers(all);
  b.bus->publish(load_of(3));
  EXPECT_TRUE(until([&] { return running(*a.bus, "b") == 3 && running(*b.bus, "a") == 1; }));
}

TEST_F(Peers, AnotherSitesCertificateIsRefused) {
  Router a = start("a"), b = start("b", 0, "c");  // calls itself b, is certified as c
  a.bus->set_peers({address("b", b)});
  a.bus->publish(load_of(1));
  ASSERT_TRUE(until([&] { return a.bus->peers()[0].attempts >= 3; }));
  EXPECT_FALSE(a.bus->peers()[0].connected);
  EXPECT_THAT(a.bus->peers()[0].last_error,
              HasSubstr("answers as spiffe://fabric.example/site/c/router; site b is expected"));
  EXPECT_EQ(running(*b.bus, "a"), std::nullopt);
  b.bus->set_peers({address("a", a)});
  b.bus->publish(load_of(2));
  ASSERT_TRUE(until([&] { return a.bus->counters().table.refused >= 2; }));
  EXPECT_EQ(running(*a.bus, "b"), std::nullopt);
}

TEST_F(Peers, AnUnreachablePeerIsNamed) {
  Router a = start("a"), gone = start("gone");
  const PeerAddress nobody = address("gone", gone);
  gone.listener.reset();
  a.bus->set_peers({nobody});
  ASSERT_TRUE(until([&] { return a.bus->peers()[0].attempts >= 2; }));
  EXPECT_THAT(a.bus->peers()[0].last_error, HasSubstr("connect to " + nobody.remote.to_string()));
}

TEST_F(Peers, ARemovedPeerIsLeftAndForgotten) {
  Router a = start("a"), b = start("b");
  a.bus->set_peers({address("b", b)});
  b.bus->set_peers({address("a", a)});
  a.bus->publish(load_of(1));
  b.bus->publish(load_of(2));
  ASSERT_TRUE(until([&] { return running(*a.bus, "b") == 2 && running(*b.bus, "a") == 1; }));
  a.bus->set_peers({});
  EXPECT_EQ(running(*a.bus, "b"), std::nullopt);
  EXPECT_TRUE(until([&] { return b.bus->incoming() == 0; }));
}

TEST_F(Peers, DisagreementIsShown) {
  Router a = start("a"), b = start("b");
  a.bus->set_peers({address("b", b)});
  b.bus->set_peers({address("a", a)});
  a.bus->set_hashes({.policy = "1", .flex_algo = "f"});
  b.bus->set_hashes({.policy = "2", .flex_algo = "f"});
  ASSERT_TRUE(until([&] { return a.bus->peers()[0].disagreement == "policy"; }));
  b.bus->set_hashes({.policy = "1", .flex_algo = "f"});
  EXPECT_TRUE(until([&] { return a.bus->peers()[0].disagreement.empty(); }));
}

// A peer with a good certificate that does not keep to the protocol.
class RudePeer : public Peers {
 protected:
  void say(const Router& to, std::string bytes) {
    asio::co_spawn(io_.get_executor(), talk(to.listener->endpoint(), std::move(bytes)), asio::detached);
  }
  Awaitable<void> talk(Endpoint to, std::string bytes) {
    const auto context = tls("rude", net::TlsRole::kClient);
    auto socket = co_await net::connect_tcp(io_, std::nullopt, to, kDeadline);
    if (!socket) co_return;
    net::TlsStream stream(*std::move(socket), *context);
    if (!co_await stream.handshake(kDeadline)) co_return;
    static_cast<void>(co_await stream.write(bytes));
    std::array<char, 1> byte{};
    static_cast<void>(co_await stream.read_some(byte));
    ++ended_;
  }
  int ended_ = 0;
};

TEST_F(RudePeer, JunkIsCountedAndTheStreamGoesOn) {
  Router a = start("a");
  a.bus->set_peers({{.site = SiteName("rude"), .router = RouterName("r1"), .remote = a.listener->endpoint()}});
  say(a,
      with_length("\xff\xff\xff") + with_length(encode(Digest{.site = SiteName("rude"),
                                                              .router = RouterName("r7"),
                                                              .epoch = 1,
                                                              .sequence = 1,
                                                              .models = {{.model = ModelName("m"), .running = 9}}})));
  EXPECT_TRUE(until([&] { return running(*a.bus, "rude") == 9; }));
  EXPECT_EQ(a.bus->counters().bad_frames, 1U);
}

TEST_F(RudePeer, AnOversizeFrameEndsTheStream) {
  Router a = start("a");
  say(a, std::string("\x7f\xff\xff\xff", 4) + std::string(100, 'x'));
  EXPECT_TRUE(until([&] { return ended_ == 1; }));
  EXPECT_EQ(a.bus->incoming(), 0U);
}

TEST_F(RudePeer, StreamsOfOneSiteAreLimited) {
  Router a = start("a");
  for (int i = 0; i < 40; ++i) say(a, "");
  EXPECT_TRUE(until([&] { return ended_ == 8; })) << "32 a site";
  EXPECT_EQ(a.bus->incoming(), 32U);
}

}  // namespace
}  // namespace pathwise::fabric
