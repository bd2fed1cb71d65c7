// SPDX-License-Identifier: Apache-2.0
// Who vouches for a STAMP packet: HMAC-SHA-256 truncated to 16 octets, over the base packet (RFC 8762
// section 4.4) and over its TLVs (RFC 8972 section 4.8). Keys come from a file that nobody else may
// read. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "te/measure/stamp_packet.h"

namespace pathwise::te {

using StampHmac = std::array<std::uint8_t, kStampHmacSize>;

class StampKey {
 public:
  static constexpr std::size_t kLeastOctets = 16, kMostOctets = 64;  // less is guessed; SHA-256 has no use for more

  // Hexadecimal digits. Errors never show them.
  [[nodiscard]] static Result<StampKey> from_hex(std::string_view digits);
  // Of the concatenation of the two.
  [[nodiscard]] StampHmac hmac(std::span<const std::uint8_t> octets, std::span<const std::uint8_t> more = {}) const;
  // In constant time.
  [[nodiscard]] bool matches(std::span<const std::uint8_t> hmac, std::span<const std::uint8_t> octets,
                             std::span<const std::uint8_t> more = {}) const;

 private:
  struct Context;
  explicit StampKey(std::shared_ptr<Context> context) : context_(std::move(context)) {}
  [[nodiscard]] bool digest(std::span<const std::uint8_t> octets, std::span<const std::uint8_t> more,
                            StampHmac& out) const;
  std::shared_ptr<Context> context_;
};

// One key a line, in hexadecimal (`openssl rand -hex 32`); empty lines and lines that begin with '#' do not
// count. The first signs, every one is accepted: a key is changed without a gap by adding the new one last
// on every node, then moving it to the front, then taking the old one out. kPermissionDenied if the group may
// write the file or others may do anything with it.
[[nodiscard]] Result<std::vector<StampKey>> load_stamp_keys(const std::string& path);

// Fills the HMAC of an authenticated packet, and of its HMAC TLV where there is one (in either mode).
void sign(std::span<std::uint8_t> packet, StampMode mode, const StampKey& key);

// The key by which an authenticated packet's base is right; null: none, or it is too short.
[[nodiscard]] const StampKey* signer_of(std::span<const std::uint8_t> packet, std::span<const StampKey> keys);

enum class TlvIntegrity : std::uint8_t {
  kUnprotected,  // no HMAC TLV, and none is needed
  kGood,
  kFailed,  // wrong, in the wrong place, missing though the packet is authenticated, or no key to check it with
};
// `keys`: the one that signed the base of an authenticated packet, or all of them.
[[nodiscard]] TlvIntegrity check_tlvs(std::span<const std::uint8_t> packet, StampMode mode,
                                      std::span<const StampKey> keys);

// Space for an HMAC TLV; sign() fills it. It goes last, or before the Extra Padding.
[[nodiscard]] StampTlv hmac_tlv();

}  // namespace pathwise::te
