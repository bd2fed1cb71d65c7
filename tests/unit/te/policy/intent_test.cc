// SPDX-License-Identifier: Apache-2.0
#include "te/policy/intent.h"

#include <gmock/gmock.h>

#include "../support/intents.h"

namespace pathwise::te {
namespace {

using test::address;
using test::intent;
using test::prefix;
using testing::HasSubstr;

std::string problem(const TeIntent& wrong) {
  const auto result = validate(wrong);
  return result ? "accepted" : result.error().message;
}

TEST(ValidateIntent, AcceptsAGoodOne) {
  EXPECT_TRUE(validate(intent()));
}

TEST(ValidateIntent, NamesWhatContradictsWhat) {
  auto wrong = intent();
  wrong.peers[0].prefix = prefix("2001:db8::/64");
  EXPECT_THAT(problem(wrong), HasSubstr("outside the tier aggregate fd00::/16"));

  wrong = intent();
  wrong.peers[1] = wrong.peers[0];
  EXPECT_THAT(problem(wrong), HasSubstr("two paths to singapore for tier realtime"));

  wrong = intent();
  wrong.peers[1].prefix = wrong.peers[0].prefix;
  wrong.peers[1].address = wrong.peers[0].address;
  wrong.peers[1].candidates[0].probe_address = address("fd00:2:a::901");
  EXPECT_THAT(problem(wrong), HasSubstr("prefix fd00:2:a::/64 is that of singapore realtime and of singapore batch"));

  wrong = intent();
  wrong.peers[0].candidates[1].probe_address = wrong.peers[0].candidates[0].probe_address;
  EXPECT_THAT(problem(wrong), HasSubstr("probe address fd00:2:a::101 twice"));

  wrong = intent();
  wrong.peers[0].candidates.clear();
  EXPECT_THAT(problem(wrong), HasSubstr("no candidate path"));

  wrong = intent();
  wrong.peers[0].site = wrong.site;
  EXPECT_THAT(problem(wrong), HasSubstr("this site itself"));

  wrong = intent();
  wrong.own_tiers[0].address = address("fd00:9::1");
  EXPECT_THAT(problem(wrong), HasSubstr("own address fd00:9::1 is outside"));

  wrong = intent();
  wrong.own_tiers[0] = {.tier = TierName("x"), .prefix = wrong.peers[0].prefix, .address = wrong.peers[0].address};
  EXPECT_THAT(problem(wrong), HasSubstr("overlaps our own"));
}

TEST(LspName, IsSiteAndTierAndTheIndexOfLaterOnes) {
  auto peer = intent().peers[0];
  EXPECT_EQ(lsp_name(peer, 0), "singapore-realtime");
  peer.candidates[1].kind = PcepIntent{};
  EXPECT_EQ(lsp_name(peer, 1), "singapore-realtime-1");
}

}  // namespace
}  // namespace pathwise::te
