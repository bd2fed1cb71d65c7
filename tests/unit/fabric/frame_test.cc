// SPDX-License-Identifier: Apache-2.0
#include "fabric/frame.h"

#include <gmock/gmock.h>

#include <limits>

namespace pathwise::fabric {
namespace {

using ::testing::HasSubstr;

Digest a_digest() {
  return {.site = SiteName("mumbai"),
          .router = RouterName("r1"),
          .epoch = 1'700'000'000'000'000,
          .sequence = 42,
          .measured_unix_us = 1'700'000'000'000'001,
          .admission = Admission::kBusy,
          .models = {{.model = ModelName("llama-70b"),
                      .capacity = 64,
                      .running = 12,
                      .waiting = 3,
                      .in_flight_prefill_tokens = 9000,
                      .kv_used = 0.753,
                      .prefill_tokens_per_second = 8123.5,
                      .itl_seconds = 0.025,
                      .itl_slope_seconds = 0.0004,
                      .prefix_blocks = {1, 7, std::numeric_limits<std::uint64_t>::max()}},
                     {.model = ModelName("llama-8b")}}};
}
Record a_record() {
  return {.site = SiteName("mumbai"),
          .router = RouterName("r1"),
          .epoch = 5,
          .sequence = 1,
          .models = {{.model = ModelName("llama-70b"),
                      .adapters_loaded = {"law"},
                      .adapters_loadable = {"law", "tax"},
                      .price_per_million_tokens = 0.4,
                      .context_tokens = 128'000,
                      .adapter_load_seconds = 1.5}}};
}

template <typename T>
T round_trip(const T& message) {
  const auto frame = decode(encode(message));
  EXPECT_TRUE(frame) << frame.error().message;
  return frame && std::holds_alternative<T>(*frame) ? std::get<T>(*frame) : T{};
}

TEST(Frame, RoundTrips) {
  EXPECT_EQ(round_trip(a_digest()), a_digest());
  EXPECT_EQ(round_trip(a_record()), a_record());
  const Hello hello{.site = SiteName("dubai"), .router = RouterName("r2"), .hashes = {"p", "f", "s"}};
  EXPECT_EQ(round_trip(hello), hello);
}

// By protoc --encode from the same text: what goes over the wire is the .proto, not our structs.
TEST(Frame, HelloAsOthersWriteIt) {
  const std::string bytes(
      "\x0a\x10\x08\x01\x12\x05"
      "dubai"
      "\x1a\x02"
      "r2"
      "\x22\x01"
      "p",
      18);
  const Hello hello{.site = SiteName("dubai"), .router = RouterName("r2"), .hashes = {.policy = "p"}};
  EXPECT_EQ(encode(hello), bytes);
  EXPECT_EQ(*decode(bytes), Frame(hello));
}

TEST(Frame, AnUnknownKindIsNoError) {
  const std::string field_15(
      "\x7a\x03"
      "abc",
      5);
  const auto frame = decode(field_15);
  ASSERT_TRUE(frame) << frame.error().message;
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*frame));
}

TEST(Frame, SortsWhatSelectionSearches) {
  Digest digest = a_digest();
  std::swap(digest.models[0], digest.models[1]);
  digest.models[1].prefix_blocks = {7, 1, 7, std::numeric_limits<std::uint64_t>::max()};
  EXPECT_EQ(round_trip(digest), a_digest());
}

template <typename Change>
std::string refusal(Change change) {
  auto digest = a_digest();
  change(digest);
  const auto frame = decode(encode(digest));
  return frame ? "accepted" : frame.error().message;
}

TEST(Frame, RefusesWhatCannotBeCalculatedWith) {
  EXPECT_EQ(refusal([](Digest&) {}), "accepted");
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(refusal([](Digest& d) { d.models[0].itl_seconds = kNan; }), HasSubstr("no number from 0"));
  EXPECT_THAT(refusal([](Digest& d) { d.models[0].itl_slope_seconds = -1; }), HasSubstr("no number from 0"));
  EXPECT_THAT(refusal([](Digest& d) { d.models[0].prefill_tokens_per_second = 1 / 0.0; }), HasSubstr("no number"));
  EXPECT_THAT(refusal([](Digest& d) { d.models[0].model = ModelName(); }), HasSubstr("without a name"));
  EXPECT_THAT(refusal([](Digest& d) { d.models[1].model = d.models[0].model; }), HasSubstr("a model twice"));
  EXPECT_THAT(refusal([](Digest& d) { d.site = SiteName(std::string(200, 'x')); }), HasSubstr("without site"));
  EXPECT_THAT(refusal([](Digest& d) { d.admission = Admission{9}; }), HasSubstr("no admission"));
}

TEST(Frame, CutsOwnListsAtTheLimits) {
  Digest digest = a_digest();
  digest.models.clear();
  for (std::size_t i = 0; i < kMaxModels + 5; ++i) {
    digest.models.push_back({.model = ModelName("m" + std::to_string(1000 + i))});
  }
  digest.models[0].prefix_blocks.resize(kMaxPrefixBlocks + 5);
  for (std::size_t i = 0; i < kMaxPrefixBlocks + 5; ++i) digest.models[0].prefix_blocks[i] = i;
  const Digest got = round_trip(digest);
  EXPECT_EQ(got.models.size(), kMaxModels);
  EXPECT_EQ(got.models.at(0).prefix_blocks.size(), kMaxPrefixBlocks);
}

TEST(Frame, JunkIsAnError) {
  EXPECT_FALSE(decode("\xff\xff\xff"));
  EXPECT_FALSE(decode(std::string(kMaxFrameBytes + 1, '\0')));
}

TEST(FrameReader, CutsAStreamWhereverItIsCut) {
  const std::string stream = with_length("abc") + with_length("") + with_length(std::string(1000, 'x'));
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    FrameReader reader;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      reader.feed(std::string_view(stream).substr(at, step));
      for (;;) {
        const auto body = reader.next();
        ASSERT_TRUE(body);
        if (!*body) break;
        got.emplace_back(**body);
      }
    }
    ASSERT_EQ(got.size(), 3U) << step;
    EXPECT_EQ(got[0], "abc");
    EXPECT_EQ(got[1], "");
    EXPECT_EQ(got[2], std::string(1000, 'x'));
  }
}

TEST(FrameReader, RefusesALengthOverTheLimitBeforeItComes) {
  FrameReader reader;
  reader.feed(std::string_view("\x00\x04\x00\x01", 4));  // 262,145
  const auto body = reader.next();
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ErrorCode::kResourceExhausted);
  FrameReader largest;
  largest.feed(std::string_view("\x00\x04\x00\x00", 4));
  EXPECT_TRUE(largest.next());
}

}  // namespace
}  // namespace pathwise::fabric
