// SPDX-License-Identifier: Apache-2.0
#include "api_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "base/format.h"
#include "base/string_util.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kMinSaltBytes = 8;
constexpr std::size_t kMaxSaltBytes = 64;
constexpr std::size_t kMinSecret = 8;
constexpr std::size_t kMaxId = 32;
constexpr std::uint64_t kMaxMemory = 64ULL << 20;
constexpr std::uint64_t kMinN = 1024;
constexpr std::string_view kForm = "must be 'scrypt:N=16384,r=8,p=1:<salt base64>:<hash base64>'";

// Base64 with padding (RFC 4648 section 4), strict.
std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 128) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const auto alphabet = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  if (!std::ranges::all_of(text.substr(0, text.size() - padding), alphabet)) return std::nullopt;
  std::vector<std::uint8_t> bytes(text.size() / 4 * 3);
  const int count =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (count < 0) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::string encode_base64(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int count =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(count));
  return text;
}

// "N=16384"
std::optional<std::uint64_t> parameter(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> check_cost(const ScryptCost& cost) {
  const bool good = std::has_single_bit(cost.n) && cost.n >= kMinN && cost.n <= kMaxMemory && cost.r >= 1 &&
                    cost.r <= 64 && cost.p >= 1 && cost.p <= 4 && 128 * cost.n * cost.r <= kMaxMemory;
  if (good) return {};
  return fail(ErrorCode::kInvalidArgument,
              "scrypt cost N={},r={},p={}: N must be a power of two from {}, r from 1 to 64, p from 1 to 4, and "
              "128*N*r at most {} MiB",
              cost.n, cost.r, cost.p, kMinN, kMaxMemory >> 20);
}

Result<std::vector<std::uint8_t>> derive(std::string_view api_key, std::span<const std::uint8_t> salt,
                                         const ScryptCost& cost) {
  std::vector<std::uint8_t> hash(kHashBytes);
  // OpenSSL counts some working memory besides the table.
  const int done = EVP_PBE_scrypt(api_key.data(), api_key.size(), salt.data(), salt.size(), cost.n, cost.r, cost.p,
                                  2 * kMaxMemory, hash.data(), hash.size());
  if (done != 1) return fail(ErrorCode::kInternal, "scrypt failed");
  return hash;
}

}  // namespace

std::optional<std::string_view> api_key_id(std::string_view api_key) {
  if (api_key.size() > kMaxApiKeyBytes || !api_key.starts_with("pw-")) return std::nullopt;
  const std::string_view rest = api_key.substr(3);
  const std::size_t dash = rest.find('-');
  if (dash == 0 || dash == std::string_view::npos || dash > kMaxId) return std::nullopt;
  const std::string_view id = rest.substr(0, dash);
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!std::ranges::all_of(id, good) || rest.size() - dash - 1 < kMinSecret) return std::nullopt;
  return id;
}

Result<StoredKey> StoredKey::parse(std::string_view text) {
  const auto parts = split(text, ':');
  const auto costs = parts.size() == 4 ? split(parts[1], ',') : std::vector<std::string_view>{};
  if (parts.front() != "scrypt" || costs.size() != 3) return fail(ErrorCode::kInvalidArgument, "{}", kForm);
  const auto n = parameter(costs[0], "N=");
  const auto r = parameter(costs[1], "r=");
  const auto p = parameter(costs[2], "p=");
  auto salt = decode_base64(parts[2]);
  auto hash = decode_base64(parts[3]);
  if (!n || !r || !p || !salt || !hash) return fail(ErrorCode::kInvalidArgument, "{}", kForm);
  if (salt->size() < kMinSaltBytes || salt->size() > kMaxSaltBytes || hash->size() != kHashBytes) {
    return fail(ErrorCode::kInvalidArgument, "{}; the salt has {} to {} bytes and the hash {}", kForm, kMinSaltBytes,
                kMaxSaltBytes, kHashBytes);
  }
  StoredKey key{.cost = {.n = *n, .r = *r, .p = *p}, .salt = *std::move(salt), .hash = *std::move(hash)};
  return check_cost(key.cost).transform([&key] { return std::move(key); });
}

bool StoredKey::matches(std::string_view api_key) const {
  const auto derived = derive(api_key, salt, cost);
  return derived && CRYPTO_memcmp(derived->data(), hash.data(), hash.size()) == 0;
}

Result<void> check_scrypt(std::string_view text) {
  return StoredKey::parse(text).transform([](const StoredKey&) {});
}

Result<std::string> hash_api_key(std::string_view api_key, std::span<const std::uint8_t> salt, ScryptCost cost) {
  if (!api_key_id(api_key)) {
    return fail(ErrorCode::kInvalidArgument,
                "an API key must be 'pw-<id>-<secret>': id of 1 to {} lower-case letters and digits, secret of at "
                "least {} characters, at most {} in all",
                kMaxId, kMinSecret, kMaxApiKeyBytes);
  }
  if (salt.size() < kMinSaltBytes || salt.size() > kMaxSaltBytes) {
    return fail(ErrorCode::kInvalidArgument, "a salt of {} to {} bytes is needed", kMinSaltBytes, kMaxSaltBytes);
  }
  if (auto good = check_cost(cost); !good) return std::unexpected(good.error());
  return derive(api_key, salt, cost).transform([&](const std::vector<std::uint8_t>& hash) {
    return formatted("scrypt:N={},r={},p={}:{}:{}", cost.n, cost.r, cost.p, encode_base64(salt), encode_base64(hash));
  });
}

}  // namespace pathwise::policy
