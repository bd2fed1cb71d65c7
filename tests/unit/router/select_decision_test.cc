// SPDX-License-Identifier: Apache-2.0
// Golden decisions: what is removed and by which rule, what each term is, and which way the choice moves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/select/decision_record.h"
#include "select_world.h"

namespace pathwise::router::select {
namespace {

TEST(Decision, TermsAreThoseOfTheDesign) {
  World world;
  world.rtt("dubai", "realtime", 30);
  world.load("dubai").in_flight_prefill_tokens = 4000;
  const Decision decision = world.decide("realtime", [](Request& request) { request.max_tokens = 50; });
  const Alternative* dubai = world.alternative(decision, "dubai");
  ASSERT_NE(dubai, nullptr);
  EXPECT_DOUBLE_EQ(dubai->terms.rtt, 0.030);
  EXPECT_DOUBLE_EQ(dubai->terms.wait, 4000.0 / 8000);
  EXPECT_DOUBLE_EQ(dubai->terms.prefill, 1000.0 / 8000);  // 4000 bytes at 4 a token
  EXPECT_DOUBLE_EQ(dubai->terms.ttft, 0.030 + 0.5 + 0.125);
  EXPECT_DOUBLE_EQ(dubai->terms.decode, 50 * 0.02);
  EXPECT_DOUBLE_EQ(dubai->terms.e2e, dubai->terms.ttft + 1.0);
  EXPECT_DOUBLE_EQ(dubai->terms.objective, dubai->terms.ttft);
}

TEST(Decision, FasterPathWinsAndASlowedOneLoses) {
  World world;
  world.rtt("dubai", "realtime", 5);
  world.rtt("mumbai", "realtime", 60);
  world.rtt("singapore", "realtime", 80);
  EXPECT_EQ(world.site_of(world.decide("realtime")), "dubai");
  world.rtt("dubai", "realtime", 200);
  EXPECT_EQ(world.site_of(world.decide("realtime")), "mumbai");
  world.rtt("dubai", "realtime", 5);
  EXPECT_EQ(world.site_of(world.decide("realtime")), "dubai");
}

TEST(Decision, EachTierHasItsOwnPath) {
  World world;
  world.rtt("dubai", "realtime", 5);
  world.rtt("mumbai", "realtime", 90);
  world.rtt("singapore", "realtime", 90);
  world.rtt("dubai", "standard", 900);
  world.rtt("singapore", "standard", 1000);
  EXPECT_EQ(world.site_of(world.decide("realtime")), "dubai");
  EXPECT_EQ(world.site_of(world.decide("standard")), "mumbai");
}

TEST(Decision, QueuesOutweighDistance) {
  World world;
  world.rtt("dubai", "realtime", 5);
  world.rtt("mumbai", "realtime", 200);
  world.rtt("singapore", "realtime", 40);
  world.load("dubai").in_flight_prefill_tokens = 20'000;
  EXPECT_EQ(world.site_of(world.decide("realtime")), "singapore");
}

TEST(Decision, OwnRequestsCountBeforeTheNextDigest) {
  World world;
  world.rtt("dubai", "realtime", 5);
  world.rtt("mumbai", "realtime", 60);
  world.rtt("singapore", "realtime", 90);
  ASSERT_EQ(world.site_of(world.decide("realtime")), "dubai");
  world.cell("dubai").prefill_tokens += 8000;  // sent since, one second of prefill
  EXPECT_EQ(world.site_of(world.decide("realtime")), "mumbai");
  // The next digest knows of them: what it says counts, and not twice.
  world.age("dubai", std::chrono::milliseconds{10});
  const Decision decision = world.decide("realtime");
  EXPECT_EQ(world.site_of(decision), "dubai");
  EXPECT_DOUBLE_EQ(world.alternative(decision, "dubai")->terms.wait, 0);
}

TEST(Decision, ResidencyRemovesAndNamesTheRule) {
  World world;
  world.rtt("dubai", "realtime", 1);
  const Decision decision = world.decide("realtime", "data=personal-in");
  EXPECT_EQ(world.site_of(decision), "mumbai");
  EXPECT_EQ(world.removed(decision, "dubai"), Removed::kPolicy);
  EXPECT_EQ(world.removed(decision, "singapore"), Removed::kPolicy);
  EXPECT_EQ(decision.how, PickedBy::kOnly);
  DecisionRecord record;
  record_decision(decision, world.last_request_, world.views_, record);
  ASSERT_EQ(record.removed.size(), 2u);
  EXPECT_EQ(record.removed[0].site, SiteName{"dubai"});
  EXPECT_EQ(record.removed[0].rule, "residency[0]: jurisdiction AE is not one of IN");
}

TEST(Decision, ResidencyCanLeaveNobody) {
  World world;
  world.remove_site("mumbai");
  const Decision decision = world.decide("realtime", "data=personal-in");
  EXPECT_EQ(decision.chosen, nullptr);
  EXPECT_EQ(decision.removed.size(), 2u);
}

TEST(Decision, DownClosedStaleRefusedAndRemoteAreOut) {
  World world;
  world.down("dubai", "realtime");
  world.admission("mumbai", fabric::Admission::kClosed);
  world.age("singapore", std::chrono::seconds{20});
  Decision decision = world.decide("realtime");
  EXPECT_EQ(decision.chosen, nullptr);
  EXPECT_EQ(world.removed(decision, "dubai"), Removed::kPath);
  EXPECT_EQ(world.removed(decision, "mumbai"), Removed::kClosed);
  EXPECT_EQ(world.removed(decision, "singapore"), Removed::kStale);

  World fresh;
  const std::array<TargetId, 2> tried = {fresh.target_id("dubai"), fresh.target_id("mumbai")};
  decision = fresh.decide("realtime", [&](Request& request) { request.excluded = tried; });
  EXPECT_EQ(fresh.site_of(decision), "singapore");
  EXPECT_EQ(fresh.removed(decision, "dubai"), Removed::kRefused);
  decision = fresh.decide("realtime", [](Request& request) { request.local_only = true; });
  EXPECT_EQ(fresh.removed(decision, "singapore"), Removed::kRemote);
}

TEST(Decision, LocalSiteNeedsNoPath) {
  World world;
  for (const char* site : {"dubai", "mumbai", "singapore"}) world.down(site, "realtime");
  world.local({.model = ModelName{"llama-70b"}, .capacity = 4, .prefill_tokens_per_second = 1000, .itl_seconds = 0.03});
  const Decision decision = world.decide("realtime");
  EXPECT_EQ(world.site_of(decision), "pune");
  EXPECT_DOUBLE_EQ(decision.chosen->terms.rtt, 0);
}

TEST(Decision, AContextThatIsTooShortIsOut) {
  World world;
  world.load("dubai").context_tokens = 800;
  const Decision decision = world.decide("realtime");
  EXPECT_EQ(world.removed(decision, "dubai"), Removed::kContext);
}

TEST(Decision, ThePolicysContextIsALimitToo) {
  World world;
  world.config().models[0].context_tokens = 900;
  world.load("dubai").context_tokens = 800;
  world.load("mumbai").context_tokens = 32'000;
  const Decision decision = world.decide("realtime");
  EXPECT_EQ(decision.chosen, nullptr);
  for (const char* site : {"dubai", "mumbai", "singapore"}) {
    EXPECT_EQ(world.removed(decision, site), Removed::kContext) << site;
  }
  EXPECT_EQ(decision.longest_context, 900U);
}

TEST(Decision, OnlyAPromptThatFitsNowhereIsTooLong) {
  World world;
  world.load("dubai").context_tokens = 700;
  world.load("mumbai").context_tokens = 800;
  EXPECT_EQ(world.decide("realtime").longest_context, 0U) << "singapore has room";
  world.down("singapore", "realtime");
  EXPECT_EQ(world.decide("realtime").longest_context, 0U) << "singapore may come back";
  EXPECT_EQ(world.decide("realtime").chosen, nullptr);
  world.load("singapore").context_tokens = 600;
  EXPECT_EQ(world.decide("realtime").longest_context, 800U) << "it is no use waiting for singapore";
  world.load("mumbai").adapters_loadable = {"sql"};
  world.load("mumbai").context_tokens = 500;
  const auto with_adapter = [](Request& request) { request.adapter = "sql"; };
  EXPECT_EQ(world.decide("realtime", with_adapter).longest_context, 500U) << "of those that have the adapter";
  world.load("singapore").context_tokens = 0;
  world.load("mumbai").context_tokens = 550;
  EXPECT_EQ(world.decide(
                     "realtime", [](Request&) {}, "data=personal-in")
                .longest_context,
            550U)
      << "of those that policy allows";
}

TEST(Decision, AdaptersAreReadyLoadableOrAbsent) {
  World world;
  world.load("dubai").adapters_loaded = {"sql"};
  world.load("mumbai").adapters_loadable = {"sql"};
  world.load("mumbai").adapter_load_seconds = 2;
  const Decision decision = world.decide("realtime", [](Request& request) { request.adapter = "sql"; });
  EXPECT_EQ(world.site_of(decision), "dubai");
  EXPECT_DOUBLE_EQ(world.alternative(decision, "mumbai")->terms.adapter_load, 2);
  EXPECT_EQ(world.removed(decision, "singapore"), Removed::kAdapter);
}

TEST(Decision, AWarmSiteIsAComputedTrade) {
  World world;
  world.rtt("dubai", "realtime", 5);
  world.rtt("mumbai", "realtime", 40);
  world.rtt("singapore", "realtime", 90);
  const std::vector<std::uint64_t> blocks = {11, 12, 13, 14, 15, 16, 17};
  const auto with_blocks = [&](Request& request) { request.prefix_blocks = blocks; };
  EXPECT_EQ(world.site_of(world.decide("realtime", with_blocks)), "dubai");
  world.load("mumbai").prefix_blocks = blocks;  // 896 of 1000 tokens: 112 ms of prefill saved for 35 ms of path
  Decision decision = world.decide("realtime", with_blocks);
  EXPECT_EQ(world.site_of(decision), "mumbai");
  EXPECT_NEAR(world.alternative(decision, "mumbai")->terms.cached_tokens, 896, 1);
  world.load("mumbai").prefix_blocks = {12, 13};  // not from the start: worth nothing
  EXPECT_EQ(world.site_of(world.decide("realtime", with_blocks)), "dubai");
  world.memory_.remember(blocks, world.views_.load->model("llama-70b")->id, world.target_id("mumbai"));
  EXPECT_EQ(world.site_of(world.decide("realtime", with_blocks)), "mumbai") << "what we sent there counts too";
}

TEST(Decision, LearnedRatioScalesTheSiteNotThePath) {
  World world;
  const ModelId model = world.views().load->model("llama-70b")->id;
  for (int i = 0; i < 200; ++i) world.learned_.observe_ttft(world.target_id("dubai"), model, 0.1, 0.3);
  const Decision decision = world.decide("realtime");
  const Alternative* dubai = world.alternative(decision, "dubai");
  const Alternative* mumbai = world.alternative(decision, "mumbai");
  EXPECT_NEAR(dubai->terms.prefill / mumbai->terms.prefill, 2.9, 0.1);
  EXPECT_DOUBLE_EQ(dubai->terms.rtt, mumbai->terms.rtt);
}

TEST(Decision, CostObjectivePrefersTheCheapUntilTheDeadline) {
  World world;
  world.load("dubai").price_per_million_tokens = 2;
  world.load("mumbai").price_per_million_tokens = 0.5;
  world.load("singapore").price_per_million_tokens = 1;
  world.load("mumbai").in_flight_prefill_tokens = 80'000;  // 10 s
  EXPECT_EQ(world.site_of(world.decide("batch")), "mumbai");
  world.config().tiers[2].budget = std::chrono::seconds{8};
  EXPECT_EQ(world.site_of(world.decide("batch")), "singapore");
}

TEST(Decision, EqualPricesAreDecidedByTime) {
  World world;
  world.rtt("dubai", "batch", 900);
  world.rtt("mumbai", "batch", 900);
  EXPECT_EQ(world.site_of(world.decide("batch")), "singapore");
}

// The loop over all sites and the terms of a record must tell the same story.
TEST(QuickCost, AgreesWithTheTerms) {
  Random random(5);
  for (int round = 0; round < 400; ++round) {
    fabric::ModelState state{.model = ModelName{"m"}};
    if (random.below(4) != 0) state.prefill_tokens_per_second = random.uniform(100, 50'000);
    if (random.below(4) != 0) state.capacity = static_cast<std::uint32_t>(1 + random.below(64));
    LoadCell cell;
    cell.requests = static_cast<std::int32_t>(random.below(40));
    cell.prefill_tokens = static_cast<std::int32_t>(random.below(50'000));
    Offer offer{.itl = random.below(3) == 0 ? 0 : random.uniform(0.005, 0.05),
                .price_per_token = random.uniform(0, 1e-5),
                .itl_slope = static_cast<float>(random.uniform(0, 0.001)),
                .capacity = static_cast<float>(state.capacity),
                .running = static_cast<float>(random.below(64)),
                .waiting = static_cast<float>(random.below(20)),
                .prefill_tokens = static_cast<float>(random.below(100'000)),
                .prefill_rate = static_cast<float>(state.prefill_tokens_per_second),
                .own_requests = static_cast<std::int32_t>(random.below(60)),
                .own_prefill_tokens = static_cast<std::int32_t>(random.below(50'000)),
                .state = &state,
                .cell = &cell};
    PathTerms path{.up = true, .rtt_s = random.uniform(0, 0.3)};
    if (random.below(2) == 0) path.bytes_per_second = random.uniform(1e5, 1e9);
    CostInput input{.prompt_tokens = random.uniform(1, 30'000),
                    .cached_tokens = random.uniform(0, 30'000),
                    .output_tokens = random.uniform(1, 2000),
                    .body_bytes = random.uniform(100, 200'000),
                    .adapter_load = random.below(2) == 0 ? 0 : random.uniform(0, 10),
                    .ratio = random.uniform(0.25, 4),
                    .objective = static_cast<policy::Objective>(random.below(3)),
                    .budget_s = random.below(2) == 0 ? 0 : 1e5};
    OfferColumns columns;
    columns.add(offer);
    SiteColumns sites{
        .rtt_s = {static_cast<float>(path.rtt_s)},
        .seconds_per_byte = {path.bytes_per_second > 0 ? static_cast<float>(1 / path.bytes_per_second) : 0},
        .requests = {static_cast<float>(cell.requests)},
        .prefill_tokens = {static_cast<float>(cell.prefill_tokens)},
        .cached_tokens = {static_cast<float>(input.cached_tokens)},
        .ratio = {static_cast<float>(input.ratio)},
        .adapter_load_s = {static_cast<float>(input.adapter_load)}};
    std::array<float, 1> quick{};
    quick_costs(input, columns, sites, quick);
    const double exact = cost_of(offer, path, input).objective;
    EXPECT_NEAR(quick[0], exact, exact * 1e-4) << "round " << round;
    sites.rtt_s[0] = std::numeric_limits<float>::infinity();
    quick_costs(input, columns, sites, quick);
    EXPECT_EQ(quick[0], std::numeric_limits<float>::infinity());
  }
}

TEST(BlockFilters, FindWhatWasAddedAndLittleElse) {
  BlockFilters filters;
  filters.resize(200);
  Random random(3);
  std::vector<std::vector<std::uint64_t>> blocks(200);
  for (std::size_t offer = 0; offer < blocks.size(); ++offer) {
    for (int i = 0; i < 64; ++i) {
      blocks[offer].push_back(random());
      filters.add(offer, blocks[offer].back());
    }
  }
  std::vector<std::uint64_t> scratch;
  std::vector<std::uint16_t> depth;
  std::size_t mistaken = 0;
  for (std::size_t offer = 0; offer < blocks.size(); ++offer) {
    filters.depths(blocks[offer], scratch, depth);
    EXPECT_EQ(depth[offer], 64);
    const std::array<std::uint64_t, 3> broken = {blocks[offer][0], random(), blocks[offer][1]};
    filters.depths(broken, scratch, depth);
    EXPECT_GE(depth[offer], 1);
    const std::array<std::uint64_t, 1> unknown = {random()};
    filters.depths(unknown, scratch, depth);
    mistaken += static_cast<std::size_t>(std::ranges::count_if(depth, [](std::uint16_t each) { return each > 0; }));
  }
  EXPECT_LT(mistaken, 200U * 200U / 100U);  // 1 in 200 is expected
}

TEST(Pick, ARecordHasTheBestAndTheChosen) {
  World world;
  const Decision decision = world.decide("realtime");
  ASSERT_EQ(decision.alternatives.size(), 3U);
  EXPECT_EQ(decision.alternatives_total, 3U);
  for (std::size_t i = 1; i < decision.alternatives.size(); ++i) {
    EXPECT_LE(decision.alternatives[i - 1].terms.objective, decision.alternatives[i].terms.objective + 1e-9);
  }
  EXPECT_TRUE(decision.chosen->near_best);
}

TEST(Pick, NearBestSitesShareByHeadroom) {
  World world;                       // three equal sites
  world.load("dubai").running = 24;  // a quarter of its places is free
  const auto shares = world.shares("realtime", 3000);
  EXPECT_GT(shares.at("mumbai"), 1100);
  EXPECT_GT(shares.at("singapore"), 1100);
  EXPECT_GT(shares.at("dubai"), 200);
  EXPECT_LT(shares.at("dubai"), 480);
}

TEST(Pick, FreshDataNeverPicksAFarSite) {
  World world;
  world.rtt("singapore", "realtime", 400);
  const auto shares = world.shares("realtime", 1000);
  EXPECT_FALSE(shares.contains("singapore"));
}

TEST(Pick, OldDataBecomesPowerOfTwo) {
  World world;
  for (const char* site : {"dubai", "mumbai", "singapore"}) world.age(site, std::chrono::seconds{6});
  world.rtt("mumbai", "realtime", 40);  // outside the near-best, inside the wide band
  const Decision decision = world.decide("realtime");
  EXPECT_EQ(decision.how, PickedBy::kPowerOfTwo);
  const auto shares = world.shares("realtime", 3000);
  EXPECT_NEAR(shares.at("mumbai"), 3000 / 9, 90) << "chosen only when both draws are mumbai";
}

TEST(Pick, TheSameSeedDecidesTheSame) {
  const auto run = [] {
    World world;
    std::string sites;
    for (int i = 0; i < 50; ++i) sites += world.site_of(world.decide("standard"))[0];
    return sites;
  };
  EXPECT_EQ(run(), run());
}

TEST(PathView, WithoutTeNothingRemoteIsEligible) {
  World world;
  const Views views = world.views();
  const auto paths = build_path_view(*views.policy, SiteName{"pune"}, nullptr, nullptr);
  for (std::size_t s = 0; s < views.policy->sites().size(); ++s) {
    EXPECT_EQ(paths->terms[0][s].up, views.policy->sites()[s] == SiteName{"pune"});
  }
}

TEST(PathView, ComputedDelayStandsInForAMissingMeasurement) {
  World world;
  const Views views = world.views();
  auto snapshot = std::make_shared<te::PathSnapshot>();
  te::CandidatePathState candidate{.origin = te::PathOrigin::kPcep, .valid = true, .alive = true};
  candidate.computed_delay = Microseconds{4000};
  candidate.reserved_bandwidth = BitsPerSecond{80'000'000};
  snapshot->paths.push_back({.site = SiteName{"dubai"},
                             .tier = TierName{"realtime"},
                             .status = te::PathStatus::kUp,
                             .active = 0,
                             .candidates = {candidate}});
  const auto paths = build_path_view(*views.policy, SiteName{"pune"}, snapshot, nullptr);
  EXPECT_DOUBLE_EQ(paths->terms[0][0].rtt_s, 0.008);
  EXPECT_FALSE(paths->terms[0][0].measured);
  EXPECT_DOUBLE_EQ(paths->terms[0][0].bytes_per_second, 10e6);
  EXPECT_EQ(*paths->terms[0][0].label, "pcep");
  const auto again = build_path_view(*views.policy, SiteName{"pune"}, snapshot, paths.get());
  EXPECT_EQ(again->terms[0][0].label, paths->terms[0][0].label) << "the same text is one object";
}

TEST(LoadView, OwnSiteComesFromHereNotFromTheBus) {
  World world;
  world.local({.model = ModelName{"llama-70b"}, .capacity = 4});
  const Views views = world.views();
  ASSERT_EQ(views.load->targets.size(), 4u);
  EXPECT_TRUE(views.load->targets[0].local);
  EXPECT_EQ(views.load->targets[0].site, SiteName{"pune"});
  EXPECT_EQ(views.load->model("unknown"), nullptr);
}

TEST(DecisionRecord, KeepsTheCheapestOfMany) {
  World world;
  DecisionRecord record;
  world.rtt("mumbai", "realtime", 40);
  world.rtt("dubai", "realtime", 80);
  const Decision decision = world.decide("realtime");
  record_decision(decision, world.last_request_, world.views_, record);
  ASSERT_EQ(record.alternatives.size(), 3u);
  EXPECT_EQ(record.alternatives[0].site, SiteName{"singapore"});
  EXPECT_TRUE(record.alternatives[0].near_best);
  EXPECT_EQ(record.alternatives[1].site, SiteName{"mumbai"});
  EXPECT_EQ(record.alternatives[2].site, SiteName{"dubai"});
  EXPECT_FALSE(record.alternatives[2].near_best);
  EXPECT_EQ(*record.alternatives[0].path, "flex-algo 128");
  EXPECT_EQ(record.site, SiteName{"singapore"});
}

TEST(RecordRing, DropsWhenFullAndKeepsOrder) {
  RecordRing ring(2);
  DecisionRecord record;
  for (const char* id : {"a", "b", "c"}) {
    record.clear();
    record.id = RequestId{id};
    EXPECT_EQ(ring.push(record), std::string_view(id) != "c");
  }
  EXPECT_EQ(ring.dropped(), 1u);
  DecisionRecord out;
  ASSERT_TRUE(ring.pop(out));
  EXPECT_EQ(out.id, RequestId{"a"});
  ASSERT_TRUE(ring.pop(out));
  EXPECT_EQ(out.id, RequestId{"b"});
  EXPECT_FALSE(ring.pop(out));
}

TEST(PrefixMemory, RemembersTheNewestTargets) {
  PrefixMemory memory(16);
  const std::vector<std::uint64_t> blocks = {1, 2, 3};
  for (TargetId target = 1; target <= 6; ++target) memory.remember(blocks, 0, target);
  const PrefixMemory::Entry* entry = memory.find(2, 0);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->count, PrefixMemory::kTargetsPerBlock);
  EXPECT_THAT(std::vector(entry->targets.begin(), entry->targets.end()), testing::ElementsAre(6, 5, 4, 3));
  memory.remember(blocks, 0, 4);
  EXPECT_EQ(memory.find(2, 0)->targets[0], 4);
  EXPECT_EQ(memory.find(2, 1), nullptr) << "another model's";
}

TEST(Learned, RatiosAreBounded) {
  Learned learned;
  EXPECT_DOUBLE_EQ(learned.ratio(3, 1), 1);
  for (int i = 0; i < 500; ++i) learned.observe_ttft(3, 1, 0.01, 100);
  EXPECT_NEAR(learned.ratio(3, 1), 4, 0.01);
  EXPECT_DOUBLE_EQ(learned.ratio(4, 1), 1);
  EXPECT_DOUBLE_EQ(learned.bytes_per_token(1, 4.5), 4.5);
  for (int i = 0; i < 100; ++i) learned.observe_prompt(1, 3000, 1000);
  EXPECT_NEAR(learned.bytes_per_token(1, 4.5), 3, 0.01);
}

}  // namespace
}  // namespace pathwise::router::select
