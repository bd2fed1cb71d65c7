// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_snapshot.h"

#include <gmock/gmock.h>

#include <memory>

#include "example.h"

namespace pathwise::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Policy : public ::testing::Test {
 protected:
  void SetUp() override {
    auto fabric = parse_fabric(kFabric, "fabric.yaml");
    ASSERT_TRUE(fabric) << fabric.error().message;
    snapshot_ = std::make_unique<PolicySnapshot>(*std::move(fabric), 7);
  }
  PolicyRequest request(const char* tenant) const {
    return {.tenant = snapshot_->tenant(TenantName(tenant)), .model = "llama-70b"};
  }
  static std::vector<std::string> allowed(const Result<PolicyDecision>& decision) {
    std::vector<std::string> names;
    if (!decision) return {decision.error().message};
    for (const SiteVerdict& verdict : decision->sites) {
      if (verdict.allowed) names.push_back(verdict.site.str());
    }
    return names;
  }
  std::unique_ptr<PolicySnapshot> snapshot_;
};

TEST_F(Policy, KnowsItsSitesSortedAndItsRevision) {
  EXPECT_THAT(snapshot_->sites(), ElementsAre(SiteName("mumbai"), SiteName("paris"), SiteName("singapore")));
  EXPECT_EQ(snapshot_->revision(), 7U);
  EXPECT_EQ(snapshot_->hash(), snapshot_->config().hash);
}

TEST_F(Policy, TheDefaultTierIsTheTenants) {
  const auto decision = snapshot_->evaluate(request("acme"));
  ASSERT_TRUE(decision) << decision.error().message;
  EXPECT_EQ(decision->tier->name, TierName("batch"));
  EXPECT_EQ(decision->model->name, ModelName("llama-70b"));
}

TEST_F(Policy, TiersAreEntitlements) {
  auto wanted = request("acme");
  wanted.tier = "realtime";
  EXPECT_EQ(snapshot_->evaluate(wanted)->tier->name, TierName("realtime"));
  wanted.tier = "standard";
  const auto refused = snapshot_->evaluate(wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(refused.error().message, HasSubstr("'acme' is not entitled to tier 'standard'"));
  wanted.tier = "gold";
  EXPECT_EQ(snapshot_->evaluate(wanted).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(Policy, AnAliasIsItsModel) {
  auto wanted = request("acme");
  wanted.model = "gpt-4o-like";
  EXPECT_EQ(snapshot_->evaluate(wanted)->model->name, ModelName("llama-70b"));
  wanted.model = "gpt-5";
  EXPECT_EQ(snapshot_->evaluate(wanted).error().code, ErrorCode::kNotFound);
}

TEST_F(Policy, NobodyIsEntitledToNothing) {
  EXPECT_EQ(snapshot_->evaluate({.model = "llama-70b"}).error().code, ErrorCode::kPermissionDenied);
}

TEST_F(Policy, TheTenantsOwnLabelsRestrict) {
  const auto decision = snapshot_->evaluate(request("eu-bank"));
  EXPECT_THAT(allowed(decision), ElementsAre("paris"));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->sites[0].site, SiteName("mumbai"));
  EXPECT_EQ(decision->sites[0].rule, "residency[0]: jurisdiction IN is not one of EU");
  EXPECT_EQ(decision->sites[1].rule, "");
}

TEST_F(Policy, ARequestCannotTalkItselfOutOfItsTenantsLabels) {
  auto wanted = request("eu-bank");
  wanted.labels = *Labels::parse("data=public");
  EXPECT_THAT(allowed(snapshot_->evaluate(wanted)), ElementsAre("paris"));
}

TEST_F(Policy, ASiteByNameOrByJurisdictionIsAllowed) {
  EXPECT_THAT(allowed(snapshot_->evaluate(request("acme"))), ElementsAre("mumbai", "singapore"));
}

TEST_F(Policy, EveryMatchingRuleMustBeSatisfied) {
  auto wanted = request("acme");
  wanted.labels = *Labels::parse("data=personal-eu");
  const auto decision = snapshot_->evaluate(wanted);
  EXPECT_THAT(allowed(decision), ElementsAre());
  ASSERT_TRUE(decision);
  EXPECT_THAT(decision->sites[0].rule, HasSubstr("residency[0]:"));
  EXPECT_THAT(decision->sites[1].rule, HasSubstr("acme-asia: jurisdiction FR, EU is not one of IN"));
  // The one-rule verdicts that others share are as they were.
  EXPECT_THAT(allowed(snapshot_->evaluate(request("acme"))), ElementsAre("mumbai", "singapore"));
}

TEST_F(Policy, OtherLabelsMatchNoRule) {
  auto wanted = request("acme");
  wanted.labels = *Labels::parse("data=personal-us,team=x");
  EXPECT_THAT(allowed(snapshot_->evaluate(wanted)), ElementsAre("mumbai", "singapore"));
}

TEST_F(Policy, ADecisionOutlivesItsSnapshot) {
  const auto decision = snapshot_->evaluate(request("eu-bank"));
  ASSERT_TRUE(decision);
  snapshot_.reset();
  EXPECT_EQ(decision->sites[1].site, SiteName("paris"));
}

TEST(Labels, AreSortedAndPrintedTheSameWay) {
  const auto labels = Labels::parse(" team=x ,data=personal-eu");
  ASSERT_TRUE(labels) << labels.error().message;
  EXPECT_EQ(labels->to_string(), "data=personal-eu,team=x");
  EXPECT_EQ(Labels::parse("")->items.size(), 0U);
  EXPECT_EQ(Labels::parse("  ")->items.size(), 0U);
}

TEST(Labels, RefuseWhatTheyAreNot) {
  for (const std::string& text : {std::string("data"), std::string("=x"), std::string("data="), std::string("a=b,,c=d"),
                                  std::string("a=b=c"), std::string("a=b c"), std::string("a=b\r\nx: y"),
                                  "a=" + std::string(64, 'x'), std::string(64, 'k') + "=v", std::string(5000, 'a')}) {
    const auto labels = Labels::parse(text);
    ASSERT_FALSE(labels) << text;
    EXPECT_EQ(labels.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_THAT(Labels::parse("a=1,a=2").error().message, HasSubstr("'a' is given twice"));
  std::string many = "l0=x";
  for (int i = 1; i < 16; ++i) many += ",l" + std::to_string(i) + "=x";
  EXPECT_TRUE(Labels::parse(many));
  EXPECT_FALSE(Labels::parse(many + ",l16=x"));
}

}  // namespace
}  // namespace pathwise::policy
