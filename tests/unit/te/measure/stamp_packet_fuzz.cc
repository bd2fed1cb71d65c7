// SPDX-License-Identifier: Apache-2.0
// Whatever arrives on UDP 862, and whatever comes as a reply: the decoders must not overrun, what they accept must
// come back as it was, but for the fields that must be zero, and no packet that is not signed gets past a key.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "te/measure/reflector.h"
#include "te/measure/session.h"
#include "te/measure/stamp_auth.h"
#include "te/measure/stamp_packet.h"
#include "te/measure/stamp_tlv.h"

namespace {

using namespace pathwise::te;

void require(bool condition) {
  if (!condition) std::abort();
}

void decode_both_ways(std::span<const std::uint8_t> octets, StampMode mode) {
  const auto probe = StampSenderPacket::decode(octets, mode);
  if (probe) require(StampSenderPacket::decode(probe->encode(mode), mode) == probe);
  const auto reply = StampReflectorPacket::decode(octets, mode);
  if (!reply) return;
  if (octets.size() >= stamp_base_size(mode)) {
    require(StampReflectorPacket::decode(reply->encode(mode), mode) == reply);
  }
  SessionSender session{SessionParams{}};
  const auto now = pathwise::SystemTime{} + std::chrono::hours(480'000);
  session.send({.steady = {}, .wall = now});
  static_cast<void>(session.on_reply({.steady = {}, .wall = now}, to_reply(*reply, now, ErrorEstimate::of(true, {}))));
}

void decode_tlvs(std::span<const std::uint8_t> octets) {
  while (const auto tlv = next_tlv(octets)) {
    if (const auto path = ReturnPath::decode(tlv->value()); path && !path->beyond_us) {
      require(ReturnPath::decode(path->tlv().value) == path);
    }
    if (const auto service = ClassOfService::decode(tlv->value())) {
      require(ClassOfService::decode(service->tlv().value) == service);
    }
    if (const auto telemetry = FollowUpTelemetry::decode(tlv->value())) {
      require(FollowUpTelemetry::decode(telemetry->tlv().value) == telemetry);
    }
    static_cast<void>(TimestampInformation::decode(tlv->value()));
    static_cast<void>(decode_destination_node(tlv->value()));
  }
}

ReflectorParams params(std::vector<StampKey> keys, bool allow) {
  return {.keys = std::move(keys),
          .allow_unauthenticated = allow,
          .on_tlv =
              [](const ProbeArrival&, std::uint8_t type, std::span<std::uint8_t> value) {
                std::ranges::fill(value, type);
                return type % 2 == 0;
              },
          .can_return_to = [](const pathwise::Ipv6Address& address) { return address.bytes[15] % 2 == 0; }};
}

void reflect(Reflector& reflector, std::span<const std::uint8_t> octets, const StampKey* key, bool is_signed) {
  static std::vector<std::uint8_t> buffer(kStampMaxSize);
  const auto reflection = reflector.reflect(octets, {}, {}, buffer);
  if (!reflection) return;
  require(reflection->size == octets.size());
  const auto reply = std::span<const std::uint8_t>(buffer).first(reflection->size);
  const StampMode mode = stamp_mode_of(octets);
  require(StampReflectorPacket::decode(reply, mode).has_value());
  if (key == nullptr || mode != StampMode::kAuthenticated) return;
  require(is_signed && signer_of(reply, std::span(key, 1)) == key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const StampKey key = *StampKey::from_hex("000102030405060708090a0b0c0d0e0f");
  static Reflector open(params({}, false));
  static Reflector keyed(params({key}, true));
  const std::span octets(data, size);
  for (const StampMode mode : {StampMode::kUnauthenticated, StampMode::kAuthenticated}) {
    decode_both_ways(octets, mode);
    if (size < stamp_base_size(mode)) continue;
    decode_tlvs(octets.subspan(stamp_base_size(mode)));
    static_cast<void>(check_tlvs(octets, mode, std::span(&key, 1)));
  }
  reflect(open, octets, nullptr, false);
  reflect(keyed, octets, &key, signer_of(octets, std::span(&key, 1)) != nullptr);
  // The same, signed: so that the fuzzer gets behind the HMAC.
  if (size < kStampAuthenticatedSize || size > kStampMaxSize) return 0;
  std::vector<std::uint8_t> copy(octets.begin(), octets.end());
  std::ranges::fill(std::span(copy).subspan(4, 12), std::uint8_t{0});
  sign(copy, StampMode::kAuthenticated, key);
  reflect(keyed, copy, &key, true);
  return 0;
}
