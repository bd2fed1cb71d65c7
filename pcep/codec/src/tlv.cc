// SPDX-License-Identifier: Apache-2.0
#include "pcep/codec/tlv.h"

#include <algorithm>

#include "base/format.h"

namespace pathwise::pcep {
namespace {

std::string as_text(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

// The value of one TLV must be exactly what its decoder reads.
template <typename Out, typename T>
Decoded<Out> decode_value(ByteView value) {
  Reader in(value);
  Decoded<T> tlv = T::decode(in);
  if (!tlv) return std::unexpected(std::move(tlv.error()));
  if (in.failed() || !in.at_end())
    return malformed(formatted("TLV {} has {} bytes of value", static_cast<unsigned>(T::kType), value.size()));
  return Out(std::move(*tlv));
}

using ValueDecoder = Decoded<Tlv> (*)(ByteView);

template <typename... T>
ValueDecoder decoder_of(std::uint16_t type, std::variant<UnknownTlv, T...>*) {
  ValueDecoder found = nullptr;
  ((static_cast<std::uint16_t>(T::kType) == type ? void(found = &decode_value<Tlv, T>) : void()), ...);
  return found;
}

struct RawTlv {
  std::uint16_t type;
  ByteView value;
};
Decoded<RawTlv> next_tlv(Reader& in) {
  const std::uint16_t type = in.u16();
  const std::uint16_t length = in.u16();
  const ByteView value = in.take(length);
  in.skip(padding(length));
  if (in.failed()) return malformed(formatted("TLV {} of {} bytes overruns its object", type, length));
  return RawTlv{type, value};
}

void encode_unknown(Writer& out, const UnknownTlv& tlv) {
  const auto scope = out.tlv(tlv.type);
  out.raw(tlv.value);
}

}  // namespace

Decoded<Tlvs> decode_tlvs(Reader& in) {
  Tlvs tlvs;
  while (!in.failed() && !in.at_end()) {
    const Decoded<RawTlv> raw = next_tlv(in);
    if (!raw) return std::unexpected(raw.error());
    const ValueDecoder decode = decoder_of(raw->type, static_cast<Tlv*>(nullptr));
    if (decode == nullptr) {
      tlvs.emplace_back(UnknownTlv{raw->type, Bytes(raw->value.begin(), raw->value.end())});
      continue;
    }
    Decoded<Tlv> tlv = decode(raw->value);
    if (!tlv) return std::unexpected(std::move(tlv.error()));
    tlvs.push_back(std::move(*tlv));
  }
  return tlvs;
}

void encode_tlvs(Writer& out, const Tlvs& tlvs) {
  for (const Tlv& item : tlvs) {
    std::visit(
        [&out]<typename T>(const T& tlv) {
          if constexpr (std::is_same_v<T, UnknownTlv>) {
            encode_unknown(out, tlv);
          } else {
            const auto scope = out.tlv(static_cast<std::uint16_t>(T::kType));
            tlv.encode(out);
          }
        },
        item);
  }
}

Decoded<NoPathVectorTlv> NoPathVectorTlv::decode(Reader& in) {
  return NoPathVectorTlv{in.u32()};
}
void NoPathVectorTlv::encode(Writer& out) const {
  out.u32(flags);
}

Decoded<StatefulPceCapabilityTlv> StatefulPceCapabilityTlv::decode(Reader& in) {
  return StatefulPceCapabilityTlv{in.u32()};
}
void StatefulPceCapabilityTlv::encode(Writer& out) const {
  out.u32(flags);
}

Decoded<SymbolicPathNameTlv> SymbolicPathNameTlv::decode(Reader& in) {
  if (in.at_end()) return malformed("SYMBOLIC-PATH-NAME is empty");
  return SymbolicPathNameTlv{as_text(in.rest())};
}
void SymbolicPathNameTlv::encode(Writer& out) const {
  out.text(name);
}

Decoded<Ipv4LspIdentifiersTlv> Ipv4LspIdentifiersTlv::decode(Reader& in) {
  Ipv4LspIdentifiersTlv tlv;
  tlv.source = in.ipv4();
  tlv.lsp_id = in.u16();
  tlv.tunnel_id = in.u16();
  tlv.extended_tunnel_id = in.ipv4();
  tlv.destination = in.ipv4();
  return tlv;
}
void Ipv4LspIdentifiersTlv::encode(Writer& out) const {
  out.ipv4(source);
  out.u16(lsp_id);
  out.u16(tunnel_id);
  out.ipv4(extended_tunnel_id);
  out.ipv4(destination);
}

Decoded<Ipv6LspIdentifiersTlv> Ipv6LspIdentifiersTlv::decode(Reader& in) {
  Ipv6LspIdentifiersTlv tlv;
  tlv.source = in.ipv6();
  tlv.lsp_id = in.u16();
  tlv.tunnel_id = in.u16();
  tlv.extended_tunnel_id = in.ipv6();
  tlv.destination = in.ipv6();
  return tlv;
}
void Ipv6LspIdentifiersTlv::encode(Writer& out) const {
  out.ipv6(source);
  out.u16(lsp_id);
  out.u16(tunnel_id);
  out.ipv6(extended_tunnel_id);
  out.ipv6(destination);
}

Decoded<LspErrorCodeTlv> LspErrorCodeTlv::decode(Reader& in) {
  return LspErrorCodeTlv{static_cast<LspErrorCode>(in.u32())};
}
void LspErrorCodeTlv::encode(Writer& out) const {
  out.u32(static_cast<std::uint32_t>(code));
}

Decoded<SpeakerEntityIdTlv> SpeakerEntityIdTlv::decode(Reader& in) {
  return SpeakerEntityIdTlv{as_text(in.rest())};
}
void SpeakerEntityIdTlv::encode(Writer& out) const {
  out.text(id);
}

Decoded<PathSetupTypeTlv> PathSetupTypeTlv::decode(Reader& in) {
  in.skip(3);
  return PathSetupTypeTlv{static_cast<PathSetupType>(in.u8())};
}
void PathSetupTypeTlv::encode(Writer& out) const {
  out.zeros(3);
  out.u8(static_cast<std::uint8_t>(setup));
}

Decoded<Srv6PceCapability> Srv6PceCapability::decode(Reader& in) {
  Srv6PceCapability capability;
  in.skip(2);
  capability.flags = in.u16();
  while (!in.failed() && !in.at_end()) {
    const std::uint8_t type = in.u8();
    capability.msds.push_back({type, in.u8()});
  }
  return capability;
}
void Srv6PceCapability::encode(Writer& out) const {
  out.zeros(2);
  out.u16(flags);
  for (const Msd& msd : msds) {
    out.u8(msd.type);
    out.u8(msd.value);
  }
}

bool PathSetupTypeCapabilityTlv::offers(PathSetupType type) const {
  return std::ranges::find(types, type) != types.end();
}

const Srv6PceCapability* PathSetupTypeCapabilityTlv::srv6() const {
  for (const CapabilitySubTlv& item : sub_tlvs)
    if (const auto* found = std::get_if<Srv6PceCapability>(&item)) return found;  // RFC 9603: the first one counts
  return nullptr;
}

Decoded<PathSetupTypeCapabilityTlv> PathSetupTypeCapabilityTlv::decode(Reader& in) {
  PathSetupTypeCapabilityTlv tlv;
  in.skip(3);
  const std::uint8_t count = in.u8();
  for (const std::uint8_t type : in.take(count)) tlv.types.push_back(static_cast<PathSetupType>(type));
  // Some count the padding of the list in the length although no sub-TLV follows: both are accepted.
  if (!in.at_end()) in.skip(padding(count));
  while (!in.failed() && !in.at_end()) {
    const Decoded<RawTlv> raw = next_tlv(in);
    if (!raw) return std::unexpected(raw.error());
    if (raw->type != static_cast<std::uint16_t>(Srv6PceCapability::kType)) {
      tlv.sub_tlvs.emplace_back(UnknownTlv{raw->type, Bytes(raw->value.begin(), raw->value.end())});
      continue;
    }
    Decoded<CapabilitySubTlv> sub = decode_value<CapabilitySubTlv, Srv6PceCapability>(raw->value);
    if (!sub) return std::unexpected(std::move(sub.error()));
    tlv.sub_tlvs.push_back(std::move(*sub));
  }
  return tlv;
}
void PathSetupTypeCapabilityTlv::encode(Writer& out) const {
  out.zeros(3);
  out.u8(static_cast<std::uint8_t>(types.size()));
  for (const PathSetupType type : types) out.u8(static_cast<std::uint8_t>(type));
  if (!sub_tlvs.empty()) out.zeros(padding(types.size()));
  for (const CapabilitySubTlv& item : sub_tlvs) {
    if (const auto* unknown = std::get_if<UnknownTlv>(&item)) {
      encode_unknown(out, *unknown);
    } else {
      const auto scope = out.tlv(static_cast<std::uint16_t>(Srv6PceCapability::kType));
      std::get<Srv6PceCapability>(item).encode(out);
    }
  }
}

}  // namespace pathwise::pcep
