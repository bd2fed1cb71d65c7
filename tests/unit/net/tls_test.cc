// SPDX-License-Identifier: Apache-2.0
// Real handshakes over loopback, with a test authority.
#include "net/tls.h"

#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "base/process.h"
#include "net/listen.h"
#include "net/test_ca.h"

namespace pathwise::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kDeadline{20};
constexpr std::chrono::seconds kHandshake{10};
const std::string kMumbai = "spiffe://fabric.example/site/mumbai/router";
const std::string kDubai = "spiffe://fabric.example/site/dubai/router";

class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::testing::TempDir() + "pathwise-tls-" + std::to_string(::getpid()) + "/";
    std::filesystem::create_directories(directory_);
    ca_ = std::make_unique<TestCa>(*TestCa::create("test"));
    ASSERT_TRUE(write_file_atomically(directory_ + "ca.pem", ca_->pem().certificate));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // Writes NAME.pem and NAME.key.
  TlsFiles issue(const std::string& name, const CertificateRequest& request, const TestCa* authority = nullptr) {
    const auto pem = (authority == nullptr ? *ca_ : *authority).issue(request);
    EXPECT_TRUE(pem) << pem.error().message;
    EXPECT_TRUE(write_file_atomically(directory_ + name + ".pem", pem->certificate));
    EXPECT_TRUE(write_file_atomically(directory_ + name + ".key", pem->key, 0600));
    return {directory_ + name + ".pem", directory_ + name + ".key", directory_ + "ca.pem"};
  }
  static std::shared_ptr<TlsContext> context(const TlsFiles& files, TlsRole role,
                                             std::vector<std::string> alpn = {"http/1.1"},
                                             const std::string& trust_domain = "fabric.example") {
    auto made = TlsContext::create(files, role, trust_domain, std::move(alpn));
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : nullptr;
  }

  struct Side {
    std::optional<Result<void>> handshake;
    std::optional<Result<std::size_t>> read;
    std::string data, peer, alpn;
  };
  // One side: handshake, send `sent`, read once.
  static Awaitable<void> talk(TlsStream& stream, std::string sent, Side& side) {
    side.handshake = co_await stream.handshake(kHandshake);
    if (!*side.handshake) {
      stream.close();
      co_return;
    }
    side.peer = stream.peer().to_string();
    side.alpn = stream.alpn();
    std::array<char, 256> buffer{};
    static_cast<void>(co_await stream.write(sent));
    side.read = co_await stream.read_some(buffer);
    if (*side.read) side.data.assign(buffer.data(), **side.read);
    stream.close();
  }

  // Two connected sockets on `io`.
  static std::pair<TcpSocket, TcpSocket> connected(asio::io_context& io) {
    auto acceptor = listen_tcp(io, {.host = "127.0.0.1"});
    EXPECT_TRUE(acceptor) << acceptor.error().message;
    TcpSocket client(io);
    client.connect(acceptor->local_endpoint());
    TcpSocket server(io);
    acceptor->non_blocking(false);
    acceptor->accept(server);
    return {std::move(client), std::move(server)};
  }

  struct Outcome {
    Side client, server;
  };
  static Outcome meet(const TlsContext& client_context, const TlsContext& server_context) {
    asio::io_context io(1);
    Outcome outcome;
    auto [client_socket, server_socket] = connected(io);
    TlsStream client(std::move(client_socket), client_context);
    TlsStream server(std::move(server_socket), server_context);
    asio::co_spawn(io.get_executor(), talk(client, "from client", outcome.client), asio::detached);
    asio::co_spawn(io.get_executor(), talk(server, "from server", outcome.server), asio::detached);
    io.run_for(kDeadline);
    return outcome;
  }
  // A client whose certificate was made by `request`, and a proper server.
  Outcome meet_client(const CertificateRequest& request, const TestCa* authority = nullptr) {
    const auto client = context(issue("client", request, authority), TlsRole::kClient);
    const auto server = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer);
    return client && server ? meet(*client, *server) : Outcome{};
  }
  static std::string handshake_error(const Side& side) {
    if (!side.handshake) return "never ended";
    return *side.handshake ? "good" : side.handshake->error().message;
  }

  std::string directory_;
  std::unique_ptr<TestCa> ca_;
};

TEST_F(Tls, BothSidesKnowEachOther) {
  const Outcome outcome = meet_client({.uris = {kDubai}});
  EXPECT_EQ(handshake_error(outcome.client), "good");
  EXPECT_EQ(handshake_error(outcome.server), "good");
  EXPECT_EQ(outcome.client.peer, kMumbai);
  EXPECT_EQ(outcome.server.peer, kDubai);
  EXPECT_EQ(outcome.client.alpn, "http/1.1");
  EXPECT_EQ(outcome.server.alpn, "http/1.1");
  EXPECT_EQ(outcome.client.data, "from server");
  EXPECT_EQ(outcome.server.data, "from client");
}

TEST_F(Tls, AnotherAuthorityIsRefused) {
  auto other = TestCa::create("other");
  ASSERT_TRUE(other);
  const Outcome outcome = meet_client({.uris = {kDubai}}, &*other);
  ASSERT_TRUE(outcome.server.handshake);
  ASSERT_FALSE(*outcome.server.handshake);
  EXPECT_EQ(outcome.server.handshake->error().code, ErrorCode::kUnauthenticated);
  EXPECT_THAT(handshake_error(outcome.server), AllOf(HasSubstr("peer 127.0.0.1:"), HasSubstr("issuer certificate")));
  // The client learns of it with its first read: TLS 1.3.
  ASSERT_TRUE(outcome.client.read);
  EXPECT_FALSE(*outcome.client.read);
}

TEST_F(Tls, AServerOfAnotherAuthorityIsRefused) {
  auto other = TestCa::create("other");
  ASSERT_TRUE(other);
  const auto client = context(issue("client", {.uris = {kDubai}}), TlsRole::kClient);
  const auto server = context(issue("server", {.uris = {kMumbai}}, &*other), TlsRole::kServer);
  const Outcome outcome = meet(*client, *server);
  EXPECT_THAT(handshake_error(outcome.client), HasSubstr("issuer certificate"));
  EXPECT_NE(handshake_error(outcome.server), "good");
}

// Our own contexts refuse to load a certificate without exactly one proper identity, so a peer that
// has one is plain OpenSSL, on a thread of its own.
class StrangeClient {
 public:
  StrangeClient(const PemPair& pem, int max_version) : context_(SSL_CTX_new(TLS_client_method())) {
    BIO* certificate = BIO_new_mem_buf(pem.certificate.data(), static_cast<int>(pem.certificate.size()));
    BIO* key = BIO_new_mem_buf(pem.key.data(), static_cast<int>(pem.key.size()));
    X509* parsed = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    EVP_PKEY* parsed_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context_, parsed);
    SSL_CTX_use_PrivateKey(context_, parsed_key);
    SSL_CTX_set_max_proto_version(context_, max_version);
    X509_free(parsed);
    EVP_PKEY_free(parsed_key);
    BIO_free(certificate);
    BIO_free(key);
  }
  ~StrangeClient() { SSL_CTX_free(context_); }
  StrangeClient(const StrangeClient&) = delete;
  StrangeClient& operator=(const StrangeClient&) = delete;
  // Blocking: until the server ends it.
  void run(int fd) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    char byte = 0;
    if (SSL_connect(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1) SSL_shutdown(ssl);
    SSL_free(ssl);
  }

 private:
  SSL_CTX* context_;
};

class StrangeClients : public Tls {
 protected:
  // What the server says of a client with such a certificate.
  std::string refusal(const CertificateRequest& request, int max_version = TLS1_3_VERSION) {
    const auto server_context = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer, {});
    const auto pem = ca_->issue(request);
    if (!pem || server_context == nullptr) return "no set-up";
    asio::io_context io(1);
    auto [client_socket, server_socket] = connected(io);
    client_socket.native_non_blocking(false);
    Side side;
    TlsStream server(std::move(server_socket), *server_context);
    asio::co_spawn(io.get_executor(), talk(server, "x", side), asio::detached);
    StrangeClient client(*pem, max_version);
    const std::jthread thread([&client, fd = client_socket.native_handle()] { client.run(fd); });
    io.run_for(kDeadline);
    return handshake_error(side);
  }
};

TEST_F(StrangeClients, AProperOneIsAccepted) {
  EXPECT_EQ(refusal({.uris = {kDubai}}), "good");
}
TEST_F(StrangeClients, AnotherTrustDomainIsRefused) {
  EXPECT_THAT(refusal({.uris = {"spiffe://evil.example/site/dubai/router"}}),
              HasSubstr("is not of trust domain fabric.example"));
}
TEST_F(StrangeClients, NoUriIsRefused) {
  EXPECT_THAT(refusal({.dns_names = {"dubai.example"}}), HasSubstr("has 0 URI names"));
}
TEST_F(StrangeClients, TwoUrisAreRefused) {
  EXPECT_THAT(refusal({.uris = {kDubai, kMumbai}}), HasSubstr("has 2 URI names"));
}
TEST_F(StrangeClients, AUriThatIsNoSpiffeIdIsRefused) {
  EXPECT_THAT(refusal({.uris = {"https://dubai.example/"}}), HasSubstr("is not a SPIFFE id"));
}
TEST_F(StrangeClients, Tls12IsRefused) {
  EXPECT_THAT(refusal({.uris = {kDubai}}, TLS1_2_VERSION), HasSubstr("unsupported protocol"));
}

TEST_F(Tls, AServerOfAnotherTrustDomainIsRefused) {
  const auto client = context(issue("client", {.uris = {kDubai}}), TlsRole::kClient);
  const auto server = context(issue("server", {.uris = {"spiffe://evil.example/site/mumbai/router"}}), TlsRole::kServer,
                              {"http/1.1"}, "evil.example");
  const Outcome outcome = meet(*client, *server);
  EXPECT_THAT(handshake_error(outcome.client), HasSubstr("is not of trust domain fabric.example"));
  EXPECT_NE(handshake_error(outcome.server), "good");
}

TEST_F(Tls, AnExpiredCertificateIsRefused) {
  const Outcome outcome =
      meet_client({.uris = {kDubai}, .begins = std::chrono::hours{-2}, .ends = std::chrono::hours{-1}});
  EXPECT_THAT(handshake_error(outcome.server), HasSubstr("certificate has expired"));
}

// Our own files are held to the same rules.
TEST_F(Tls, OwnCertificatesWithoutExactlyOneSpiffeIdAreRefused) {
  const auto refusal = [&](const CertificateRequest& request) {
    const auto made = TlsContext::create(issue("own", request), TlsRole::kClient, "fabric.example", {});
    return made ? "accepted" : made.error().message;
  };
  EXPECT_THAT(refusal({.dns_names = {"router.example"}}), AllOf(HasSubstr("own.pem"), HasSubstr("has 0 URI names")));
  EXPECT_THAT(refusal({.uris = {kDubai, kMumbai}}), HasSubstr("has 2 URI names"));
  EXPECT_THAT(refusal({.uris = {"https://fabric.example/"}}), HasSubstr("is not a SPIFFE id"));
  EXPECT_THAT(refusal({.uris = {"spiffe://evil.example/pce"}}), HasSubstr("is not of trust domain fabric.example"));
}

TEST_F(Tls, FilesThatAreWrongAreNamed) {
  const TlsFiles good = issue("good", {.uris = {kDubai}});
  const TlsFiles other = issue("other", {.uris = {kDubai}});
  const auto refusal = [](const TlsFiles& files) {
    const auto made = TlsContext::create(files, TlsRole::kClient, "fabric.example", {});
    return made ? "accepted" : made.error().message;
  };
  EXPECT_EQ(refusal(good), "accepted");
  EXPECT_THAT(refusal({directory_ + "none.pem", good.key, good.ca}), HasSubstr("none.pem"));
  EXPECT_THAT(refusal({good.key, good.key, good.ca}), HasSubstr("good.key: no certificate in it"));
  EXPECT_THAT(refusal({good.cert, good.cert, good.ca}), HasSubstr("good.pem: no private key in it"));
  EXPECT_THAT(refusal({good.cert, other.key, good.ca}), HasSubstr("other.key: not the key of the certificate"));
  ASSERT_TRUE(write_file_atomically(directory_ + "junk.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n"));
  EXPECT_THAT(refusal({good.cert, good.key, directory_ + "junk.pem"}), HasSubstr("junk.pem"));
}

TEST_F(Tls, NoCommonProtocolIsRefused) {
  const auto client = context(issue("client", {.uris = {kDubai}}), TlsRole::kClient, {"h2"});
  const auto server = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer, {"http/1.1"});
  const Outcome outcome = meet(*client, *server);
  EXPECT_THAT(handshake_error(outcome.client), HasSubstr("no application protocol"));
}

TEST_F(Tls, TheServersOrderOfProtocolsCounts) {
  const auto client = context(issue("client", {.uris = {kDubai}}), TlsRole::kClient, {"http/1.1", "pathwise-fabric/1"});
  const auto server =
      context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer, {"pathwise-fabric/1", "http/1.1"});
  EXPECT_EQ(meet(*client, *server).server.alpn, "pathwise-fabric/1");
}

TEST_F(Tls, PlainTextOnATlsPortIsRefused) {
  const auto server = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer);
  asio::io_context io(1);
  Side side;
  auto [client, server_socket] = connected(io);
  TlsStream stream(std::move(server_socket), *server);
  asio::co_spawn(io.get_executor(), talk(stream, "x", side), asio::detached);
  asio::write(client, asio::buffer(std::string_view("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
  io.run_for(kDeadline);
  ASSERT_TRUE(side.handshake);
  ASSERT_FALSE(*side.handshake);
  EXPECT_EQ(side.handshake->error().code, ErrorCode::kUnauthenticated);
  EXPECT_THAT(handshake_error(side), HasSubstr("http request"));
}

TEST_F(Tls, ASilentPeerTimesOut) {
  const auto server = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer);
  asio::io_context io(1);
  auto [client, server_socket] = connected(io);
  TlsStream stream(std::move(server_socket), *server);
  std::optional<Result<void>> done;
  asio::co_spawn(
      io.get_executor(), [&]() -> Awaitable<void> { done = co_await stream.handshake(std::chrono::milliseconds(30)); },
      asio::detached);
  io.run_for(kDeadline);
  ASSERT_TRUE(done);
  ASSERT_FALSE(*done);
  EXPECT_EQ(done->error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(done->error().message, AllOf(HasSubstr("peer 127.0.0.1:"), HasSubstr("30ms")));
}

TEST_F(Tls, APeerThatLeavesDuringTheHandshakeIsUnavailable) {
  const auto server = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer);
  asio::io_context io(1);
  Side side;
  auto [client, server_socket] = connected(io);
  TlsStream stream(std::move(server_socket), *server);
  asio::co_spawn(io.get_executor(), talk(stream, "x", side), asio::detached);
  client.close();
  io.run_for(kDeadline);
  ASSERT_TRUE(side.handshake && !*side.handshake);
  EXPECT_EQ(side.handshake->error().code, ErrorCode::kUnavailable);
}

TEST_F(Tls, AMegabyteEachWayAtOnce) {
  const auto client_context = context(issue("client", {.uris = {kDubai}}), TlsRole::kClient);
  const auto server_context = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer);
  asio::io_context io(1);
  auto [client_socket, server_socket] = connected(io);
  TlsStream client(std::move(client_socket), *client_context);
  TlsStream server(std::move(server_socket), *server_context);
  const std::string sent(1U << 20, 'x');
  std::array<std::string, 2> got;
  const auto read_all = [](TlsStream& stream, std::size_t size, std::string& into) -> Awaitable<void> {
    std::array<char, 40'000> buffer{};
    while (into.size() < size) {
      const auto count = co_await stream.read_some(buffer);
      if (!count || *count == 0) co_return;
      into.append(buffer.data(), *count);
    }
  };
  // Reader and writer of one stream wait at the same time.
  const auto run = [&](TlsStream& stream, std::string& into) -> Awaitable<void> {
    if (!co_await stream.handshake(kHandshake)) co_return;
    asio::co_spawn(io.get_executor(), read_all(stream, sent.size(), into), asio::detached);
    static_cast<void>(co_await stream.write(sent));
  };
  asio::co_spawn(io.get_executor(), run(client, got[0]), asio::detached);
  asio::co_spawn(io.get_executor(), run(server, got[1]), asio::detached);
  io.run_for(kDeadline);
  EXPECT_EQ(got[0], sent);
  EXPECT_EQ(got[1], sent);
}

TEST_F(Tls, CloseNotifyReadsAsZeroAndACutDoesNot) {
  const auto client_context = context(issue("client", {.uris = {kDubai}}), TlsRole::kClient);
  const auto server_context = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer);
  for (const bool polite : {true, false}) {
    asio::io_context io(1);
    auto [client_socket, server_socket] = connected(io);
    TlsStream client(std::move(client_socket), *client_context);
    TlsStream server(std::move(server_socket), *server_context);
    std::optional<Result<std::size_t>> read;
    const auto leave = [&]() -> Awaitable<void> {
      const auto done = co_await client.handshake(kHandshake);
      if (polite) {
        client.close();
      } else {
        client.socket().close();
      }
      EXPECT_TRUE(done);
    };
    const auto listen = [&]() -> Awaitable<void> {
      std::array<char, 16> buffer{};
      const auto done = co_await server.handshake(kHandshake);
      if (done) read = co_await server.read_some(buffer);
    };
    asio::co_spawn(io.get_executor(), leave(), asio::detached);
    asio::co_spawn(io.get_executor(), listen(), asio::detached);
    io.run_for(kDeadline);
    ASSERT_TRUE(read) << polite;
    EXPECT_EQ(read->has_value(), polite);
    EXPECT_EQ(read->value_or(0), 0U);
  }
}

TEST_F(Tls, ReloadUsesTheNewCertificateAndKeepsTheOldOnError) {
  const TlsFiles client_files =
      issue("client", {.uris = {kDubai}, .begins = std::chrono::hours{-2}, .ends = std::chrono::hours{-1}});
  const auto client = context(client_files, TlsRole::kClient);
  const auto server = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer);
  EXPECT_NE(handshake_error(meet(*client, *server).server), "good");
  issue("client", {.uris = {kDubai}});
  ASSERT_TRUE(client->reload());
  EXPECT_EQ(handshake_error(meet(*client, *server).server), "good");

  ASSERT_TRUE(write_file_atomically(client_files.cert, "junk"));
  EXPECT_FALSE(client->reload());
  EXPECT_EQ(handshake_error(meet(*client, *server).server), "good") << "the old certificate stays";

  issue("client", {.uris = {kMumbai}});
  const auto other = client->reload();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kFailedPrecondition);
}

// What TSan is for: handshakes on several threads while another reloads.
TEST_F(Tls, ReloadWhileOtherThreadsShakeHands) {
  const auto client = context(issue("client", {.uris = {kDubai}}), TlsRole::kClient);
  const auto server = context(issue("server", {.uris = {kMumbai}}), TlsRole::kServer);
  constexpr int kThreads = 3;
  constexpr int kHandshakes = 10;
  std::atomic<int> good = 0;
  std::atomic<int> running = kThreads;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kHandshakes; ++n) {
        const Outcome outcome = meet(*client, *server);
        if (outcome.client.data == "from server" && outcome.server.data == "from client") ++good;
      }
      --running;
    });
  }
  int reloads = 0;
  while (running > 0) {
    EXPECT_TRUE(client->reload());
    EXPECT_TRUE(server->reload());
    ++reloads;
  }
  threads.clear();
  EXPECT_EQ(good, kThreads * kHandshakes);
  EXPECT_GT(reloads, 0);
}

}  // namespace
}  // namespace pathwise::net
