// SPDX-License-Identifier: Apache-2.0
// A small fabric for decision tests: pune (an edge without GPUs), mumbai, dubai, singapore; tiers
// realtime (ttft), standard (e2e), batch (cost); personal-eu data stays in the EU.
#pragma once

#include <concepts>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "policy/policy_snapshot.h"
#include "router/select/select.h"

namespace pathwise::router::select {

class World {
 public:
  World() {
    config_.sites = {{SiteName{"dubai"}, site("dubai", "AE")},
                     {SiteName{"mumbai"}, site("mumbai", "IN")},
                     {SiteName{"pune"}, site("pune", "IN")},
                     {SiteName{"singapore"}, site("singapore", "SG")}};
    config_.tiers = {{.name = TierName{"realtime"}, .color = Color{10}, .objective = policy::Objective::kTtft},
                     {.name = TierName{"standard"}, .color = Color{20}, .objective = policy::Objective::kE2e},
                     {.name = TierName{"batch"},
                      .color = Color{30},
                      .objective = policy::Objective::kCost,
                      .budget = std::chrono::hours{1}}};
    config_.tenants = {{.name = TenantName{"acme"},
                        .tiers = {TierName{"realtime"}, TierName{"standard"}, TierName{"batch"}},
                        .default_tier = TierName{"standard"}}};
    config_.residency = {
        {.name = "residency[0]", .match_labels = {{"data", "personal-in"}}, .allow_jurisdictions = {"IN"}}};
    config_.models = {{.name = ModelName{"llama-70b"}, .aliases = {"gpt-4o-like"}, .bytes_per_token = 4}};
    now_ = SteadyTime{} + std::chrono::hours{1};
    for (const char* name : {"dubai", "mumbai", "singapore"}) {
      loads_[name] = {
          .model = ModelName{"llama-70b"}, .capacity = 32, .prefill_tokens_per_second = 8000, .itl_seconds = 0.02};
      for (const char* tier : {"batch", "realtime", "standard"}) rtt_ms_[{name, tier}] = 10;
    }
  }

  fabric::ModelState& load(const std::string& site) { return loads_.at(site); }
  void remove_site(const std::string& site) { loads_.erase(site); }
  void rtt(const std::string& site, const std::string& tier, double ms) { rtt_ms_[{site, tier}] = ms; }
  void down(const std::string& site, const std::string& tier) { rtt_ms_[{site, tier}] = -1; }
  void age(const std::string& site, std::chrono::milliseconds age) { ages_[site] = age; }
  void admission(const std::string& site, fabric::Admission state) { admissions_[site] = state; }
  policy::FabricConfig& config() { return config_; }

  Views views() {
    auto policy = std::make_shared<const policy::PolicySnapshot>(config_, 1);
    auto local = std::make_shared<std::vector<fabric::ModelState>>();
    if (local_) local->push_back(*local_);
    const LoadInput input{.policy = policy,
                          .fabric = snapshot(),
                          .local = {.site = SiteName{"pune"}, .router = RouterName{"r1"}, .models = local},
                          .now = now_};
    load_ = build_load_view(input, ledger_, load_.get());
    return {policy, load_, build_path_view(*policy, SiteName{"pune"}, paths(), nullptr)};
  }
  void local(fabric::ModelState state) { local_ = std::move(state); }

  // One decision; `tweak` may change the request.
  template <std::invocable<Request&> Tweak>
  Decision decide(std::string_view tier, Tweak tweak, std::string_view labels = {}) {
    views_ = views();
    verdict_ = *views_.policy->evaluate({.tenant = views_.policy->tenant(TenantName{"acme"}),
                                         .tier = tier,
                                         .model = "llama-70b",
                                         .labels = *policy::Labels::parse(labels)});
    const auto& tiers = views_.policy->config().tiers;
    Request request{.policy = &verdict_,
                    .tier_index = static_cast<std::uint32_t>(verdict_.tier - tiers.data()),
                    .offers = views_.load->model("llama-70b"),
                    .prompt_bytes = 4000,
                    .body_bytes = 4500};
    tweak(request);
    last_request_ = request;
    return selector_.choose(request, {views_, learned_, memory_, now_}, random_, workspace_);
  }
  Decision decide(std::string_view tier, std::string_view labels = {}) {
    return decide(tier, [](Request&) {}, labels);
  }
  std::string site_of(const Decision& decision) const {
    return decision.chosen == nullptr ? "none" : views_.load->targets[decision.chosen->target].site.str();
  }
  const Alternative* alternative(const Decision& decision, std::string_view site) const {
    for (const Alternative& each : decision.alternatives) {
      if (views_.load->targets[each.target].site.str() == site) return &each;
    }
    return nullptr;
  }
  std::optional<Removed> removed(const Decision& decision, std::string_view site) const {
    for (const RemovedTarget& each : decision.removed) {
      if (views_.load->targets[each.target].site.str() == site) return each.reason;
    }
    return std::nullopt;
  }
  // How often each site is chosen in `rounds` decisions.
  std::map<std::string, int> shares(std::string_view tier, int rounds) {
    std::map<std::string, int> counts;
    for (int i = 0; i < rounds; ++i) ++counts[site_of(decide(tier))];
    return counts;
  }
  TargetId target_id(std::string_view site) {
    for (const Target& each : views().load->targets) {
      if (each.site.str() == site) return each.id;
    }
    return 0;
  }
  LoadCell& cell(std::string_view site) {
    return ledger_.cells(*ledger_.model(ModelName{"llama-70b"}))[target_id(site)];
  }

  Learned learned_;
  PrefixMemory memory_{64};
  Random random_{42};
  Views views_;
  Request last_request_;
  SteadyTime now_;

 private:
  static policy::SiteConfig site(const char* name, const char* jurisdiction) {
    return {.name = SiteName{name}, .jurisdictions = {jurisdiction}};
  }
  fabric::FabricSnapshotPtr snapshot() {
    auto snapshot = std::make_shared<fabric::FabricSnapshot>();
    for (const auto& [name, state] : loads_) {
      snapshot->site.emplace_back(name);
      snapshot->router.emplace_back("r1");
      snapshot->admission.push_back(admissions_.contains(name) ? admissions_[name] : fabric::Admission::kOpen);
      snapshot->received.push_back(now_ - (ages_.contains(name) ? ages_[name] : std::chrono::milliseconds{100}));
      snapshot->models.push_back({state});
    }
    return snapshot;
  }
  te::PathSnapshotPtr paths() {
    auto snapshot = std::make_shared<te::PathSnapshot>();
    for (const auto& [key, ms] : rtt_ms_) {
      te::PathState path{
          .site = SiteName{key.first}, .tier = TierName{key.second}, .status = te::PathStatus::kDown, .reason = "cut"};
      if (ms >= 0) {
        te::CandidatePathState candidate{
            .origin = te::PathOrigin::kFlexAlgo, .algorithm = Algorithm{128}, .valid = true, .alive = true};
        candidate.measured.received = 10;
        candidate.measured.rtt_p50 = Microseconds{static_cast<std::int64_t>(ms * 1000)};
        path.status = te::PathStatus::kUp;
        path.active = 0;
        path.candidates = {candidate};
      }
      snapshot->paths.push_back(std::move(path));
    }
    return snapshot;
  }

  policy::FabricConfig config_;
  std::map<std::string, fabric::ModelState> loads_;
  std::map<std::pair<std::string, std::string>, double> rtt_ms_;  // negative: down
  std::map<std::string, std::chrono::milliseconds> ages_;
  std::map<std::string, fabric::Admission> admissions_;
  std::optional<fabric::ModelState> local_;
  Ledger ledger_;
  std::shared_ptr<const LoadView> load_;
  policy::PolicyDecision verdict_;
  Selector selector_;
  Workspace workspace_;
};

}  // namespace pathwise::router::select
