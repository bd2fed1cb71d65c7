// SPDX-License-Identifier: Apache-2.0
// The TLVs of associations and of SR policies.
#include <optional>

#include "pcep/codec/tlv.h"

namespace pathwise::pcep {

Decoded<AssocTypeListTlv> AssocTypeListTlv::decode(Reader& in) {
  AssocTypeListTlv tlv;
  while (!in.failed() && !in.at_end()) tlv.types.push_back(in.u16());
  return tlv;
}
void AssocTypeListTlv::encode(Writer& out) const {
  for (const std::uint16_t type : types) out.u16(type);
}

Decoded<ExtendedAssociationIdTlv> ExtendedAssociationIdTlv::decode(Reader& in) {
  const ByteView value = in.rest();
  return ExtendedAssociationIdTlv{Bytes(value.begin(), value.end())};
}
void ExtendedAssociationIdTlv::encode(Writer& out) const {
  out.raw(value);
}

ExtendedAssociationIdTlv sr_policy_id(Color color, const Ipv6Address& endpoint) {
  Writer out;
  out.u32(color.value());
  out.ipv6(endpoint);
  return {std::move(out).release()};
}

std::optional<std::pair<Color, Ipv6Address>> sr_policy_of(const ExtendedAssociationIdTlv& tlv) {
  Reader in(tlv.value);
  const Color color(in.u32());
  const Ipv6Address endpoint = in.ipv6();
  if (in.failed() || !in.at_end()) return std::nullopt;
  return std::pair(color, endpoint);
}

Decoded<SrPolicyNameTlv> SrPolicyNameTlv::decode(Reader& in) {
  const ByteView name = in.rest();
  return SrPolicyNameTlv{std::string(name.begin(), name.end())};
}
void SrPolicyNameTlv::encode(Writer& out) const {
  out.text(name);
}

Decoded<SrPolicyCpathIdTlv> SrPolicyCpathIdTlv::decode(Reader& in) {
  SrPolicyCpathIdTlv tlv;
  tlv.protocol_origin = in.u8();
  in.skip(3);
  tlv.originator_asn = in.u32();
  tlv.originator = in.ipv6();
  tlv.discriminator = in.u32();
  return tlv;
}
void SrPolicyCpathIdTlv::encode(Writer& out) const {
  out.u8(protocol_origin);
  out.zeros(3);
  out.u32(originator_asn);
  out.ipv6(originator);
  out.u32(discriminator);
}

Decoded<SrPolicyCpathNameTlv> SrPolicyCpathNameTlv::decode(Reader& in) {
  const ByteView name = in.rest();
  return SrPolicyCpathNameTlv{std::string(name.begin(), name.end())};
}
void SrPolicyCpathNameTlv::encode(Writer& out) const {
  out.text(name);
}

Decoded<SrPolicyCpathPreferenceTlv> SrPolicyCpathPreferenceTlv::decode(Reader& in) {
  return SrPolicyCpathPreferenceTlv{in.u32()};
}
void SrPolicyCpathPreferenceTlv::encode(Writer& out) const {
  out.u32(preference);
}

}  // namespace pathwise::pcep
