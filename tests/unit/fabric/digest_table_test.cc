// SPDX-License-Identifier: Apache-2.0
#include "fabric/digest_table.h"

#include <gmock/gmock.h>

namespace pathwise::fabric {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

const SiteName kDubai("dubai");
const SiteName kMumbai("mumbai");

Digest digest(std::uint64_t epoch, std::uint64_t sequence, std::uint32_t running, const char* site = "dubai",
              const char* router = "r1") {
  return {.site = SiteName(site),
          .router = RouterName(router),
          .epoch = epoch,
          .sequence = sequence,
          .models = {{.model = ModelName("m"), .capacity = 10, .running = running}}};
}
Record record(std::uint64_t epoch, std::uint64_t sequence, double price) {
  return {.site = kDubai,
          .router = RouterName("r1"),
          .epoch = epoch,
          .sequence = sequence,
          .models = {{.model = ModelName("m"), .price_per_million_tokens = price}}};
}

class Table : public ::testing::Test {
 protected:
  std::uint32_t running() {
    const auto snapshot = table_.snapshot();
    const ModelState* state = snapshot->find_model(0, ModelName("m"));
    return state == nullptr ? 9999 : state->running;
  }
  ManualClock clock_;
  DigestTable table_{clock_, {.entries = 4, .routers_per_site = 2}};
};

TEST_F(Table, ADigestBecomesAnEntryWithItsRecord) {
  EXPECT_EQ(table_.apply(kDubai, record(1, 1, 0.5)), Applied::kChanged);
  EXPECT_EQ(table_.snapshot()->size(), 0U) << "no load known yet";
  EXPECT_EQ(table_.apply(kDubai, digest(1, 1, 3)), Applied::kChanged);
  const auto snapshot = table_.snapshot();
  ASSERT_EQ(snapshot->size(), 1U);
  EXPECT_EQ(snapshot->site[0], kDubai);
  EXPECT_EQ(snapshot->router[0], RouterName("r1"));
  EXPECT_EQ(snapshot->received[0], clock_.now());
  const ModelState* state = snapshot->find_model(0, ModelName("m"));
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->running, 3U);
  EXPECT_DOUBLE_EQ(state->price_per_million_tokens, 0.5);
  EXPECT_EQ(snapshot->find_model(0, ModelName("none")), nullptr);
  EXPECT_EQ(snapshot->find_model(7, ModelName("m")), nullptr);
}

TEST_F(Table, SpeaksForItsOwnSiteOnly) {
  EXPECT_EQ(table_.apply(kMumbai, digest(1, 1, 3)), Applied::kRefused);
  EXPECT_EQ(table_.apply(kMumbai, record(1, 1, 3)), Applied::kRefused);
  EXPECT_EQ(table_.apply(kMumbai, Hello{.site = kDubai, .router = RouterName("r1")}), Applied::kRefused);
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(table_.counters().refused, 3U);
}

TEST_F(Table, OlderSequencesAndEpochsAreDropped) {
  table_.apply(kDubai, digest(5, 7, 1));
  EXPECT_EQ(table_.apply(kDubai, digest(5, 7, 2)), Applied::kOld) << "a duplicate";
  EXPECT_EQ(table_.apply(kDubai, digest(5, 6, 2)), Applied::kOld);
  EXPECT_EQ(table_.apply(kDubai, digest(4, 99, 2)), Applied::kOld);
  EXPECT_EQ(running(), 1U);
  EXPECT_EQ(table_.apply(kDubai, digest(6, 1, 2)), Applied::kChanged) << "a restart";
  EXPECT_EQ(running(), 2U);
}

TEST_F(Table, AnOlderEpochIsBelievedAfterSilence) {
  table_.apply(kDubai, digest(5, 7, 1));
  clock_.advance(seconds(2));
  EXPECT_EQ(table_.apply(kDubai, digest(4, 1, 2)), Applied::kOld);
  clock_.advance(seconds(1));
  EXPECT_EQ(table_.apply(kDubai, digest(5, 6, 2)), Applied::kOld) << "the same epoch never goes back";
  EXPECT_EQ(table_.apply(kDubai, digest(4, 2, 2)), Applied::kChanged);
  EXPECT_EQ(running(), 2U);
}

TEST_F(Table, IsBoundedPerSiteAndInAll) {
  EXPECT_EQ(table_.apply(kDubai, digest(1, 1, 1, "dubai", "r1")), Applied::kChanged);
  EXPECT_EQ(table_.apply(kDubai, digest(1, 1, 1, "dubai", "r2")), Applied::kChanged);
  EXPECT_EQ(table_.apply(kDubai, digest(1, 1, 1, "dubai", "r3")), Applied::kRefused);
  EXPECT_EQ(table_.apply(kMumbai, digest(1, 1, 1, "mumbai", "r1")), Applied::kChanged);
  EXPECT_EQ(table_.apply(kMumbai, digest(1, 1, 1, "mumbai", "r2")), Applied::kChanged);
  EXPECT_EQ(table_.apply(SiteName("pune"), digest(1, 1, 1, "pune")), Applied::kRefused);
  EXPECT_EQ(table_.size(), 4U);
}

TEST_F(Table, EntriesAreSorted) {
  table_.apply(kMumbai, digest(1, 1, 1, "mumbai", "r2"));
  table_.apply(kDubai, digest(1, 1, 1, "dubai", "r1"));
  table_.apply(kMumbai, digest(1, 1, 1, "mumbai", "r1"));
  const auto snapshot = table_.snapshot();
  EXPECT_THAT(snapshot->site, ElementsAre(kDubai, kMumbai, kMumbai));
  EXPECT_THAT(snapshot->router, ElementsAre(RouterName("r1"), RouterName("r1"), RouterName("r2")));
}

TEST_F(Table, ASnapshotStaysAsItWas) {
  table_.apply(kDubai, digest(1, 1, 1));
  const auto before = table_.snapshot();
  EXPECT_EQ(before, table_.snapshot()) << "nothing changed";
  table_.apply(kDubai, digest(1, 2, 5));
  const auto after = table_.snapshot();
  EXPECT_EQ(before->find_model(0, ModelName("m"))->running, 1U);
  EXPECT_EQ(after->find_model(0, ModelName("m"))->running, 5U);
  EXPECT_GT(after->version, before->version);
}

TEST_F(Table, TheSilentAreForgotten) {
  table_.apply(kDubai, digest(1, 1, 1));
  clock_.advance(seconds(30));
  table_.apply(kMumbai, digest(1, 1, 1, "mumbai"));
  EXPECT_FALSE(table_.expire());
  EXPECT_EQ(table_.snapshot()->size(), 2U);
  clock_.advance(seconds(30));
  EXPECT_TRUE(table_.expire());
  EXPECT_THAT(table_.snapshot()->site, ElementsAre(kMumbai));
}

TEST_F(Table, ARefusalCorrectsTheLoadAndNothingElse) {
  table_.apply(kDubai, record(1, 1, 0.5));
  table_.apply(kDubai, digest(1, 1, 1));
  clock_.advance(seconds(1));
  EXPECT_TRUE(table_.merge_refusal(kDubai, RouterName("r1"),
                                   {.model = ModelName("m"), .capacity = 10, .running = 10, .waiting = 4}));
  auto snapshot = table_.snapshot();
  EXPECT_EQ(snapshot->find_model(0, ModelName("m"))->waiting, 4U);
  EXPECT_DOUBLE_EQ(snapshot->find_model(0, ModelName("m"))->price_per_million_tokens, 0.5);
  EXPECT_EQ(snapshot->received[0], clock_.now());
  EXPECT_EQ(table_.apply(kDubai, digest(1, 2, 2)), Applied::kChanged);
  EXPECT_EQ(table_.snapshot()->find_model(0, ModelName("m"))->waiting, 0U) << "the next digest counts";
  EXPECT_FALSE(table_.merge_refusal(kMumbai, RouterName("r1"), {.model = ModelName("m")}));
  EXPECT_FALSE(table_.merge_refusal(kDubai, RouterName("r1"), {.model = ModelName("x")}));
}

TEST_F(Table, OnlySitesOfTheConfiguration) {
  table_.apply(kDubai, digest(1, 1, 1));
  table_.apply(kMumbai, digest(1, 1, 1, "mumbai"));
  table_.set_sites({kMumbai});
  EXPECT_THAT(table_.snapshot()->site, ElementsAre(kMumbai));
  EXPECT_EQ(table_.apply(kDubai, digest(1, 2, 1)), Applied::kRefused);
}

TEST_F(Table, ShowsThePolicyThatAPeerHas) {
  table_.apply(kDubai, Hello{.site = kDubai, .router = RouterName("r1"), .hashes = {.policy = "abc"}});
  table_.apply(kDubai, digest(1, 1, 1));
  EXPECT_THAT(table_.snapshot()->policy_hash, ElementsAre("abc"));
}

}  // namespace
}  // namespace pathwise::fabric
