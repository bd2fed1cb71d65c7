// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "base/format.h"
#include "lab/load/answer_check.h"
#include "lab/load/latency.h"
#include "lab/load/summary.h"
#include "lab/runtime/openai.h"

namespace pathwise::lab {
namespace {

constexpr std::uint64_t kSeed = 77;
constexpr SteadyTime kNow{std::chrono::hours{1}};

const ResponseHead kHead{.kind = ApiKind::kChat, .id = "chatcmpl-1", .model = "m", .include_usage = true};

std::string token(std::uint64_t index, std::string_view finish = "") {
  return render_chunk(kHead, word(kSeed, index, 4), index == 0, finish);
}
std::string usage(std::uint32_t tokens) {
  return render_usage_chunk(kHead, {10, tokens, 3});
}
std::string whole_stream() {
  return token(0) + token(1) + token(2, "stop") + usage(3) + std::string(kDoneEvent);
}

Failure verdict(std::string_view body) {
  AnswerCheck check(/*stream=*/true, kSeed);
  check.feed(body, kNow);
  check.finish(kNow);
  return check.failure();
}

TEST(AnswerCheck, AcceptsAWholeStreamHoweverItIsCut) {
  const std::string body = whole_stream();
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    AnswerCheck check(true, kSeed);
    check.feed(std::string_view(body).substr(0, cut), kNow);
    check.feed(std::string_view(body).substr(cut), kNow);
    check.finish(kNow);
    ASSERT_EQ(check.failure(), Failure::kNone) << cut << ": " << check.detail();
    ASSERT_EQ(check.tokens(), 3U);
    ASSERT_EQ(check.cached_tokens(), 3U);
  }
}

TEST(AnswerCheck, NoPrefixOfAStreamIsWhole) {
  const std::string body = whole_stream();
  // Without its very last newline the last event's line is still whole.
  for (std::size_t size = 0; size + 1 < body.size(); ++size) {
    ASSERT_NE(verdict(std::string_view(body).substr(0, size)), Failure::kNone) << size;
  }
}

TEST(AnswerCheck, NamesWhatIsMissing) {
  EXPECT_EQ(verdict(token(0) + token(1) + usage(2) + std::string(kDoneEvent)), Failure::kIncomplete) << "finish_reason";
  EXPECT_EQ(verdict(token(0, "stop") + usage(1)), Failure::kIncomplete) << "[DONE]";
  EXPECT_EQ(verdict(token(0, "stop") + std::string(kDoneEvent)), Failure::kIncomplete) << "usage";
  EXPECT_EQ(verdict(""), Failure::kIncomplete);
}

TEST(AnswerCheck, FindsLostRepeatedSwappedAndAlteredTokens) {
  const std::string end = usage(3) + std::string(kDoneEvent);
  EXPECT_EQ(verdict(token(0) + token(2, "stop") + end), Failure::kWrongText) << "lost";
  EXPECT_EQ(verdict(token(1) + token(2, "stop") + end), Failure::kWrongText) << "the first one lost";
  EXPECT_EQ(verdict(token(0) + token(1, "stop") + end), Failure::kWrongText) << "the last one lost: usage knows";
  EXPECT_EQ(verdict(token(0) + token(1) + token(1) + token(2, "stop") + end), Failure::kWrongText) << "repeated";
  EXPECT_EQ(verdict(token(0) + token(2) + token(1, "stop") + end), Failure::kWrongText) << "swapped";
  std::string altered = whole_stream();
  const std::size_t at = altered.find(word(kSeed, 1, 4));
  altered[at + 2] = altered[at + 2] == 'a' ? 'b' : 'a';
  EXPECT_EQ(verdict(altered), Failure::kWrongText);
}

TEST(AnswerCheck, RefusesWhatIsNotTheApi) {
  EXPECT_EQ(verdict("<html>\n"), Failure::kMalformed);
  EXPECT_EQ(verdict("data: {nonsense\n\n"), Failure::kMalformed);
  EXPECT_EQ(verdict("data: {}\n\n"), Failure::kMalformed);
  EXPECT_EQ(verdict(whole_stream() + token(3)), Failure::kMalformed) << "after [DONE]";
  EXPECT_EQ(verdict(token(0, "stop") + token(1)), Failure::kMalformed) << "after finish_reason";
  EXPECT_EQ(verdict(token(0) + "data: {\"error\":{\"message\":\"no\"}}\n\n"), Failure::kErrorEvent);
  EXPECT_EQ(verdict(std::string((1U << 20U) + 1, 'x')), Failure::kMalformed) << "a line without end";
}

TEST(AnswerCheck, CommentsAndCarriageReturnsAreFine) {
  EXPECT_EQ(verdict(": ping\r\n\r\n" + whole_stream()), Failure::kNone);
}

TEST(AnswerCheck, ChecksAnswersThatAreNotStreamed) {
  const auto verdict_of = [](const std::string& text, std::uint32_t tokens, std::string_view finish) {
    AnswerCheck check(/*stream=*/false, kSeed);
    check.feed(render_completion(kHead, text, finish, {10, tokens, 0}), kNow);
    check.finish(kNow);
    return check.failure();
  };
  const std::string text = word(kSeed, 0, 4) + word(kSeed, 1, 4);
  EXPECT_EQ(verdict_of(text, 2, "stop"), Failure::kNone);
  EXPECT_EQ(verdict_of(text, 3, "stop"), Failure::kWrongText);
  EXPECT_EQ(verdict_of(word(kSeed, 0, 4) + word(kSeed, 2, 4), 2, "stop"), Failure::kWrongText);
  EXPECT_EQ(verdict_of(text, 2, ""), Failure::kIncomplete);
}

TEST(AnswerCheck, TheFirstTokensTimeIsKept) {
  AnswerCheck check(true, kSeed);
  check.feed(": waiting\n\n", kNow);
  EXPECT_FALSE(check.first_token_at());
  check.feed(token(0), kNow + std::chrono::milliseconds(5));
  check.feed(token(1), kNow + std::chrono::milliseconds(9));
  EXPECT_EQ(check.first_token_at(), kNow + std::chrono::milliseconds(5));
}

TEST(LatencyQuantiles, AreAtMostTwoPercentAbove) {
  LatencyQuantiles quantiles;
  EXPECT_EQ(quantiles.quantile(0.5), Microseconds(0));
  for (int i = 1; i <= 1000; ++i) quantiles.record(Microseconds(i * 1000));
  for (const double q : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double truth = q * 1'000'000;
    const auto answer = static_cast<double>(quantiles.quantile(q).count());
    EXPECT_GE(answer, truth);
    EXPECT_LE(answer, truth * 1.021);
  }
}

TEST(LoadSummary, CountsByTierSiteAndFailure) {
  LoadSummary summary;
  const auto add = [&](const char* tier, const char* site, Failure failure) {
    const RequestRecord record{
        .tier = TierName(tier), .failure = failure, .site = SiteName(site), .ttft = Milliseconds(20)};
    summary.tiers[record.tier].add(record);
    summary.total.add(record);
  };
  add("realtime", "mumbai", Failure::kNone);
  add("realtime", "dubai", Failure::kRefused);
  add("batch", "dubai", Failure::kClosed);
  EXPECT_EQ(summary.total.requests, 3U);
  EXPECT_EQ(summary.total.succeeded, 1U);
  EXPECT_EQ(summary.total.broken(), 1U) << "a refusal is an answer";
  EXPECT_EQ(summary.tiers[TierName("realtime")].sites.size(), 1U);
  EXPECT_THAT(summary.table(), testing::HasSubstr("mumbai:1 refused:1"));
}

TEST(LoadSummary, SitesAreBounded) {
  TierSummary tier;
  for (int i = 0; i < 1000; ++i) tier.add({.site = SiteName(formatted("site-{}", i))});
  EXPECT_EQ(tier.sites.size(), TierSummary::kMaxSites + 1);
  EXPECT_EQ(tier.sites[SiteName("(other)")], 1000 - TierSummary::kMaxSites);
}

}  // namespace
}  // namespace pathwise::lab
