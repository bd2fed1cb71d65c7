// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/definition_watch.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Algorithm kFast{128};
constexpr Algorithm kBulk{129};

class DefinitionWatchTest : public testing::Test {
 protected:
  DefinitionWatchTest() {
    FlexAlgoDefinition bulk{.algorithm = kBulk};
    bulk.exclude_any.set(0);
    own_ = definition_hashes({{.algorithm = kFast, .metric = MetricType::kMinDelay}, bulk});
  }
  const Ipv6Address r2_ = *Ipv6Address::parse("2001:db8:12::2");
  const Ipv6Address r3_ = *Ipv6Address::parse("2001:db8:13::3");
  const std::map<Ipv6Address, NodeName> neighbours_{{r2_, NodeName("r2")}, {r3_, NodeName("r3")}};
  DefinitionHashes own_;
  ManualClock clock_;
};

TEST_F(DefinitionWatchTest, HashesSurviveTheWire) {
  const auto value = encode_definition_hashes(own_);
  EXPECT_EQ(value.size(), 18U);
  EXPECT_EQ(value.front(), 128);
  EXPECT_EQ(decode_definition_hashes(value), own_);
  EXPECT_FALSE(decode_definition_hashes(std::span(value).first(17)));
  EXPECT_THAT(*decode_definition_hashes({}), IsEmpty());
}

TEST_F(DefinitionWatchTest, AgreementHoldsNothing) {
  DefinitionWatch watch(own_);
  watch.set_neighbours(clock_.now(), neighbours_);
  watch.heard(clock_.now(), r2_, own_);
  watch.heard(clock_.now(), r3_, own_);
  EXPECT_THAT(watch.held(clock_.now()), IsEmpty());
  EXPECT_THAT(watch.offenders(clock_.now()), IsEmpty());
}

TEST_F(DefinitionWatchTest, OnlyTheAlgorithmThatDiffersIsHeldAndTheOffenderNamed) {
  DefinitionWatch watch(own_);
  watch.set_neighbours(clock_.now(), neighbours_);
  DefinitionHashes other = own_;
  other[kBulk] ^= 1;
  watch.heard(clock_.now(), r2_, own_);
  watch.heard(clock_.now(), r3_, other);
  EXPECT_THAT(watch.held(clock_.now()), ElementsAre(kBulk));
  EXPECT_THAT(watch.offenders(clock_.now()), ElementsAre(Offender{kBulk, NodeName("r3"), false}));
  watch.heard(clock_.now(), r3_, own_);  // repaired
  EXPECT_THAT(watch.held(clock_.now()), IsEmpty());
}

TEST_F(DefinitionWatchTest, AnAlgorithmThatOneSideLacksIsHeld) {
  DefinitionWatch watch(own_);
  watch.set_neighbours(clock_.now(), {{r2_, NodeName("r2")}});
  watch.heard(clock_.now(), r2_, {{kFast, own_.at(kFast)}});
  EXPECT_THAT(watch.offenders(clock_.now()), ElementsAre(Offender{kBulk, NodeName("r2"), true}));
}

TEST_F(DefinitionWatchTest, WaitsForFirstWordsButNotForEver) {
  DefinitionWatch watch(own_);
  EXPECT_THAT(watch.held(clock_.now()), IsEmpty());  // no neighbours: nothing to wait for
  clock_.advance(std::chrono::seconds(30));
  watch.set_neighbours(clock_.now(), neighbours_);
  watch.heard(clock_.now(), r2_, own_);
  EXPECT_THAT(watch.held(clock_.now()), ElementsAre(kFast, kBulk));
  clock_.advance(DefinitionWatch::kStartGrace);
  EXPECT_THAT(watch.held(clock_.now()), IsEmpty());  // r3 does not run pathwise-frr, or is down
}

TEST_F(DefinitionWatchTest, WordsOfNeighboursThatAreGoneOrSilentDoNotCount) {
  DefinitionWatch watch(own_);
  watch.set_neighbours(clock_.now(), neighbours_);
  watch.heard(clock_.now(), r2_, own_);
  watch.heard(clock_.now(), r3_, {});
  EXPECT_THAT(watch.held(clock_.now()), ElementsAre(kFast, kBulk));
  watch.set_neighbours(clock_.now(), {{r2_, NodeName("r2")}});
  EXPECT_THAT(watch.held(clock_.now()), IsEmpty());
  watch.set_neighbours(clock_.now(), neighbours_);
  clock_.advance(DefinitionWatch::kMaxAge + std::chrono::milliseconds(1));
  EXPECT_THAT(watch.held(clock_.now()), IsEmpty());
}

}  // namespace
}  // namespace pathwise::te
