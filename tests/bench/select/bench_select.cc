// SPDX-License-Identifier: Apache-2.0
// How long a decision takes: filters, cost of every site, prefix lookup and pick, as the request path
// calls it. 500 sites × 100 models, each model at every site, and at 50 sites.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "../common/allocations.h"
#include "../common/bench_report.h"
#include "base/format.h"
#include "policy/policy_snapshot.h"
#include "router/select/select.h"

namespace {

using namespace pathwise;
using namespace pathwise::router::select;
using Time = std::chrono::steady_clock;

constexpr int kSites = 500;
constexpr int kModels = 100;
constexpr int kRounds = 200'000;

SiteName site_name(int i) {
  return SiteName{formatted("site-{:03}", i)};
}
ModelName model_name(int i) {
  return ModelName{formatted("model-{:03}", i)};
}

policy::FabricConfig fabric_config() {
  policy::FabricConfig config;
  for (int i = 0; i < kSites; ++i) {
    config.sites[site_name(i)] = {.name = site_name(i), .jurisdictions = {i % 3 == 0 ? "EU" : "IN"}};
  }
  config.tiers = {{.name = TierName{"realtime"}, .color = Color{10}, .objective = policy::Objective::kTtft},
                  {.name = TierName{"batch"}, .color = Color{30}, .objective = policy::Objective::kCost}};
  config.tenants = {{.name = TenantName{"acme"},
                     .tiers = {TierName{"realtime"}, TierName{"batch"}},
                     .default_tier = TierName{"realtime"}}};
  config.residency = {{.name = "eu", .match_labels = {{"data", "eu"}}, .allow_jurisdictions = {"EU"}}};
  for (int i = 0; i < kModels; ++i) config.models.push_back({.name = model_name(i)});
  return config;
}

fabric::FabricSnapshotPtr fabric_snapshot(int sites_per_model, SteadyTime now, Random& random) {
  auto snapshot = std::make_shared<fabric::FabricSnapshot>();
  for (int s = 0; s < kSites; ++s) {
    snapshot->site.push_back(site_name(s));
    snapshot->router.push_back(RouterName{"r1"});
    snapshot->admission.push_back(fabric::Admission::kOpen);
    snapshot->received.push_back(now);
    std::vector<fabric::ModelState> models;
    for (int m = 0; m < kModels; ++m) {
      if ((s + m * 5) % kSites >= sites_per_model) continue;
      fabric::ModelState state{.model = model_name(m), .capacity = 64};
      state.running = static_cast<std::uint32_t>(random.below(64));
      state.in_flight_prefill_tokens = static_cast<std::uint32_t>(random.below(20'000));
      state.prefill_tokens_per_second = random.uniform(4'000, 40'000);
      state.itl_seconds = random.uniform(0.01, 0.04);
      for (int b = 0; b < 64; ++b) state.prefix_blocks.push_back(random.below(4096));
      std::ranges::sort(state.prefix_blocks);
      models.push_back(std::move(state));
    }
    snapshot->models.push_back(std::move(models));
  }
  return snapshot;
}

te::PathSnapshotPtr path_snapshot(Random& random) {
  auto snapshot = std::make_shared<te::PathSnapshot>();
  for (int s = 0; s < kSites; ++s) {
    for (const char* tier : {"batch", "realtime"}) {
      te::CandidatePathState candidate{.origin = te::PathOrigin::kFlexAlgo, .valid = true, .alive = true};
      candidate.measured.received = 1;
      candidate.measured.rtt_p50 = Microseconds{1'000 + static_cast<std::int64_t>(random.below(150'000))};
      snapshot->paths.push_back({.site = site_name(s),
                                 .tier = TierName{tier},
                                 .status = te::PathStatus::kUp,
                                 .active = 0,
                                 .candidates = {candidate}});
    }
  }
  return snapshot;
}

struct Measured {
  double p50 = 0, p99 = 0, build_ms = 0, allocated = 0;
};

Measured measure(int sites_per_model) {
  Random random(7);
  const SteadyTime now = Time::now();
  auto policy = std::make_shared<const policy::PolicySnapshot>(fabric_config(), 1);
  Ledger ledger;
  const auto fabric = fabric_snapshot(sites_per_model, now, random);
  const auto paths = path_snapshot(random);
  const LoadInput input{.policy = policy, .fabric = fabric, .local = {.site = SiteName{"pop"}}, .now = now};
  const auto build_start = Time::now();
  const auto load = build_load_view(input, ledger, nullptr);
  const double build_ms = std::chrono::duration<double, std::milli>(Time::now() - build_start).count();
  const Views views{policy, load, build_path_view(*policy, SiteName{"pop"}, paths, nullptr)};
  const policy::PolicyRequest asked{.tenant = policy->tenant(TenantName{"acme"}), .model = "model-001"};
  std::vector<policy::PolicyDecision> verdicts;
  for (int m = 0; m < kModels; ++m) {
    const std::string name = model_name(m).str();
    verdicts.push_back(*policy->evaluate({.tenant = asked.tenant, .model = name}));
  }
  Learned learned;
  PrefixMemory memory;
  Workspace workspace;
  const Selector selector;
  std::vector<std::uint64_t> blocks;
  for (std::uint64_t b = 0; b < 16; ++b) blocks.push_back(b * 37 + 5);
  for (int m = 0; m < kModels; ++m) memory.remember(blocks, load->models[static_cast<std::size_t>(m)].id, 3);
  std::vector<double> times;
  times.reserve(kRounds);
  std::size_t before = 0;
  for (int round = 0; round < kRounds + 1000; ++round) {
    if (round == 1000) {  // warmed up
      times.clear();
      before = bench::allocations;
    }
    const auto m = static_cast<std::size_t>(round % kModels);
    const Request request{.policy = &verdicts[m],
                          .tier_index = 0,
                          .offers = &load->models[m],
                          .prefix_blocks = blocks,
                          .prompt_bytes = 8192,
                          .body_bytes = 9000};
    const auto start = Time::now();
    const Decision decision = selector.choose(request, {views, learned, memory, now}, random, workspace);
    const double took = std::chrono::duration<double, std::micro>(Time::now() - start).count();
    if (decision.chosen == nullptr) std::abort();
    times.push_back(took);
  }
  const double allocated = static_cast<double>(bench::allocations - before);
  std::ranges::sort(times);
  return {times[times.size() / 2], times[times.size() * 99 / 100], build_ms, allocated};
}

}  // namespace

int main() {
  bench::Report report("select");
  for (const int sites : {500, 50}) {
    const Measured result = measure(sites);
    const std::string conditions = formatted(
        "500 sites, 100 models, each at {} sites; 16 prefix blocks, 64 a digest; {} decisions", sites, kRounds);
    report.add({.name = formatted("decision_p50_{}_sites", sites),
                .value = result.p50,
                .unit = "us",
                .conditions = conditions});
    report.add({.name = formatted("decision_p99_{}_sites", sites),
                .value = result.p99,
                .unit = "us",
                .goal = 20,
                .conditions = conditions});
    report.add({.name = formatted("allocations_{}_sites", sites),
                .value = result.allocated,
                .unit = "count",
                .goal = 0,
                .conditions = conditions});
    report.add({.name = formatted("load_view_build_{}_sites", sites),
                .value = result.build_ms,
                .unit = "ms",
                .conditions = conditions});
  }
  return report.finish() ? 0 : 1;
}
