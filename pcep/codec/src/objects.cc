// SPDX-License-Identifier: Apache-2.0
#include "pcep/codec/objects.h"

namespace pathwise::pcep {
namespace {

// Most objects end with TLVs.
template <typename T>
Decoded<T> with_tlvs(T object, Reader& in) {
  Decoded<Tlvs> tlvs = decode_tlvs(in);
  if (!tlvs) return std::unexpected(std::move(tlvs.error()));
  object.tlvs = std::move(*tlvs);
  return object;
}

}  // namespace

Decoded<OpenObject> OpenObject::decode(Reader& in, std::uint8_t) {
  OpenObject open;
  const std::uint8_t first = in.u8();
  open.version = first >> 5;
  open.flags = first & 0x1F;
  open.keepalive = in.u8();
  open.dead_timer = in.u8();
  open.session_id = in.u8();
  return with_tlvs(std::move(open), in);
}
void OpenObject::encode(Writer& out) const {
  out.u8(static_cast<std::uint8_t>(version << 5 | (flags & 0x1F)));
  out.u8(keepalive);
  out.u8(dead_timer);
  out.u8(session_id);
  encode_tlvs(out, tlvs);
}

Decoded<RpObject> RpObject::decode(Reader& in, std::uint8_t) {
  RpObject rp;
  rp.flags = in.u32();
  rp.request_id = in.u32();
  return with_tlvs(std::move(rp), in);
}
void RpObject::encode(Writer& out) const {
  out.u32(flags);
  out.u32(request_id);
  encode_tlvs(out, tlvs);
}

Decoded<NoPathObject> NoPathObject::decode(Reader& in, std::uint8_t) {
  NoPathObject object;
  object.nature = in.u8();
  object.flags = in.u16();
  in.skip(1);
  return with_tlvs(std::move(object), in);
}
void NoPathObject::encode(Writer& out) const {
  out.u8(nature);
  out.u16(flags);
  out.zeros(1);
  encode_tlvs(out, tlvs);
}

Decoded<EndPointsObject> EndPointsObject::decode(Reader& in, std::uint8_t object_type) {
  if (object_type == 1) {
    const Ipv4Address source = in.ipv4();
    return EndPointsObject{V4{source, in.ipv4()}};
  }
  const Ipv6Address source = in.ipv6();
  return EndPointsObject{V6{source, in.ipv6()}};
}
void EndPointsObject::encode(Writer& out) const {
  if (const auto* v4 = std::get_if<V4>(&addresses)) {
    out.ipv4(v4->source);
    out.ipv4(v4->destination);
  } else if (const auto* v6 = std::get_if<V6>(&addresses)) {
    out.ipv6(v6->source);
    out.ipv6(v6->destination);
  }
}

Decoded<BandwidthObject> BandwidthObject::decode(Reader& in, std::uint8_t object_type) {
  return BandwidthObject{in.f32(), object_type == 2};
}
void BandwidthObject::encode(Writer& out) const {
  out.f32(bytes_per_second);
}

Decoded<MetricObject> MetricObject::decode(Reader& in, std::uint8_t) {
  MetricObject metric;
  in.skip(2);
  metric.flags = in.u8();
  metric.type = static_cast<MetricType>(in.u8());
  metric.value = in.f32();
  return metric;
}
void MetricObject::encode(Writer& out) const {
  out.zeros(2);
  out.u8(flags);
  out.u8(static_cast<std::uint8_t>(type));
  out.f32(value);
}

Decoded<LspaObject> LspaObject::decode(Reader& in, std::uint8_t) {
  LspaObject lspa;
  lspa.exclude_any = in.u32();
  lspa.include_any = in.u32();
  lspa.include_all = in.u32();
  lspa.setup_priority = in.u8();
  lspa.holding_priority = in.u8();
  lspa.flags = in.u8();
  in.skip(1);
  return with_tlvs(std::move(lspa), in);
}
void LspaObject::encode(Writer& out) const {
  out.u32(exclude_any);
  out.u32(include_any);
  out.u32(include_all);
  out.u8(setup_priority);
  out.u8(holding_priority);
  out.u8(flags);
  out.zeros(1);
  encode_tlvs(out, tlvs);
}

Decoded<NotificationObject> NotificationObject::decode(Reader& in, std::uint8_t) {
  NotificationObject object;
  in.skip(1);
  object.flags = in.u8();
  object.type = in.u8();
  object.value = in.u8();
  return with_tlvs(std::move(object), in);
}
void NotificationObject::encode(Writer& out) const {
  out.zeros(1);
  out.u8(flags);
  out.u8(type);
  out.u8(value);
  encode_tlvs(out, tlvs);
}

Decoded<ErrorObject> ErrorObject::decode(Reader& in, std::uint8_t) {
  ErrorObject object;
  in.skip(1);
  object.flags = in.u8();
  object.code.type = in.u8();
  object.code.value = in.u8();
  return with_tlvs(std::move(object), in);
}
void ErrorObject::encode(Writer& out) const {
  out.zeros(1);
  out.u8(flags);
  out.u8(code.type);
  out.u8(code.value);
  encode_tlvs(out, tlvs);
}

Decoded<CloseObject> CloseObject::decode(Reader& in, std::uint8_t) {
  CloseObject object;
  in.skip(2);
  object.flags = in.u8();
  object.reason = static_cast<CloseReason>(in.u8());
  return with_tlvs(std::move(object), in);
}
void CloseObject::encode(Writer& out) const {
  out.zeros(2);
  out.u8(flags);
  out.u8(static_cast<std::uint8_t>(reason));
  encode_tlvs(out, tlvs);
}

Decoded<LspObject> LspObject::decode(Reader& in, std::uint8_t) {
  const std::uint32_t word = in.u32();
  LspObject lsp;
  lsp.plsp_id = word >> 12;
  lsp.flags = word & 0xFFF;
  return with_tlvs(std::move(lsp), in);
}
void LspObject::encode(Writer& out) const {
  out.u32(plsp_id << 12 | (flags & 0xFFFU));
  encode_tlvs(out, tlvs);
}

PathSetupType SrpObject::setup_type() const {
  const auto* tlv = find<PathSetupTypeTlv>(tlvs);
  return tlv == nullptr ? PathSetupType::kRsvpTe : tlv->setup;
}
Decoded<SrpObject> SrpObject::decode(Reader& in, std::uint8_t) {
  SrpObject srp;
  srp.flags = in.u32();
  srp.srp_id = in.u32();
  return with_tlvs(std::move(srp), in);
}
void SrpObject::encode(Writer& out) const {
  out.u32(flags);
  out.u32(srp_id);
  encode_tlvs(out, tlvs);
}

Decoded<AssociationObject> AssociationObject::decode(Reader& in, std::uint8_t object_type) {
  AssociationObject object;
  in.skip(2);
  object.flags = in.u16();
  object.type = in.u16();
  object.id = in.u16();
  if (object_type == 1) {
    object.source = in.ipv4();
  } else {
    object.source = in.ipv6();
  }
  return with_tlvs(std::move(object), in);
}
void AssociationObject::encode(Writer& out) const {
  out.zeros(2);
  out.u16(flags);
  out.u16(type);
  out.u16(id);
  if (const auto* v4 = std::get_if<Ipv4Address>(&source)) {
    out.ipv4(*v4);
  } else if (const auto* v6 = std::get_if<Ipv6Address>(&source)) {
    out.ipv6(*v6);
  }
  encode_tlvs(out, tlvs);
}

}  // namespace pathwise::pcep
