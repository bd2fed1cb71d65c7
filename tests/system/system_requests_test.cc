// SPDX-License-Identifier: Apache-2.0
// Requests through two and three routers: bytes, tiers, residency, moving with the path's delay, refusals
// and failures on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "fabric_lab.h"

namespace pathwise::test {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

std::string site_of(FabricLab& lab, const std::string& from,
                    std::string_view headers = "x-pathwise-tier: realtime\r\n") {
  Connection client = lab.connect(from);
  client.send(FabricLab::chat(headers));
  return client.receive_message().header("x-pathwise-site");
}

TEST(System, AStreamCrossesTwoRoutersByteForByte) {
  std::string stream;
  for (int i = 0; i < 500; ++i) {
    const std::string event =
        formatted("data: {{\"n\":{},\"t\":\"{}\"}}\n\n", i, std::string(static_cast<std::size_t>(i % 97), 'x'));
    stream += formatted("{:x}\r\n{}\r\n", event.size(), event);
  }
  stream += "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
  ScriptedRuntime runtime([&](Connection& connection, const Connection::Message&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < stream.size(); at += 37) connection.send(std::string_view(stream).substr(at, 37));
  });
  FabricLab lab({{"pune", "IN", {}}, {"mumbai", "IN", {runtime.port()}}});
  lab.start();
  Connection client = lab.connect("pune");
  for (int round = 0; round < 3; ++round) {
    client.send(FabricLab::chat("x-request-id: stream-1\r\nx-pathwise-tier: realtime\r\n"));
    const auto answer = client.receive_message();
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.body, stream);
    EXPECT_EQ(answer.header("x-pathwise-site"), "mumbai");
    EXPECT_EQ(answer.header("x-pathwise-tier"), "realtime");
    EXPECT_EQ(answer.header("x-request-id"), "stream-1");
  }
  // Both routers kept the decision under the same id.
  const Json ingress = Json::parse(lab.decision("pune", "stream-1"));
  EXPECT_EQ(ingress["chosen"]["site"], "mumbai");
  EXPECT_EQ(ingress["chosen"]["path"], "underlay");
  EXPECT_DOUBLE_EQ(ingress["alternatives"][0]["terms"]["rtt_ms"], 10);
  EXPECT_EQ(ingress["outcome"]["bytes"], stream.size());
  const Json receiver = Json::parse(lab.decision("mumbai", "stream-1"));
  EXPECT_EQ(receiver["from_peer"], "pune");
  EXPECT_EQ(receiver["request"]["tenant"], "acme");
}

TEST(System, LargeBodiesWaitForConsentAndArriveWhole) {
  std::promise<std::string> seen;
  ScriptedRuntime runtime([&](Connection& connection, const Connection::Message& request) {
    seen.set_value(request.body);
    reply_with("{}")(connection, request);
  });
  FabricLab lab({{"pune", "IN", {}}, {"mumbai", "IN", {runtime.port()}}});
  lab.start();
  Connection client = lab.connect("pune");
  // 32k characters of prompt stay within the model's context at four bytes a token.
  std::string body = R"({"model":"gpt-like","messages":[{"role":"user","content":")" + std::string(30'000, 'p') +
                     R"("}],"x":")" + std::string(2'000'000, 'y') + "\"}";
  client.send(FabricLab::chat("", body));
  EXPECT_EQ(client.receive_message().status(), 200);
  body.replace(body.find("gpt-like"), 8, "llama");
  EXPECT_EQ(seen.get_future().get(), body);
}

TEST(System, AClientThatLeavesClosesTheRuntimeTwoHopsAway) {
  std::promise<bool> closed;
  ScriptedRuntime runtime([&](Connection& connection, const Connection::Message&) {
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    closed.set_value(connection.closed_by_peer());
  });
  FabricLab lab({{"pune", "IN", {}}, {"mumbai", "IN", {runtime.port()}}});
  lab.start();
  const auto left = [&] {
    Connection client = lab.connect("pune");
    client.send(FabricLab::chat());
    client.receive_until("abc");
    return std::chrono::steady_clock::now();
  }();
  ASSERT_TRUE(closed.get_future().get());
  const auto took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - left);
  std::printf("client gone -> runtime's connection closed, two hops: %.1f ms\n", took.count());
}

TEST(System, ResidencyTierAndModelAreJudged) {
  ScriptedRuntime dubai(reply_with("{}"));
  ScriptedRuntime mumbai(reply_with("{}"));
  FabricLab lab({{"pune", "IN", {}}, {"dubai", "AE", {dubai.port()}}, {"mumbai", "IN", {mumbai.port()}}});
  lab.start();
  lab.set_rtt("pune", "dubai", "realtime", 1);
  lab.set_rtt("pune", "mumbai", "realtime", 100);
  ASSERT_EQ(site_of(lab, "pune"), "dubai");
  EXPECT_EQ(site_of(lab, "pune", "x-pathwise-tier: realtime\r\nx-pathwise-labels: data=personal-in\r\n"), "mumbai");
  lab.set_rtt("pune", "mumbai", "batch", -1);
  lab.set_rtt("pune", "mumbai", "realtime", -1);
  Connection client = lab.connect("pune");
  const auto ask = [&](std::string_view headers, std::string_view body = FabricLab::kBody) {
    client.send(FabricLab::chat(headers, body));
    return client.receive_message();
  };
  EXPECT_EQ(ask("x-pathwise-labels: data=personal-in\r\n").status(), 503);
  EXPECT_THAT(ask("x-pathwise-labels: data=personal-in\r\n").body, HasSubstr("mumbai: path"));
  EXPECT_EQ(ask("x-pathwise-tier: gold\r\n").status(), 400);
  EXPECT_EQ(ask("", R"({"model":"unknown","messages":[]})").status(), 404);
}

TEST(System, RequestsMoveWithThePathsDelay) {
  ScriptedRuntime dubai(reply_with("{}"));
  ScriptedRuntime mumbai(reply_with("{}"));
  FabricLab lab({{"pune", "IN", {}}, {"dubai", "AE", {dubai.port()}}, {"mumbai", "IN", {mumbai.port()}}});
  lab.start();
  lab.set_rtt("pune", "mumbai", "realtime", 5);
  lab.set_rtt("pune", "dubai", "realtime", 60);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(site_of(lab, "pune"), "mumbai");
  lab.announce_rtt("pune", "mumbai", "realtime", 400);
  const auto changed = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return site_of(lab, "pune") == "dubai"; }));
  const auto took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - changed);
  std::printf("path snapshot -> first request decided with it: %.1f ms\n", took.count());
  EXPECT_LT(took.count(), 1000);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(site_of(lab, "pune"), "dubai");
  EXPECT_EQ(site_of(lab, "pune", "x-pathwise-tier: batch\r\n").empty(), false);
  lab.set_rtt("pune", "dubai", "realtime", -1);
  EXPECT_EQ(site_of(lab, "pune"), "mumbai") << "a path that is down removes the site";
}

// The receiver is full, and near enough that the ingress would still choose it.
TEST(System, ARefusedRequestIsPlacedAgainAtOnce) {
  Gate gate;
  ScriptedRuntime dubai(reply_with("{}"));
  ScriptedRuntime mumbai([&gate](Connection& connection, const Connection::Message& request) {
    if (request.header("x-request-id").starts_with("hold")) gate.wait();
    reply_with("{}")(connection, request);
  });
  const Gate::Opener opener(gate);
  FabricLab lab({{"pune", "IN", {}}, {"dubai", "AE", {dubai.port()}}, {"mumbai", "IN", {mumbai.port()}, 1}});
  lab.start();
  lab.set_rtt("pune", "mumbai", "realtime", 1);
  lab.set_rtt("pune", "dubai", "realtime", 8000);
  lab.set_rtt("mumbai", "dubai", "realtime", -1);
  ASSERT_EQ(site_of(lab, "pune"), "mumbai");
  std::vector<Connection> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(lab.connect("mumbai"));
    held.back().send(FabricLab::chat(formatted("x-pathwise-tier: realtime\r\nx-request-id: hold-{}\r\n", i)));
  }
  ASSERT_TRUE(eventually([&] { return mumbai.requests() >= 4; }));
  Connection client = lab.connect("pune");
  client.send(FabricLab::chat("x-pathwise-tier: realtime\r\nx-request-id: again\r\n"));
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("x-pathwise-site"), "dubai");
  const Json record = Json::parse(lab.decision("pune", "again"));
  ASSERT_EQ(record["attempts"].size(), 2u) << record.dump(2);
  EXPECT_EQ(record["attempts"][0]["site"], "mumbai");
  EXPECT_EQ(record["attempts"][0]["result"], "refused: saturated");
  EXPECT_THAT(lab.admin("pune", "/metrics").body, HasSubstr("pathwise_refusals_total{site=\"mumbai\"} 1"));
  gate.open();
  for (Connection& each : held) EXPECT_EQ(each.receive_message().status(), 200);
}

TEST(System, APeerKilledBeforeTheFirstByteIsReplaced) {
  std::promise<void> arrived;
  ScriptedRuntime dubai(reply_with("{}"));
  ScriptedRuntime mumbai([&](Connection& connection, const Connection::Message& request) {
    if (request.header("x-request-id") != "victim") return reply_with("{}")(connection, request);
    arrived.set_value();
    connection.closed_by_peer();
  });
  FabricLab lab({{"pune", "IN", {}}, {"dubai", "AE", {dubai.port()}}, {"mumbai", "IN", {mumbai.port()}}});
  lab.start();
  lab.set_rtt("pune", "dubai", "realtime", 200);
  ASSERT_EQ(site_of(lab, "pune"), "mumbai");
  Connection client = lab.connect("pune");
  client.send(FabricLab::chat("x-pathwise-tier: realtime\r\nx-request-id: victim\r\n"));
  arrived.get_future().wait();
  lab.kill_router("mumbai");
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("x-pathwise-site"), "dubai");
  // From now on nobody loses a request to it.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(site_of(lab, "pune"), "dubai");
}

TEST(System, ASimulatedRuntimeStreamsAndTeachesTheTokenRatio) {
  FabricLab lab({{"mumbai", "IN", {18999}}});
  const std::string config = lab.path("sim.yaml");
  std::FILE* file = std::fopen(config.c_str(), "w");
  std::fputs("models: [llama]\nlisten: \"127.0.0.1:18999\"\nmax_num_seqs: 16\n", file);
  std::fclose(file);
  Process runtime({program("pathwise-runtime-sim"), config}, lab.path("sim.log"));
  lab.start();
  Connection client = lab.connect("mumbai");
  client.send(
      FabricLab::chat("x-request-id: sim-1\r\n",
                      R"({"model":"llama","stream":true,"stream_options":{"include_usage":true},"max_tokens":20,)"
                      R"("messages":[{"role":"user","content":"tell me of the sea and of the ships on it"}]})"));
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.body, HasSubstr("data: [DONE]"));
  const Json record = Json::parse(lab.decision("mumbai", "sim-1"));
  EXPECT_GT(record["request"]["prompt_tokens"], 0);
  EXPECT_GT(record["request"]["completion_tokens"], 0);
  EXPECT_GT(record["outcome"]["ttft_ms"], 0);
}

}  // namespace
}  // namespace pathwise::test
