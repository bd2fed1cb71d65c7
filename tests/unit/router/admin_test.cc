// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "router/admin/admin_api.h"
#include "select_world.h"

namespace pathwise::router::admin {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

class Admin : public testing::Test {
 protected:
  Admin() {
    auto state = std::make_shared<forward::State>();
    world_.rtt("dubai", "realtime", 30);
    state->views = world_.views();
    state->runtimes = std::make_shared<runtime::RuntimeView>();
    state->ready_text = "{\"ready\":false}";
    state_ = state;
  }
  void keep(const char* id) {
    select::DecisionRecord record;
    const auto decision = world_.decide("realtime", "data=personal-in");
    select::record_decision(decision, world_.last_request_, world_.views_, record);
    record.id = RequestId{id};
    record.status = 200;
    record.tenant = "acme";
    store_.add(record);
  }
  net::HttpResponse get(const std::string& target) { return api_.handle({.method = "GET", .target = target}); }

  select::World world_;
  ManualClock clock_;
  DecisionStore store_{3};
  forward::StatePtr state_;
  int refreshed_ = 0;
  AdminApi api_{{.clock = clock_,
                 .decisions = store_,
                 .state = [this] { return state_; },
                 .peers = [] { return std::vector<fabric::PeerStatus>{}; },
                 .metrics = [] { return std::string("pathwise_up 1\n"); },
                 .refresh = [this] { ++refreshed_; }}};
};

TEST_F(Admin, ADecisionShowsItsSum) {
  keep("req-1");
  const auto answer = get("/admin/decisions/req-1");
  ASSERT_EQ(answer.status, 200u);
  EXPECT_EQ(refreshed_, 1);
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json["request_id"], "req-1");
  EXPECT_EQ(json["chosen"]["site"], "mumbai");
  EXPECT_EQ(json["chosen"]["path"], "flex-algo 128");
  const Json terms = json["alternatives"][0]["terms"];
  EXPECT_DOUBLE_EQ(terms["rtt_ms"], 10);
  EXPECT_DOUBLE_EQ(terms["prefill_ms"], 125);
  EXPECT_DOUBLE_EQ(terms["ttft_ms"], 135);
  EXPECT_EQ(json["removed"][0]["site"], "dubai");
  EXPECT_EQ(json["removed"][0]["reason"], "residency");
  EXPECT_THAT(json["removed"][0]["rule"].get<std::string>(), HasSubstr("jurisdiction AE"));
  EXPECT_EQ(get("/admin/decisions/req-2").status, 404u);
}

TEST_F(Admin, TheStoreForgetsTheOldest) {
  for (const char* id : {"a", "b", "c", "d"}) keep(id);
  EXPECT_EQ(store_.find("a"), nullptr);
  EXPECT_NE(store_.find("d"), nullptr);
  const Json json = Json::parse(get("/admin/decisions?last=2").body);
  ASSERT_EQ(json["decisions"].size(), 2u);
  EXPECT_EQ(json["decisions"][0]["request_id"], "d");
  EXPECT_EQ(json["total"], 4);
}

TEST_F(Admin, ShowsSitesPathsAndPolicyWithoutSecrets) {
  const Json sites = Json::parse(get("/admin/sites").body);
  ASSERT_EQ(sites["sites"].size(), 4u);  // pune is a target without models
  EXPECT_EQ(sites["sites"][1]["site"], "dubai");
  EXPECT_EQ(sites["sites"][1]["models"][0]["model"], "llama-70b");
  const Json paths = Json::parse(get("/admin/paths").body);
  EXPECT_EQ(paths["paths"][0]["candidates"][0]["origin"], "flex-algo");
  const auto policy = get("/admin/policy");
  EXPECT_EQ(Json::parse(policy.body)["tiers"][0]["objective"], "ttft");
  EXPECT_THAT(policy.body, testing::Not(HasSubstr("scrypt")));
}

TEST_F(Admin, AnswersScrapersAndProbes) {
  EXPECT_EQ(get("/metrics").body, "pathwise_up 1\n");
  EXPECT_EQ(get("/health").status, 200u);
  EXPECT_EQ(get("/ready").status, 503u);
  EXPECT_EQ(get("/nowhere").status, 404u);
  EXPECT_EQ(api_.handle({.method = "POST", .target = "/admin/policy"}).status, 405u);
}

}  // namespace
}  // namespace pathwise::router::admin
