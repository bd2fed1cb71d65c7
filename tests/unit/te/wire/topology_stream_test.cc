// SPDX-License-Identifier: Apache-2.0
// Server and client of the topology stream against each other, over a unix socket and over mutual TLS.
#include <gmock/gmock.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "base/log.h"
#include "net/test_ca.h"
#include "te/topology/builder.h"
#include "te/topology/diff.h"
#include "te/topology/json.h"
#include "te/wire/grpc_log.h"
#include "te/wire/topology_client.h"
#include "te/wire/topology_server.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto kPatience = std::chrono::seconds(30);

TopologySnapshotPtr snapshot(std::uint64_t version) {
  TopologyBuilder builder;
  Node a{.name = NodeName("a"),
         .system_id = "0000.0000.0001",
         .router_id6 = *Ipv6Address::parse("fd00::1"),
         .locators = {{Algorithm(128), *Ipv6Prefix::parse("fcbb:bb80:1::/48")}}};
  a.sids = {{*Ipv6Address::parse("fcbb:bb80:1::"), kBehaviorEndNextCsid, Algorithm(128), SidStructure{32, 16, 0, 80}},
            {*Ipv6Address::parse("fcbb:bb80:1:fe00::"), kBehaviorUnknown, Algorithm(128), std::nullopt}};
  a.algorithms.emplace();  // it says that it takes part in none: not the same as saying nothing
  a.depths = {.max_segments_left = 0, .max_end_pop = {}, .max_h_encaps = 5, .max_end_d = 255};
  builder.add_node(a);
  builder.add_problem("router id fd00::9: claimed by x, y");
  builder.add_node({.name = NodeName("b"), .system_id = {}, .router_id6 = {}, .locators = {}});
  Link link;
  link.local_address = *Ipv6Address::parse("fd00:12::1");
  link.remote_address = *Ipv6Address::parse("fd00:12::2");
  link.igp_metric = 10;
  link.te_metric = 11;
  link.delay_us = 1000;
  link.min_delay_us = 0;  // zero is not absent
  link.max_delay_us = 1100;
  link.max_bandwidth = BitsPerSecond(10'000'000'000);
  link.max_reservable_bandwidth = BitsPerSecond(8'000'000'000);
  link.admin_groups.set(0);
  link.admin_groups.set(255);
  link.unreserved_bandwidth = UnreservedBandwidth{BitsPerSecond(8'000'000'000), BitsPerSecond(1)};  // the rest is 0
  link.srlgs = {3, 70'000};
  link.local_id = 11;
  link.sids = {
      {*Ipv6Address::parse("fcbb:bb00:1:f002::"), kBehaviorEndXNextCsid, kAlgorithmSpf, SidStructure{32, 16, 16, 64}}};
  builder.add_link({NodeName("a"), NodeName("b"), link});
  builder.add_link({NodeName("b"), NodeName("a"), {}});
  return std::make_shared<const TopologySnapshot>(builder.build(9, version));
}

// What a client's callbacks said, for a test to wait on.
class Inbox {
 public:
  TopologyFollowerEvents events() {
    return {.on_snapshot =
                [this](TopologySnapshotPtr next) {
                  const std::lock_guard lock(mutex_);
                  last_ = std::move(next);
                  changed_.notify_all();
                },
            .on_state =
                [this](TopologyState state, std::string detail) {
                  const std::lock_guard lock(mutex_);
                  state_ = state;
                  details_ += detail + "\n";
                  changed_.notify_all();
                }};
  }
  TopologySnapshotPtr wait_version(std::uint64_t version) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return last_ && last_->version == version; });
    return last_ && last_->version == version ? last_ : nullptr;
  }
  bool wait_state(TopologyState state) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return state_ == state; });
  }
  // Whether any detail so far, or to come, contains the text.
  bool wait_detail(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return details_.contains(text); });
  }
  bool received() {
    const std::lock_guard lock(mutex_);
    return last_ != nullptr;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  TopologySnapshotPtr last_;
  TopologyState state_ = TopologyState::kNone;
  std::string details_;
};

class TopologyStreamTest : public testing::Test {
 protected:
  TopologyStreamTest() : folder_(testing::TempDir() + "/topology-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
    socket_.unix_path = folder_ + "/t.sock";
    other_socket_.unix_path = folder_ + "/o.sock";
  }
  ~TopologyStreamTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<TopologyServer> serve(TopologyServerOptions options) {
    auto server = TopologyServer::start(std::move(options));
    EXPECT_TRUE(server) << server.error().message;
    return server ? std::move(*server) : nullptr;
  }
  static std::unique_ptr<TopologyFollower> follow(std::vector<TopologyAddress> sources, Inbox& inbox,
                                                  std::optional<TopologyTls> tls = {}) {
    auto client = follow_topology({.sources = std::move(sources),
                                   .stream = {.name = "test", .tls = std::move(tls)},
                                   .follow = {.min_backoff = Milliseconds(20), .max_backoff = Milliseconds(100)}},
                                  inbox.events());
    EXPECT_TRUE(client) << client.error().message;
    return client ? std::move(*client) : nullptr;
  }
  TopologyTls certificate(const net::TestCa& ca, const std::string& name, const std::string& uri,
                          std::vector<std::string> peers) {
    const auto pair = ca.issue({.uris = {uri}});
    EXPECT_TRUE(pair);
    write(name + ".pem", pair->certificate);
    write(name + ".key", pair->key);
    write(name + "-ca.pem", ca.pem().certificate);
    return {.cert = folder_ + "/" + name + ".pem",
            .key = folder_ + "/" + name + ".key",
            .ca = folder_ + "/" + name + "-ca.pem",
            .trust_domain = "test",
            .peers = std::move(peers)};
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ + "/" + name) << text; }

  std::string folder_;
  Endpoint socket_;
  Endpoint other_socket_;
};

TEST_F(TopologyStreamTest, EveryFieldArrives) {
  const auto server = serve({.listen = socket_});
  server->publish(snapshot(4));
  Inbox inbox;
  const auto client = follow({socket_}, inbox);
  const auto got = inbox.wait_version(4);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->epoch, 9U);
  EXPECT_EQ(got->nodes, snapshot(4)->nodes);
  EXPECT_EQ(got->links, snapshot(4)->links);
  EXPECT_EQ(got->problems, snapshot(4)->problems);
  EXPECT_EQ(client->state(), TopologyState::kLive);
}

TEST_F(TopologyStreamTest, LaterVersionsFollow) {
  const auto server = serve({.listen = socket_});
  Inbox inbox;
  const auto client = follow({socket_}, inbox);
  for (std::uint64_t version = 1; version <= 200; ++version) server->publish(snapshot(version));
  EXPECT_TRUE(inbox.wait_version(200));  // some in between may be skipped, the newest never
}

TEST_F(TopologyStreamTest, ALostSourceIsStaleUntilTheNextOneAnswers) {
  auto first = serve({.listen = socket_});
  first->publish(snapshot(1));
  Inbox inbox;
  const auto client = follow({socket_, other_socket_}, inbox);
  ASSERT_TRUE(inbox.wait_version(1));
  first.reset();
  ASSERT_TRUE(inbox.wait_state(TopologyState::kStale));
  const auto second = serve({.listen = other_socket_});
  second->publish(snapshot(2));
  ASSERT_TRUE(inbox.wait_version(2));
  EXPECT_TRUE(inbox.wait_state(TopologyState::kLive));
}

// pathwise-frr without its FRR: what it published is old, and there may be a better source.
TEST_F(TopologyStreamTest, AWithdrawnTopologyIsStaleAtTheWatchersAndNotGivenToOthers) {
  const auto first = serve({.listen = socket_});
  first->publish(snapshot(1));
  Inbox inbox;
  const auto client = follow({socket_, other_socket_}, inbox);
  ASSERT_TRUE(inbox.wait_version(1));
  first->withdraw("no session with zebra");
  ASSERT_TRUE(inbox.wait_state(TopologyState::kStale));
  EXPECT_TRUE(inbox.wait_detail("no session with zebra"));
  Inbox late;
  const auto other = follow({socket_}, late);
  EXPECT_TRUE(late.wait_detail("no session with zebra"));
  EXPECT_FALSE(late.received());
  const auto second = serve({.listen = other_socket_});
  second->publish(snapshot(2));
  ASSERT_TRUE(inbox.wait_version(2));
  first->publish(snapshot(3));
  EXPECT_TRUE(late.wait_version(3));
}

TEST_F(TopologyStreamTest, AFileStandsInForAStream) {
  const std::string file = folder_ + "/topology.json";
  ASSERT_TRUE(save_topology_json(*snapshot(7), file));
  Inbox inbox;
  const auto client = follow({socket_, TopologyFile{file}}, inbox);
  ASSERT_TRUE(inbox.wait_version(7));
  EXPECT_TRUE(inbox.wait_detail("file " + file));
}

TEST_F(TopologyStreamTest, OneWatcherTooManyIsRefused) {
  const auto server = serve({.listen = socket_, .max_watchers = 1});
  server->publish(snapshot(1));
  Inbox first;
  const auto one = follow({socket_}, first);
  ASSERT_TRUE(first.wait_version(1));
  Inbox second;
  const auto two = follow({socket_}, second);
  EXPECT_TRUE(second.wait_detail("too many topology watchers"));
  EXPECT_FALSE(second.received());
}

TEST_F(TopologyStreamTest, TcpWithoutTlsMustBeAskedForByName) {
  const Endpoint tcp{.host = "127.0.0.1", .port = 0, .unix_path = {}};
  EXPECT_THAT(TopologyServer::start({.listen = tcp}).error().message, HasSubstr("needs tls"));
  EXPECT_THAT(follow_topology({.sources = {tcp}}, {}).error().message, HasSubstr("needs tls"));
  EXPECT_TRUE(TopologyServer::start({.listen = tcp, .insecure = true}));
  EXPECT_THAT(follow_topology({.sources = {}}, {}).error().message, HasSubstr("no source"));
}

TEST_F(TopologyStreamTest, ALiveSocketIsNotTaken) {
  const auto server = serve({.listen = socket_});
  const auto second = TopologyServer::start({.listen = socket_});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another pathwise-frr answers on it"));
}

TEST_F(TopologyStreamTest, APortInUseIsAnError) {
  const Endpoint tcp{.host = "127.0.0.1", .port = 0, .unix_path = {}};
  const auto first = serve({.listen = tcp, .insecure = true});
  ASSERT_TRUE(first);
  Endpoint same = tcp;
  same.port = first->port();
  const auto second = TopologyServer::start({.listen = same, .insecure = true});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("cannot listen on 127.0.0.1:"));
}

class TopologyTlsTest : public TopologyStreamTest {
 protected:
  TopologyTlsTest() : ca_(std::move(*net::TestCa::create("test CA"))) {
    server_ = serve({.listen = {.host = "127.0.0.1", .port = 0, .unix_path = {}},
                     .tls = certificate(ca_, "server", "spiffe://test/node/r1/frr", {"site/*/te"})});
    if (!server_) throw std::runtime_error("no server");
    server_->publish(snapshot(1));
    address_ = {.host = "127.0.0.1", .port = server_->port(), .unix_path = {}};
  }
  net::TestCa ca_;
  std::unique_ptr<TopologyServer> server_;
  Endpoint address_;
};

// The certificates name no host and no address: the SPIFFE id is what counts.
TEST_F(TopologyTlsTest, PeersOfTheTrustDomainTalk) {
  Inbox inbox;
  const auto client = follow({address_}, inbox, certificate(ca_, "te", "spiffe://test/site/x/te", {"node/*/frr"}));
  EXPECT_TRUE(inbox.wait_version(1));
}

TEST_F(TopologyTlsTest, TheServerRefusesAnIdentityItDoesNotKnow) {
  Inbox inbox;
  const auto client = follow({address_}, inbox, certificate(ca_, "x", "spiffe://test/site/x/guest", {"node/*/frr"}));
  EXPECT_TRUE(inbox.wait_detail("127.0.0.1:"));
  EXPECT_FALSE(inbox.received());
}

TEST_F(TopologyTlsTest, TheClientRefusesAServerThatIsSomebodyElse) {
  Inbox inbox;
  const auto client = follow({address_}, inbox, certificate(ca_, "te", "spiffe://test/site/x/te", {"pce"}));
  EXPECT_TRUE(inbox.wait_detail("no connection"));
  EXPECT_FALSE(inbox.received());
}

TEST_F(TopologyTlsTest, ASourceThatIsNotThereIsNamedWithTheReason) {
  server_.reset();
  Inbox inbox;
  const auto client = follow({address_}, inbox, certificate(ca_, "te", "spiffe://test/site/x/te", {"node/*/frr"}));
  EXPECT_TRUE(inbox.wait_detail("no connection: "));
  EXPECT_TRUE(inbox.wait_detail("Connection refused"));
}

// gRPC's own lines go to our log, and so not to stderr as they are.
TEST_F(TopologyTlsTest, TheLogOfGrpcIsOurs) {
  route_grpc_log();
  testing::internal::CaptureStderr();
  EXPECT_FALSE(TopologyServer::start({.listen = address_, .insecure = true}));  // it dumps an error
  EXPECT_THAT(testing::internal::GetCapturedStderr(), Not(HasSubstr("chttp2")));
  log::set_level(log::Level::kDebug);
  testing::internal::CaptureStderr();
  EXPECT_FALSE(TopologyServer::start({.listen = address_, .insecure = true}));
  log::set_level(log::Level::kInfo);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("level=debug module=grpc"));
}

TEST_F(TopologyTlsTest, AnotherAuthorityIsRefused) {
  const net::TestCa other = std::move(*net::TestCa::create("other CA"));
  TopologyTls files = certificate(other, "te", "spiffe://test/site/x/te", {});
  write("te-ca.pem", ca_.pem().certificate);  // it trusts the server, but the server not it
  Inbox inbox;
  const auto client = follow({address_}, inbox, files);
  EXPECT_TRUE(inbox.wait_detail("127.0.0.1:"));
  EXPECT_FALSE(inbox.received());
}

TEST_F(TopologyTlsTest, AMissingFileIsNamed) {
  TopologyTls files = certificate(ca_, "te", "spiffe://test/site/x/te", {});
  files.key = folder_ + "/nowhere.key";
  const auto server =
      TopologyServer::start({.listen = {.host = "127.0.0.1", .port = 0, .unix_path = {}}, .tls = files});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("nowhere.key"));
}

}  // namespace
}  // namespace pathwise::te
