// SPDX-License-Identifier: Apache-2.0
// Seeded random messages for property tests: every object, TLV and subobject of the codec, and
// unknown ones of each kind.
#pragma once

#include <random>

#include "pcep/codec/message.h"

namespace pathwise::pcep::test {

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}
  [[nodiscard]] Message message();
  [[nodiscard]] Object object();
  [[nodiscard]] std::uint32_t below(std::uint32_t limit) { return random_() % limit; }
  [[nodiscard]] std::uint8_t u8() { return static_cast<std::uint8_t>(random_()); }
  [[nodiscard]] std::uint16_t u16() { return static_cast<std::uint16_t>(random_()); }
  [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(random_()); }

 private:
  bool flip() { return below(2) == 0; }
  float number() { return static_cast<float>(below(1U << 24)); }
  Bytes bytes(std::size_t size);
  std::string text();
  Ipv4Address ipv4();
  Ipv6Address ipv6();
  Nai nai();
  Srv6Subobject srv6();
  std::vector<Subobject> hops(bool explicit_route);
  PathSetupTypeCapabilityTlv capability();
  Tlv tlv();
  Tlv policy_tlv();
  Tlvs tlvs();
  Object stateful_object();
  std::mt19937 random_;
};

}  // namespace pathwise::pcep::test
