// SPDX-License-Identifier: Apache-2.0
#include "te/measure/stamp_auth.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/format.h"
#include "base/process.h"
#include "te/measure/stamp_tlv.h"

namespace pathwise::te {
namespace {

constexpr std::size_t kSequenceSize = 4;
constexpr std::size_t kMostFileBytes = std::size_t{64} << 10;
constexpr std::string_view kHowToMake = "make one by: openssl rand -hex 32";

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Result<void> check_owner_only(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail_errno(path, errno);
  const auto mode = status.st_mode & 0777U;
  if ((mode & (S_IRWXO | S_IWGRP)) == 0) return {};
  return fail(ErrorCode::kPermissionDenied,
              "{} has mode {:04o}: a key that others can read or change is no secret; "
              "chmod 0600 {}",
              path, mode, path);
}

// Where the HMAC TLV is among the TLVs.
struct HmacPlace {
  std::size_t at = 0;  // from the beginning of the TLVs; the HMAC covers what is before
  bool found = false;
  bool right = true;            // nothing but Extra Padding after it, 16 octets long, once
  bool others_need_it = false;  // there is a TLV besides Extra Padding
};

HmacPlace find_hmac(std::span<const std::uint8_t> tlvs) {
  HmacPlace place;
  std::span<const std::uint8_t> rest = tlvs;
  std::size_t at = 0;
  std::size_t padding = 0;
  while (const auto tlv = next_tlv(rest)) {
    if (tlv->type() == kTlvHmac) {
      place.right = !place.found && tlv->value().size() == kStampHmacSize;
      place.found = true;
      place.at = at;
    } else if (tlv->type() != kTlvExtraPadding) {
      if (place.found) place.right = false;
      place.others_need_it = true;
    } else if (++padding > 1) {
      place.others_need_it = true;  // only a single Extra Padding TLV is excepted
    }
    at += tlv->octets.size();
  }
  if (!rest.empty()) {
    place.others_need_it = true;
    if (place.found) place.right = false;
  }
  return place;
}

}  // namespace

struct StampKey::Context {
  Context(EVP_MAC* m, EVP_MAC_CTX* c) : mac(m), context(c) {}
  ~Context() {
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MAC* mac;
  EVP_MAC_CTX* context;  // keyed; each digest starts it again
};

Result<StampKey> StampKey::from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0 || digits.size() < 2 * kLeastOctets || digits.size() > 2 * kMostOctets) {
    return fail(ErrorCode::kInvalidArgument, "a STAMP key has {} to {} hexadecimal digits, an even number, not {}; {}",
                2 * kLeastOctets, 2 * kMostOctets, digits.size(), kHowToMake);
  }
  std::vector<std::uint8_t> octets;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto high = digit(digits[i]);
    const auto low = digit(digits[i + 1]);
    if (!high || !low) {
      return fail(ErrorCode::kInvalidArgument, "a STAMP key is hexadecimal digits and nothing else; {}", kHowToMake);
    }
    octets.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  EVP_MAC_CTX* context = mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac);
  auto owner = std::make_shared<Context>(mac, context);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  const bool keyed = context != nullptr && EVP_MAC_init(context, octets.data(), octets.size(), params) == 1;
  OPENSSL_cleanse(octets.data(), octets.size());
  if (!keyed) return fail(ErrorCode::kInternal, "libcrypto has no HMAC-SHA-256");
  return StampKey(std::move(owner));
}

bool StampKey::digest(std::span<const std::uint8_t> octets, std::span<const std::uint8_t> more, StampHmac& out) const {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> whole{};
  std::size_t size = 0;
  EVP_MAC_CTX* context = context_->context;
  const bool done = EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
                    EVP_MAC_update(context, octets.data(), octets.size()) == 1 &&
                    EVP_MAC_update(context, more.data(), more.size()) == 1 &&
                    EVP_MAC_final(context, whole.data(), &size, whole.size()) == 1;
  std::ranges::copy_n(whole.begin(), kStampHmacSize, out.begin());
  return done && size >= kStampHmacSize;
}

StampHmac StampKey::hmac(std::span<const std::uint8_t> octets, std::span<const std::uint8_t> more) const {
  StampHmac result{};
  static_cast<void>(digest(octets, more, result));  // without one the packet has zeros, which no node accepts
  return result;
}

bool StampKey::matches(std::span<const std::uint8_t> hmac, std::span<const std::uint8_t> octets,
                       std::span<const std::uint8_t> more) const {
  StampHmac right{};
  return digest(octets, more, right) && hmac.size() == right.size() &&
         CRYPTO_memcmp(hmac.data(), right.data(), right.size()) == 0;
}

Result<std::vector<StampKey>> load_stamp_keys(const std::string& path) {
  if (auto good = check_owner_only(path); !good) return std::unexpected(good.error());
  auto text = read_file(path, kMostFileBytes);
  if (!text) return std::unexpected(text.error());
  std::vector<StampKey> keys;
  std::size_t number = 0;
  std::string_view rest = *text;
  while (!rest.empty()) {
    ++number;
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    auto key = StampKey::from_hex(line);
    if (!key) return std::unexpected(key.error().within(formatted("{}:{}", path, number)));
    keys.push_back(std::move(*key));
  }
  OPENSSL_cleanse(text->data(), text->size());
  if (keys.empty()) return fail(ErrorCode::kInvalidArgument, "{} has no key; {}", path, kHowToMake);
  return keys;
}

void sign(std::span<std::uint8_t> packet, StampMode mode, const StampKey& key) {
  const auto tlvs = packet.subspan(std::min(stamp_base_size(mode), packet.size()));
  const HmacPlace place = find_hmac(tlvs);
  if (place.found && place.right) {
    const StampHmac hmac = key.hmac(packet.first(kSequenceSize), tlvs.first(place.at));
    std::ranges::copy(hmac, tlvs.subspan(place.at + StampTlv::kHeader).begin());
  }
  if (mode != StampMode::kAuthenticated) return;
  std::ranges::copy(key.hmac(packet.first(kStampHmacAt)), packet.subspan(kStampHmacAt).begin());
}

const StampKey* signer_of(std::span<const std::uint8_t> packet, std::span<const StampKey> keys) {
  if (packet.size() < kStampAuthenticatedSize) return nullptr;
  const auto hmac = packet.subspan(kStampHmacAt, kStampHmacSize);
  const auto found =
      std::ranges::find_if(keys, [&](const StampKey& key) { return key.matches(hmac, packet.first(kStampHmacAt)); });
  return found == keys.end() ? nullptr : &*found;
}

TlvIntegrity check_tlvs(std::span<const std::uint8_t> packet, StampMode mode, std::span<const StampKey> keys) {
  const auto tlvs = packet.subspan(std::min(stamp_base_size(mode), packet.size()));
  if (tlvs.empty()) return TlvIntegrity::kUnprotected;
  const HmacPlace place = find_hmac(tlvs);
  if (!place.found) {
    const bool needed = mode == StampMode::kAuthenticated && place.others_need_it;
    return needed ? TlvIntegrity::kFailed : TlvIntegrity::kUnprotected;
  }
  if (!place.right) return TlvIntegrity::kFailed;
  const auto hmac = tlvs.subspan(place.at + StampTlv::kHeader, kStampHmacSize);
  const bool good = std::ranges::any_of(
      keys, [&](const StampKey& key) { return key.matches(hmac, packet.first(kSequenceSize), tlvs.first(place.at)); });
  return good ? TlvIntegrity::kGood : TlvIntegrity::kFailed;
}

StampTlv hmac_tlv() {
  return {.type = kTlvHmac, .value = std::vector<std::uint8_t>(kStampHmacSize)};
}

}  // namespace pathwise::te
