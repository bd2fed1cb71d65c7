// SPDX-License-Identifier: Apache-2.0
// One request thread on loopback with scripted runtimes: what the tests of router/forward share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/format.h"
#include "net/listen.h"
#include "plain_socket.h"
#include "router/forward/worker.h"

namespace pathwise::router::forward {
using test::Connection;
using test::eventually;
using test::ScriptedServer;
using testing::HasSubstr;

inline constexpr std::string_view kKey = "pw-k1-secret-of-acme";

inline policy::FabricConfig fabric_config() {
  policy::FabricConfig config;
  config.sites[SiteName{"pune"}] = {.name = SiteName{"pune"}, .jurisdictions = {"IN"}};
  config.tiers = {{.name = TierName{"realtime"}, .color = Color{10}, .objective = policy::Objective::kTtft},
                  {.name = TierName{"premium"}, .color = Color{11}, .objective = policy::Objective::kTtft}};
  const std::string salt = "0123456789abcdef";
  const auto hash = policy::hash_api_key(
      kKey, std::span(reinterpret_cast<const std::uint8_t*>(salt.data()), salt.size()), {.n = 1024, .r = 1, .p = 1});
  config.tenants = {{.name = TenantName{"acme"},
                     .keys = {{.id = "k1", .scrypt = hash.value_or("")}},
                     .tiers = {TierName{"realtime"}},
                     .default_tier = TierName{"realtime"}}};
  config.residency = {{.name = "eu-only", .match_labels = {{"data", "personal-eu"}}, .allow_jurisdictions = {"EU"}}};
  config.models = {{.name = ModelName{"llama"}, .aliases = {"gpt-like"}}, {.name = ModelName{"absent"}}};
  return config;
}

class NoControl final : public ControlPort {
 public:
  void refused(Refusal) override {}
  void fabric_stream(net::TlsStream) override {}
};

// A worker on a thread of its own, whose only site is this one.
class Harness {
 public:
  explicit Harness(const std::vector<std::uint16_t>& runtimes, Limits limits = {},
                   policy::FabricConfig config = fabric_config())
      : config_(std::move(config)),
        verifier_(clock_),
        worker_(io_, {.clock = clock_,
                      .identity = {.site = SiteName{"pune"}, .router = RouterName{"r1"}},
                      .limits = limits,
                      .tuning = {},
                      .seed = 1,
                      .verifier = verifier_,
                      .control = control_}) {
    auto acceptor = net::listen_tcp(io_, {.host = "127.0.0.1", .port = 0});
    port_ = acceptor->local_endpoint().port();
    worker_.serve_clients(std::move(*acceptor));
    publish(runtimes);
    thread_ = std::thread([this] {
      const auto work = net::asio::make_work_guard(io_);
      io_.run();
    });
  }
  ~Harness() {
    net::asio::post(io_, [this] {
      worker_.drain();
      worker_.close_all();
    });
    EXPECT_TRUE(eventually([this] { return worker_.drained() && worker_.active() == 0; }));
    io_.stop();
    thread_.join();
  }
  Connection connect() { return Connection::to(port_); }
  Worker& worker() { return worker_; }
  void drain() {
    net::asio::post(io_, [this] { worker_.drain(); });
  }
  select::DecisionRecord record() {
    select::DecisionRecord record;
    EXPECT_TRUE(eventually([&] { return worker_.records().pop(record); }));
    return record;
  }

 private:
  void publish(const std::vector<std::uint16_t>& ports) {
    std::vector<policy::RuntimeConfig> configs;
    std::vector<Endpoint> endpoints;
    for (const std::uint16_t port : ports) {
      configs.push_back({.url = formatted("http://127.0.0.1:{}", port), .max_num_seqs = 8});
      endpoints.push_back({.host = "127.0.0.1", .port = port});
    }
    board_.configure(configs, endpoints);
    for (std::size_t i = 0; i < ports.size(); ++i) {
      board_.scraped(i, {.metrics = {}, .models = {{"llama", "", 8192}, {"sql", "llama", 0}}}, clock_.now());
    }
    auto policy = std::make_shared<const policy::PolicySnapshot>(config_, 1);
    auto state = std::make_shared<State>();
    state->runtimes = board_.view();
    state->budgets = budgets_.buckets_of(config_);
    const auto models = std::make_shared<const std::vector<fabric::ModelState>>(
        runtime::local_models(*state->runtimes, policy->config(), SiteName{"pune"}));
    state->views.load =
        select::build_load_view({.policy = policy,
                                 .local = {.site = SiteName{"pune"}, .router = RouterName{"r1"}, .models = models},
                                 .now = clock_.now()},
                                ledger_, nullptr);
    state->views.paths = select::build_path_view(*policy, SiteName{"pune"}, nullptr, nullptr);
    state->views.policy = std::move(policy);
    state->ready = true;
    state->ready_text = "{\"ready\":true}";
    worker_.publish(std::move(state));
  }

  policy::FabricConfig config_;
  RealClock clock_;
  NoControl control_;
  net::asio::io_context io_{1};
  KeyVerifier verifier_;
  select::Ledger ledger_;
  TokenBudgets budgets_;
  runtime::RuntimeBoard board_;
  Worker worker_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

inline std::string chat(std::string_view body, std::string_view headers = "", std::string_view key = kKey) {
  return formatted(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {}\r\nContent-Type: "
      "application/json\r\n"
      "Content-Length: {}\r\n{}\r\n{}",
      key, body.size(), headers, body);
}
inline const std::string kBody = R"({"model":"llama","messages":[{"role":"user","content":"hello"}],"stream":true})";
inline constexpr std::string_view kReply =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

// Answers every request of a connection with `reply`.
inline ScriptedServer::Script always(std::string_view reply) {
  return [reply](Connection& connection) {
    while (connection.receive_message().ok()) connection.send(reply);
  };
}

}  // namespace pathwise::router::forward
