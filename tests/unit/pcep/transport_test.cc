// SPDX-License-Identifier: Apache-2.0
// PCC and PCE over TCP on loopback: the whole loop, reconnection, refused connections.
#include "pcep/transport/transport.h"

#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "net/test_ca.h"
#include "net/tls.h"
#include "wire_fixture.h"

namespace pathwise::pcep::test {
namespace {

namespace asio = boost::asio;

class TransportTest : public WireFixture {
 protected:
  TransportTest() {
    pcc = Pcc::create({.speaker = "pune", .pces = {{"pce1", 10}}}, {real, store, observer}).value();
    pce = std::make_unique<Pce>(
        PceOptions{},
        PceDeps{real, [this](const LspRequest& request, const Reservations& held) { return compute(request, held); }});
  }
  std::unique_ptr<Listener> listen(std::uint16_t port = 0, std::shared_ptr<net::TlsContext> tls = {}) {
    return Listener::start({io, real, [] {}},
                           {.listen = {.host = "::1", .port = port},
                            .transport = {.tls = std::move(tls)},
                            .accept = [this](const std::string& address) { return pce->accept(address); },
                            .drop = [this](Peer& peer) { pce->drop(peer); }})
        .value();
  }
  std::unique_ptr<Connector> connect(std::uint16_t port, std::shared_ptr<net::TlsContext> tls = {}) {
    return std::make_unique<Connector>(
        TransportDeps{io, real, [] {}}, pcc->peer(0),
        Connector::Options{.remote = {.host = "::1", .port = port},
                           .backoff = {.initial = 10ms, .maximum = 50ms},
                           .random = [] { return 0.5; },
                           .transport = {.tls = std::move(tls)},
                           .on_attempt = [this](const std::string& problem) { attempts.push_back(problem); }});
  }
  // Runs the loop until `done`, at most ten seconds.
  template <typename Done>
  [[nodiscard]] bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      if (io.stopped()) io.restart();
      io.run_one_for(50ms);
    }
    return done();
  }

  RealClock real;
  std::vector<std::string> attempts;  // what the connector said of each
  asio::io_context io{1};
};

TEST_F(TransportTest, TheWholeLoopOverTcp) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  const auto listener = listen();
  const auto connector = connect(listener->port());
  ASSERT_TRUE(run_until([&] { return observer.updates.size() == 1; }));
  install(0);
  ASSERT_TRUE(run_until([&] { return pce->lsps().at(0).state == Operational::kUp; }));
  EXPECT_EQ(pce->sessions().at(0).peer, "::1 (pune)");
  segments = {hop("fcbb:bb00:5::"), hop("fcbb:bb00:3::")};
  const auto start = std::chrono::steady_clock::now();
  pce->topology_changed("topology changed");
  ASSERT_TRUE(run_until([&] { return observer.updates.size() == 2; }));
  RecordProperty("update_us", static_cast<int>((std::chrono::steady_clock::now() - start) / 1us));
  EXPECT_EQ(observer.updates[1].segments, segments);
}

TEST_F(TransportTest, ConnectsAgainWhenThePceComesBack) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  auto listener = listen();
  const std::uint16_t port = listener->port();
  const auto connector = connect(port);
  ASSERT_TRUE(run_until([&] { return observer.updates.size() == 1; }));
  install(0);
  listener.reset();
  ASSERT_TRUE(run_until([&] { return !pcc->peer(0).is_up(); }));
  EXPECT_TRUE(pcc->lsps().at(0).stale);
  listener = listen(port);
  ASSERT_TRUE(run_until([&] { return pcc->peer(0).is_up() && observer.updates.size() == 2; }));
  EXPECT_FALSE(pcc->lsps().at(0).stale);
  EXPECT_TRUE(observer.withdrawn.empty());
}

TEST_F(TransportTest, EachAttemptSaysWhyItFailed) {
  auto listener = listen();
  const std::uint16_t port = listener->port();
  listener.reset();
  const auto connector = connect(port);
  ASSERT_TRUE(run_until([&] { return !attempts.empty(); }));
  EXPECT_EQ(attempts.back(), formatted("connect to [::1]:{}: Connection refused", port));
  listener = listen(port);
  ASSERT_TRUE(run_until([&] { return pcc->peer(0).is_up(); }));
  EXPECT_EQ(attempts.back(), "");
}

TEST_F(TransportTest, APortInUseIsNamed) {
  const auto listener = listen();
  const auto second = Listener::start({io, real, [] {}}, {.listen = {.host = "::1", .port = listener->port()}});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_NE(second.error().message.find(std::to_string(listener->port())), std::string::npos);
}

TEST_F(TransportTest, AStrangerThatTalksNonsenseGetsAPcErrAndIsClosed) {
  const auto listener = listen();
  asio::ip::tcp::socket stranger(io);
  stranger.connect({asio::ip::make_address("::1"), listener->port()});
  asio::write(stranger, asio::buffer("GET / HTTP/1.1\r\n\r\n", 18));
  Bytes answer(4096);
  std::size_t received = 0;
  bool closed = false;
  std::function<void()> read = [&] {
    stranger.async_read_some(asio::buffer(answer.data() + received, answer.size() - received),
                             [&](boost::system::error_code error, std::size_t size) {
                               received += size;
                               closed = static_cast<bool>(error);
                               if (!error) read();
                             });
  };
  read();
  ASSERT_TRUE(run_until([&] { return closed; }));
  ASSERT_TRUE(run_until([&] { return pce->sessions().empty(); }));
  const std::size_t open_size = message_length(ByteView(answer).first(received)).value();
  const Message error = decode_message(ByteView(answer).first(received).subspan(open_size)).value();
  EXPECT_EQ(find<ErrorObject>(error)->code, errors::kVersionNotSupported);
}

TEST_F(TransportTest, TheTimerExpiresAtItsDeadline) {
  std::optional<SteadyTime> deadline = real.now() + 20ms;
  int expired = 0;
  DeadlineTimer timer(
      io, [&] { return deadline; },
      [&] {
        ++expired;
        deadline.reset();
      });
  timer.arm();
  timer.arm();  // arming twice is arming once
  ASSERT_TRUE(run_until([&] { return expired > 0; }));
  EXPECT_GE(real.now(), SteadyTime{});
  EXPECT_EQ(expired, 1);
}

class TlsTransportTest : public TransportTest {
 protected:
  TlsTransportTest() : folder_(std::filesystem::temp_directory_path() / formatted("pathwise-pcep-{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
    write("ca.pem", ca_.pem().certificate);
  }
  ~TlsTransportTest() override { std::filesystem::remove_all(folder_); }
  std::shared_ptr<net::TlsContext> context(net::TlsRole role, const net::TestCa& issuer, std::string identity = "") {
    const bool server = role == net::TlsRole::kServer;
    if (identity.empty()) identity = server ? "pce" : "site/pune/te";
    const net::PemPair pem = issuer.issue({.uris = {"spiffe://fabric.test/" + identity}}).value();
    const std::string name = server ? "pce" : "te";
    write(name + ".pem", pem.certificate);
    write(name + ".key", pem.key);
    return net::TlsContext::create({path(name + ".pem"), path(name + ".key"), path("ca.pem")}, role, "fabric.test", {})
        .value();
  }
  std::string path(const std::string& name) { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) { std::ofstream(path(name)) << text; }
  bool comes_up_within_a_second() {
    const auto deadline = std::chrono::steady_clock::now() + 1s;
    static_cast<void>(run_until([&] { return pcc->peer(0).is_up() || std::chrono::steady_clock::now() > deadline; }));
    return pcc->peer(0).is_up();
  }
  std::filesystem::path folder_;
  net::TestCa ca_ = net::TestCa::create("fabric").value();
};

TEST_F(TlsTransportTest, TheWholeLoopOverTls) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  const auto listener = listen(0, context(net::TlsRole::kServer, ca_));
  const auto connector = connect(listener->port(), context(net::TlsRole::kClient, ca_));
  ASSERT_TRUE(run_until([&] { return observer.updates.size() == 1; }));
  install(0);
  ASSERT_TRUE(run_until([&] { return pce->lsps().at(0).state == Operational::kUp; }));
}

TEST_F(TlsTransportTest, NeitherSideTalksInTheClear) {
  {
    const auto listener = listen(0, context(net::TlsRole::kServer, ca_));
    const auto connector = connect(listener->port());
    EXPECT_FALSE(comes_up_within_a_second());
    EXPECT_NE(pcc->peer(0).last_down_reason().find("1/1"), std::string::npos) << pcc->peer(0).last_down_reason();
  }
  const auto listener = listen();
  const auto connector = connect(listener->port(), context(net::TlsRole::kClient, ca_));
  EXPECT_FALSE(comes_up_within_a_second());
  EXPECT_TRUE(pce->lsps().empty());
}

TEST_F(TlsTransportTest, AnIdentityThatIsNotForPcepIsRefused) {
  {
    const auto listener = listen(0, context(net::TlsRole::kServer, ca_));
    const auto connector = connect(listener->port(), context(net::TlsRole::kClient, ca_, "operator"));
    EXPECT_FALSE(comes_up_within_a_second());
  }
  const auto listener = listen(0, context(net::TlsRole::kServer, ca_, "node/r-pun/frr"));
  const auto connector = connect(listener->port(), context(net::TlsRole::kClient, ca_));
  EXPECT_FALSE(comes_up_within_a_second());
  ASSERT_FALSE(attempts.empty());
  EXPECT_EQ(attempts.back(), "TLS: the peer is spiffe://fabric.test/node/r-pun/frr, which is not for PCEP");
}

TEST_F(TlsTransportTest, ACertificateOfAnotherAuthorityIsRefused) {
  const net::TestCa stranger = net::TestCa::create("stranger").value();
  const auto listener = listen(0, context(net::TlsRole::kServer, ca_));
  const auto connector = connect(listener->port(), context(net::TlsRole::kClient, stranger));
  EXPECT_FALSE(comes_up_within_a_second());
  EXPECT_TRUE(pce->sessions().empty());
}

}  // namespace
}  // namespace pathwise::pcep::test
