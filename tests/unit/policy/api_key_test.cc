// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <memory>

#include "example.h"
#include "policy/policy_snapshot.h"

namespace pathwise::policy {
namespace {

using ::testing::HasSubstr;

constexpr std::array<std::uint8_t, 8> kSalt{'s', 'a', 'l', 't', 's', 'a', 'l', 't'};
constexpr ScryptCost kCheap{.n = 1024};

TEST(ApiKey, TheIdStandsInTheMiddle) {
  EXPECT_EQ(api_key_id("pw-k1-secret-with-dashes"), "k1");
  EXPECT_EQ(api_key_id("pw-k1-short"), std::nullopt) << "secret under 8 characters";
  EXPECT_EQ(api_key_id("pw--12345678"), std::nullopt);
  EXPECT_EQ(api_key_id("pw-K1-12345678"), std::nullopt);
  EXPECT_EQ(api_key_id("sk-k1-12345678"), std::nullopt);
  EXPECT_EQ(api_key_id("12345678"), std::nullopt);
  EXPECT_EQ(api_key_id(""), std::nullopt);
  EXPECT_EQ(api_key_id("pw-k1-" + std::string(250, 'x')), "k1");
  EXPECT_EQ(api_key_id("pw-k1-" + std::string(251, 'x')), std::nullopt) << "over kMaxApiKeyBytes";
}

// The expected text was computed by another implementation (Python's hashlib.scrypt).
TEST(ApiKey, HashesLikeOthers) {
  const auto text = hash_api_key("pw-k1-correct-horse", kSalt, kCheap);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "scrypt:N=1024,r=8,p=1:c2FsdHNhbHQ=:6JCQsLDYaEWP1pGRrZEle2OnnDbtsbTm8C5r+U7wA+o=");
}

TEST(ApiKey, HashRefusesWhatCouldNeverAuthenticate) {
  EXPECT_FALSE(hash_api_key("just-a-secret", kSalt, kCheap));
  EXPECT_FALSE(hash_api_key("pw-k1-12345678", std::span(kSalt).first(7), kCheap));
  EXPECT_FALSE(hash_api_key("pw-k1-12345678", kSalt, {.n = 1000}));
  EXPECT_FALSE(hash_api_key("pw-k1-12345678", kSalt, {.n = 1ULL << 30}));
}

std::unique_ptr<PolicySnapshot> snapshot_with_key(std::string_view api_key, ScryptCost cost) {
  const auto stored = hash_api_key(api_key, kSalt, cost);
  if (!stored) return nullptr;
  auto fabric = parse_fabric(
      fabric_with("scrypt:N=1024,r=8,p=1:c2FsdHNhbHQ=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", *stored), "f");
  if (!fabric) return nullptr;
  return std::make_unique<PolicySnapshot>(*std::move(fabric), 1);
}

TEST(ApiKey, AuthenticatesItsTenantOnly) {
  const auto snapshot = snapshot_with_key("pw-k1-correct-horse", kCheap);
  ASSERT_NE(snapshot, nullptr);
  const TenantConfig* tenant = snapshot->authenticate("pw-k1-correct-horse");
  ASSERT_NE(tenant, nullptr);
  EXPECT_EQ(tenant->name, TenantName("acme"));
  EXPECT_EQ(snapshot->authenticate("pw-k1-correct-horsf"), nullptr);
  EXPECT_EQ(snapshot->authenticate("pw-k1-correct-horse "), nullptr);
  EXPECT_EQ(snapshot->authenticate("pw-k2-correct-horse"), nullptr);
  EXPECT_EQ(snapshot->authenticate("correct-horse"), nullptr);
  EXPECT_TRUE(snapshot->known_key_id("pw-k1-whatever-it-is"));
  EXPECT_FALSE(snapshot->known_key_id("pw-k2-whatever-it-is"));
}

// One scrypt of N=16384 takes milliseconds; a thousand wrong ids must not take one each.
TEST(ApiKey, UnknownIdsCostNoHash) {
  const auto snapshot = snapshot_with_key("pw-k1-correct-horse", {.n = 16384});
  ASSERT_NE(snapshot, nullptr);
  const auto time = [](const auto& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - start;
  };
  const auto one_hash = time([&] { EXPECT_EQ(snapshot->authenticate("pw-k1-wrong-secret"), nullptr); });
  const auto thousand_unknown = time([&] {
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(snapshot->authenticate("pw-x" + std::to_string(i) + "-wrong-secret"), nullptr);
    }
  });
  EXPECT_LT(thousand_unknown, one_hash * 20) << "a thousand hashes would be 1000 times one";
}

}  // namespace
}  // namespace pathwise::policy
