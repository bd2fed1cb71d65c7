// SPDX-License-Identifier: Apache-2.0
#include "pcep/codec/route.h"

#include <algorithm>
#include <type_traits>

#include "base/format.h"

namespace pathwise::pcep {
namespace {

enum class Route : std::uint8_t { kExplicit, kRecorded };

constexpr std::size_t kSrv6FixedSize = 8;  // with type and length
constexpr std::size_t kSidSize = 16;
constexpr std::size_t kStructureSize = 8;

std::optional<std::size_t> nai_size(NaiType type) {
  switch (type) {
    case NaiType::kAbsent:
      return 0;
    case NaiType::kIpv6Node:
      return 16;
    case NaiType::kIpv6Adjacency:
      return 32;
    case NaiType::kIpv6LinkLocal:
      return 40;
  }
  return std::nullopt;  // RFC 9603: 1, 3 and 5 are of SR-MPLS, the rest is unassigned
}

Nai decode_nai(Reader& in, NaiType type) {
  switch (type) {
    case NaiType::kAbsent:
      break;
    case NaiType::kIpv6Node:
      return NodeNai{in.ipv6()};
    case NaiType::kIpv6Adjacency: {
      const Ipv6Address local = in.ipv6();
      return AdjacencyNai{local, in.ipv6()};
    }
    case NaiType::kIpv6LinkLocal: {
      LinkLocalNai nai;
      nai.local = in.ipv6();
      nai.local_interface = in.u32();
      nai.remote = in.ipv6();
      nai.remote_interface = in.u32();
      return nai;
    }
  }
  return std::monostate{};
}

NaiType type_of(const Nai& nai) {
  static constexpr std::array kTypes{NaiType::kAbsent, NaiType::kIpv6Node, NaiType::kIpv6Adjacency,
                                     NaiType::kIpv6LinkLocal};
  return kTypes[nai.index()];
}

void encode_nai(Writer& out, const Nai& nai) {
  if (const auto* node = std::get_if<NodeNai>(&nai)) {
    out.ipv6(node->node);
  } else if (const auto* adjacency = std::get_if<AdjacencyNai>(&nai)) {
    out.ipv6(adjacency->local);
    out.ipv6(adjacency->remote);
  } else if (const auto* link = std::get_if<LinkLocalNai>(&nai)) {
    out.ipv6(link->local);
    out.u32(link->local_interface);
    out.ipv6(link->remote);
    out.u32(link->remote_interface);
  }
}

SidStructure decode_structure(Reader& in) {
  SidStructure structure;
  structure.block = in.u8();
  structure.node = in.u8();
  structure.function = in.u8();
  structure.argument = in.u8();
  in.skip(4);
  return structure;
}

// What the flags of an SRv6 subobject promise.
struct Srv6Layout {
  NaiType nai = NaiType::kAbsent;
  bool sid = false;
  bool structure = false;
};

// RFC 9603 section 5.2.1. The RFC's length table leaves out the SID structure: with T set, both the
// table's length (no structure then) and 8 more are accepted.
Decoded<Srv6Layout> check_layout(std::uint16_t first, std::size_t body_size, Route route) {
  Srv6Layout layout;
  layout.nai = static_cast<NaiType>(first >> 12);
  const bool nai_absent = (first & kSrv6NaiAbsent) != 0;
  layout.sid = (first & kSrv6SidAbsent) == 0;
  if (nai_absent && !layout.sid)
    return invalid(route == Route::kExplicit ? errors::kEroSidAndNaiAbsent : errors::kRroSidAndNaiAbsent,
                   "SRv6 subobject without SID and NAI");
  if (nai_absent) layout.nai = NaiType::kAbsent;  // NT has no meaning then
  const std::optional<std::size_t> nai = nai_size(layout.nai);
  if (!nai) return invalid(errors::kUnsupportedNaiType, formatted("NAI type {}", first >> 12));
  if (layout.nai == NaiType::kAbsent && !nai_absent) return malformed("NAI type 0 with the F flag clear");
  const std::size_t table = kSrv6FixedSize + (layout.sid ? kSidSize : 0) + *nai;
  const std::size_t size = body_size + 2;
  const bool flagged = (first & kSrv6StructurePresent) != 0 && layout.sid;  // T is ignored without a SID
  layout.structure = flagged && size == table + kStructureSize;
  if (size != table && !layout.structure)
    return malformed(formatted("SRv6 subobject of {} bytes, its flags say {}", size, table));
  return layout;
}

Decoded<Subobject> decode_srv6(ByteView body, bool loose, Route route) {
  Reader in(body);
  const std::uint16_t first = in.u16();
  const Decoded<Srv6Layout> layout = check_layout(first, body.size(), route);
  if (!layout) return std::unexpected(layout.error());
  Srv6Subobject hop;
  hop.loose = loose;
  hop.verify = route == Route::kExplicit && (first & kSrv6SidVerify) != 0;
  in.skip(2);
  hop.behavior = in.u16();
  if (layout->sid) hop.sid = in.ipv6();
  hop.nai = decode_nai(in, layout->nai);
  if (layout->structure) {
    hop.structure = decode_structure(in);
    const SidStructure& s = *hop.structure;
    if (s.block + s.node + s.function + s.argument > 128)
      return invalid(errors::kInvalidSidStructure, "the SID structure is longer than 128 bits");
  }
  if (in.failed()) return malformed("truncated SRv6 subobject");
  return hop;
}

void encode_srv6(Writer& out, const Srv6Subobject& hop, Route route) {
  const bool explicit_route = route == Route::kExplicit;
  const auto type = static_cast<std::uint8_t>(RouteSubobjectType::kSrv6);
  const auto scope = out.subobject(explicit_route && hop.loose ? type | 0x80 : type);
  std::uint16_t first = static_cast<std::uint16_t>(static_cast<unsigned>(type_of(hop.nai)) << 12);
  if (explicit_route && hop.verify) first |= kSrv6SidVerify;
  if (hop.structure && hop.sid) first |= kSrv6StructurePresent;
  if (std::holds_alternative<std::monostate>(hop.nai)) first |= kSrv6NaiAbsent;
  if (!hop.sid) first |= kSrv6SidAbsent;
  out.u16(first);
  out.zeros(2);
  out.u16(hop.behavior);
  if (hop.sid) out.ipv6(*hop.sid);
  encode_nai(out, hop.nai);
  if (hop.structure && hop.sid) {
    out.u8(hop.structure->block);
    out.u8(hop.structure->node);
    out.u8(hop.structure->function);
    out.u8(hop.structure->argument);
    out.zeros(4);
  }
}

Decoded<std::vector<Subobject>> decode_hops(Reader& in, Route route) {
  std::vector<Subobject> hops;
  while (!in.failed() && !in.at_end()) {
    const std::uint8_t first = in.u8();
    const std::uint8_t length = in.u8();
    const bool loose = route == Route::kExplicit && (first & 0x80) != 0;
    const std::uint8_t type = route == Route::kExplicit ? first & 0x7F : first;
    if (length < 4 || length % 4 != 0) return malformed(formatted("route subobject {} of {} bytes", type, length));
    const ByteView body = in.take(length - 2U);
    if (in.failed()) return malformed(formatted("route subobject {} overruns its object", type));
    if (type != static_cast<std::uint8_t>(RouteSubobjectType::kSrv6)) {
      hops.emplace_back(UnknownSubobject{loose, type, Bytes(body.begin(), body.end())});
      continue;
    }
    Decoded<Subobject> hop = decode_srv6(body, loose, route);
    if (!hop) return std::unexpected(std::move(hop.error()));
    hops.push_back(std::move(*hop));
  }
  return hops;
}

void encode_hops(Writer& out, const std::vector<Subobject>& hops, Route route) {
  for (const Subobject& hop : hops) {
    if (const auto* srv6 = std::get_if<Srv6Subobject>(&hop)) {
      encode_srv6(out, *srv6, route);
      continue;
    }
    const auto& unknown = std::get<UnknownSubobject>(hop);
    const bool loose = route == Route::kExplicit && unknown.loose;
    const auto scope = out.subobject(loose ? unknown.type | 0x80 : unknown.type);
    out.raw(unknown.body);
  }
}

}  // namespace

Decoded<EroObject> EroObject::decode(Reader& in, std::uint8_t) {
  Decoded<std::vector<Subobject>> hops = decode_hops(in, Route::kExplicit);
  if (!hops) return std::unexpected(std::move(hops.error()));
  return EroObject{std::move(*hops)};
}
void EroObject::encode(Writer& out) const {
  encode_hops(out, hops, Route::kExplicit);
}

Decoded<RroObject> RroObject::decode(Reader& in, std::uint8_t) {
  Decoded<std::vector<Subobject>> hops = decode_hops(in, Route::kRecorded);
  if (!hops) return std::unexpected(std::move(hops.error()));
  return RroObject{std::move(*hops)};
}
void RroObject::encode(Writer& out) const {
  encode_hops(out, hops, Route::kRecorded);
}

bool has_srv6(const std::vector<Subobject>& hops) {
  return std::ranges::any_of(hops, [](const Subobject& hop) { return std::holds_alternative<Srv6Subobject>(hop); });
}

bool is_mixed(const std::vector<Subobject>& hops) {
  return has_srv6(hops) &&
         std::ranges::any_of(hops, [](const Subobject& hop) { return std::holds_alternative<UnknownSubobject>(hop); });
}

}  // namespace pathwise::pcep
