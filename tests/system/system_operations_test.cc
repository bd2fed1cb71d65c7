// SPDX-License-Identifier: Apache-2.0
// What an operator does to a router: start, reload, stop, misconfigure, and who may talk to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <future>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "base/process.h"
#include "fabric_lab.h"
#include "net/listen.h"
#include "net/tls.h"

namespace pathwise::test {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

// Answers "held…" with a stream whose end waits for the gate, anything else at once.
ScriptedRuntime::Script hold_streams(Gate& gate) {
  return [&gate](Connection& connection, const Connection::Message& request) {
    if (!request.header("x-request-id").starts_with("held")) return reply_with("{}")(connection, request);
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    gate.wait();
    connection.send("4\r\nlast\r\n0\r\n\r\n");
  };
}

TEST(Operations, ReloadDropsNoStreamAndABadFileChangesNothing) {
  Gate gate;
  ScriptedRuntime runtime(hold_streams(gate));
  const Gate::Opener opener(gate);
  FabricLab lab({{"pune", "IN", {}}, {"mumbai", "IN", {runtime.port()}}});
  lab.start();
  Connection client = lab.connect("pune");
  client.send(FabricLab::chat("x-request-id: held-1\r\n"));
  client.receive_until("first");

  constexpr std::string_view kOther = "pw-k2-secret-of-globex";
  const auto status_with = [&](std::string_view key) {
    Connection other = lab.connect("pune");
    other.send(FabricLab::chat("", FabricLab::kBody, key));
    return other.receive_message().status();
  };
  EXPECT_EQ(status_with(kOther), 401);
  lab.write_fabric(formatted("  globex: {{keys: [{{id: k2, scrypt: \"{}\"}}], tiers: [batch], default_tier: batch}}\n",
                             FabricLab::hashed(kOther)));
  for (const char* site : {"pune", "mumbai"}) lab.router(site).signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return status_with(kOther) == 200; }));

  lab.write_fabric("  broken: {tires: [batch]}\n");
  lab.router("pune").signal(SIGHUP);
  EXPECT_TRUE(eventually(
      [&] { return lab.admin("pune", "/metrics").body.contains("pathwise_reloads_total{result=\"failed\"} 1"); }));
  EXPECT_EQ(status_with(kOther), 200);
  EXPECT_THAT(read_file(lab.path("pune/log"), 1 << 20).value_or(""), HasSubstr("tires"));

  gate.open();
  EXPECT_THAT(client.receive_until("last\r\n0\r\n\r\n"), HasSubstr("5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n"));
}

TEST(Operations, ABudgetIsPaidWhereTheRequestEntersAndOutlivesAReload) {
  ScriptedRuntime runtime(reply_with("{}"));
  FabricLab lab({{"pune", "IN", {}}, {"mumbai", "IN", {runtime.port()}}});
  constexpr std::string_view kBounded = "pw-k2-secret-of-globex";
  lab.write_fabric(formatted(
      "  globex: {{keys: [{{id: k2, scrypt: \"{}\"}}], tiers: [batch], default_tier: batch, tokens_per_minute: 1k}}\n",
      FabricLab::hashed(kBounded)));
  lab.start();
  const auto ask = [&](const std::string& site) {
    Connection client = lab.connect(site);
    client.send(FabricLab::chat("", R"({"model":"llama","messages":[],"max_tokens":900})", kBounded));
    return client.receive_message();
  };
  EXPECT_EQ(ask("pune").status(), 200);
  EXPECT_EQ(ask("pune").status(), 429);
  lab.router("pune").signal(SIGHUP);
  EXPECT_TRUE(eventually(
      [&] { return lab.admin("pune", "/metrics").body.contains("pathwise_reloads_total{result=\"ok\"} 1"); }));
  const auto refused = ask("pune");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_FALSE(refused.header("retry-after").empty());
  EXPECT_EQ(ask("mumbai").status(), 200) << "which served a request of pune's and charged nothing for it";
  EXPECT_EQ(ask("mumbai").status(), 429);
  EXPECT_EQ(runtime.requests(), 2);
}

TEST(Operations, TermFinishesStreamsAndExitsWithZero) {
  Gate gate;
  ScriptedRuntime runtime(hold_streams(gate));
  const Gate::Opener opener(gate);
  FabricLab lab({{"mumbai", "IN", {runtime.port()}}});
  lab.start();
  Connection client = lab.connect("mumbai");
  client.send(FabricLab::chat("x-request-id: held-1\r\n"));
  client.receive_until("first");
  Connection half = lab.connect("mumbai");
  half.send("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n");
  lab.router("mumbai").signal(SIGTERM);
  EXPECT_TRUE(half.closed_by_peer()) << "nobody waits for the rest of it";
  // No new connections; a refused connect or an immediate end are both right.
  EXPECT_TRUE(eventually([&] {
    try {
      Connection late = lab.connect("mumbai");
      late.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
      return !late.receive_message().ok();
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  gate.open();
  EXPECT_THAT(client.receive_until("last\r\n0\r\n\r\n"), HasSubstr("last"));
  EXPECT_EQ(lab.router("mumbai").wait(), 0);
}

TEST(Operations, AnUnusedRouterStopsAtOnce) {
  FabricLab lab({{"pune", "IN", {}}, {"mumbai", "IN", {}}});
  lab.start();
  lab.router("pune").signal(SIGTERM);
  EXPECT_EQ(lab.router("pune").wait(), 0);
}

TEST(Operations, CheckNamesEveryMistake) {
  FabricLab lab({{"pune", "IN", {}}, {"mumbai", "IN", {}}});
  const auto check = [&] {
    return run_to_end({program("pathwise-router"), "--config", lab.node_file("pune"), "--check"},
                      lab.path("check.log"));
  };
  Finished good = check();
  EXPECT_EQ(good.status, 0) << good.output;
  EXPECT_THAT(good.output, HasSubstr("good; site pune"));
  lab.write_fabric("  globex: {keys: [], tiers: [gold], default_tier: batch, color: 3}\n");
  Finished bad = check();
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.output, HasSubstr("fabric.yaml:"));
  EXPECT_THAT(bad.output, HasSubstr("gold"));
  EXPECT_THAT(bad.output, HasSubstr("color"));
  EXPECT_EQ(run_to_end({program("pathwise-router"), "--nonsense"}, lab.path("check.log")).status, 2);
}

TEST(Operations, APortInUseIsNamed) {
  FabricLab lab({{"pune", "IN", {}}});
  lab.start();
  const Finished second =
      run_to_end({program("pathwise-router"), "--config", lab.node_file("pune")}, lab.path("second.log"));
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.output, HasSubstr("127.0.0.1:18081"));
}

TEST(Operations, WithoutTeTheLocalSiteServesAndReadinessTellsWhy) {
  ScriptedRuntime runtime(reply_with("{}"));
  FabricLab lab({{"pune", "IN", {runtime.port()}}, {"mumbai", "IN", {runtime.port()}}});
  for (const char* tier : {"realtime", "batch"}) lab.set_rtt("pune", "mumbai", tier, -1);
  lab.start();
  Connection client = lab.connect("pune");
  client.send(FabricLab::chat());
  EXPECT_EQ(client.receive_message().header("x-pathwise-site"), "pune");
  lab.kill_router("mumbai");
  EXPECT_TRUE(
      eventually([&] { return Json::parse(lab.admin("pune", "/ready").body)["degraded"].dump().contains("mumbai"); }));
  EXPECT_EQ(lab.admin("pune", "/ready").status(), 200);
}

TEST(Operations, TeIsToldWhatPolicyWants) {
  FabricLab lab({{"pune", "IN", {}}, {"mumbai", "IN", {}}});
  lab.start();
  ASSERT_TRUE(eventually([&] { return !lab.intents("pune").empty(); }));
  const te::TeIntent first = lab.intents("pune").front();
  EXPECT_EQ(first.site, SiteName{"pune"});
  EXPECT_EQ(first.peers.size(), 2u);
  lab.router("pune").signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return lab.intents("pune").back().revision == first.revision + 1; }));
}

// One request over TLS with the given certificate; what came back, empty if the router closed.
std::string ask_as(FabricLab& lab, const std::string& name, const std::string& request) {
  net::asio::io_context io{1};
  const auto context = net::TlsContext::create({lab.path(name + ".pem"), lab.path(name + ".key"), lab.path("ca.pem")},
                                               net::TlsRole::kClient, "fabric.test", {"http/1.1"});
  if (!context) return "no context: " + context.error().message;
  std::string received;
  const auto talk = [&]() -> net::Awaitable<void> {
    auto socket =
        co_await net::connect_tcp(io, std::nullopt, {.host = "fd00:1:a::1", .port = 8443}, std::chrono::seconds{5});
    if (!socket) co_return;
    net::TlsStream tls(std::move(*socket), **context);
    if (!co_await tls.handshake(std::chrono::seconds{5})) co_return;
    if (!co_await tls.write(request)) co_return;
    std::array<char, 8192> buffer;
    const auto count = co_await tls.read_some(buffer);
    if (count) received.assign(buffer.data(), *count);
  };
  net::asio::co_spawn(io.get_executor(), talk(), net::asio::detached);
  io.run_for(kPatience);
  return received;
}

TEST(Operations, PeersAreBelievedByTheirCertificateOnly) {
  ScriptedRuntime runtime(reply_with("{}"));
  FabricLab lab({{"mumbai", "IN", {runtime.port()}}, {"dubai", "AE", {}}});
  lab.start();
  const std::string forwarded = formatted(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\nx-pathwise-tenant: acme\r\n"
      "x-pathwise-tier: realtime\r\nx-pathwise-model: llama\r\nx-pathwise-hop: 1\r\n\r\n{}",
      FabricLab::kBody.size(), FabricLab::kBody);
  EXPECT_THAT(ask_as(lab, "dubai", forwarded), HasSubstr("200 OK"));
  EXPECT_EQ(ask_as(lab, "stranger", forwarded), "") << "a te is no router";
  // A client that says it is a peer is a client without a key.
  Connection client = lab.connect("mumbai");
  client.send(forwarded);
  EXPECT_EQ(client.receive_message().status(), 401);

  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = forwarded;
    text.replace(text.find(from), from.size(), to);
    return ask_as(lab, "dubai", text);
  };
  EXPECT_THAT(with("hop: 1", "hop: 3"), HasSubstr("400"));
  EXPECT_THAT(with("hop: 1", "hop: 1abc"), HasSubstr("bad_hop"));
  EXPECT_THAT(with("tenant: acme", "tenant: nobody"), HasSubstr("403"));
  EXPECT_THAT(with("tier: realtime", "tier: gold"), HasSubstr("400"));
  EXPECT_THAT(with("x-pathwise-model: llama", "x-pathwise-model: other"), HasSubstr("404"));
  for (const std::string_view again : {"x-pathwise-tenant: acme", "x-pathwise-tier: batch", "x-pathwise-hop: 1"}) {
    EXPECT_THAT(with("hop: 1", formatted("hop: 1\r\n{}", again)), HasSubstr("repeated_header")) << again;
  }
}

TEST(Operations, TheReceiverJudgesResidencyItself) {
  ScriptedRuntime runtime(reply_with("{}"));
  FabricLab lab({{"dubai", "AE", {runtime.port()}}, {"mumbai", "IN", {}}});
  lab.start();
  const std::string answer =
      ask_as(lab, "mumbai",
             "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n"
             "x-pathwise-tenant: acme\r\nx-pathwise-tier: realtime\r\nx-pathwise-model: llama\r\n"
             "x-pathwise-labels: team=x\r\nx-pathwise-labels: data=personal-in\r\nx-pathwise-hop: 1\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("429"));
  EXPECT_THAT(answer, HasSubstr("x-pathwise-refused: residency")) << "before the body is sent";
  EXPECT_EQ(runtime.requests(), 0);
}

}  // namespace
}  // namespace pathwise::test
