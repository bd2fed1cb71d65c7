// SPDX-License-Identifier: Apache-2.0
#include "generate.h"

namespace pathwise::pcep::test {

Bytes Generator::bytes(std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = u8();
  return bytes;
}

std::string Generator::text() {
  std::string text(1 + below(20), 'a');
  for (char& letter : text) letter = static_cast<char>('a' + below(26));
  return text;
}

Ipv4Address Generator::ipv4() {
  Ipv4Address address;
  for (std::uint8_t& byte : address.bytes) byte = u8();
  return address;
}

Ipv6Address Generator::ipv6() {
  Ipv6Address address;
  for (std::uint8_t& byte : address.bytes) byte = u8();
  return address;
}

Nai Generator::nai() {
  switch (below(3)) {
    case 0:
      return NodeNai{ipv6()};
    case 1:
      return AdjacencyNai{ipv6(), ipv6()};
    default:
      return LinkLocalNai{ipv6(), u32(), ipv6(), u32()};
  }
}

Srv6Subobject Generator::srv6() {
  Srv6Subobject hop;
  hop.behavior = u16();
  if (flip()) hop.nai = nai();
  if (std::holds_alternative<std::monostate>(hop.nai) || flip()) hop.sid = ipv6();
  if (hop.sid && flip()) hop.structure = SidStructure{32, 16, static_cast<std::uint8_t>(below(17)), 64};
  return hop;
}

std::vector<Subobject> Generator::hops(bool explicit_route) {
  std::vector<Subobject> hops;
  for (std::uint32_t count = below(6); count > 0; --count) {
    if (below(5) != 0) {
      Srv6Subobject hop = srv6();
      hop.loose = explicit_route && flip();
      hop.verify = explicit_route && flip();
      hops.emplace_back(hop);
    } else {
      const auto type = static_cast<std::uint8_t>(explicit_route ? 100 + below(20) : 100 + below(150));
      hops.emplace_back(UnknownSubobject{explicit_route && flip(), type, bytes(2 + 4 * below(5))});
    }
  }
  return hops;
}

PathSetupTypeCapabilityTlv Generator::capability() {
  PathSetupTypeCapabilityTlv tlv;
  for (std::uint32_t count = below(6); count > 0; --count) tlv.types.push_back(static_cast<PathSetupType>(u8()));
  if (flip()) tlv.sub_tlvs.emplace_back(UnknownTlv{static_cast<std::uint16_t>(1000 + below(9)), bytes(below(9))});
  if (flip()) {
    Srv6PceCapability srv6{.flags = u16()};
    for (std::uint32_t count = below(4); count > 0; --count) srv6.msds.push_back({u8(), u8()});
    tlv.sub_tlvs.emplace_back(srv6);
  }
  return tlv;
}

Tlv Generator::policy_tlv() {
  switch (below(6)) {
    case 0:
      return AssocTypeListTlv{{u16(), u16(), u16()}};
    case 1:
      return sr_policy_id(Color(u32()), ipv6());
    case 2:
      return SrPolicyNameTlv{text()};
    case 3:
      return SrPolicyCpathIdTlv{u8(), u32(), ipv6(), u32()};
    case 4:
      return SrPolicyCpathNameTlv{text()};
    default:
      return SrPolicyCpathPreferenceTlv{u32()};
  }
}

Tlv Generator::tlv() {
  switch (below(11)) {
    case 0:
      return UnknownTlv{static_cast<std::uint16_t>(1000 + below(9)), bytes(below(40))};
    case 1:
      return NoPathVectorTlv{u32()};
    case 2:
      return StatefulPceCapabilityTlv{u32()};
    case 3:
      return SymbolicPathNameTlv{text()};
    case 4:
      return Ipv4LspIdentifiersTlv{ipv4(), u16(), u16(), ipv4(), ipv4()};
    case 5:
      return Ipv6LspIdentifiersTlv{ipv6(), u16(), u16(), ipv6(), ipv6()};
    case 6:
      return LspErrorCodeTlv{static_cast<LspErrorCode>(u32())};
    case 7:
      return SpeakerEntityIdTlv{text()};
    case 8:
      return PathSetupTypeTlv{static_cast<PathSetupType>(u8())};
    case 9:
      return capability();
    default:
      return policy_tlv();
  }
}

Tlvs Generator::tlvs() {
  Tlvs list;
  for (std::uint32_t count = below(4); count > 0; --count) list.push_back(tlv());
  return list;
}

Object Generator::stateful_object() {
  switch (below(5)) {
    case 0:
      return EroObject{hops(true)};
    case 1:
      return RroObject{hops(false)};
    case 2:
      return LspObject{below(1U << 20), static_cast<std::uint16_t>(below(1U << 12)), tlvs()};
    case 3:
      return SrpObject{u32(), u32(), tlvs()};
    default: {
      AssociationObject object{.flags = u16(), .type = u16(), .id = u16(), .tlvs = tlvs()};
      if (flip()) {
        object.source = ipv6();
      } else {
        object.source = ipv4();
      }
      return object;
    }
  }
}

Object Generator::object() {
  switch (below(16)) {
    case 0:
      return UnknownObject{static_cast<std::uint8_t>(200 + below(50)), static_cast<std::uint8_t>(below(16)),
                           bytes(4 * below(8))};
    case 1:
      return OpenObject{kVersion, static_cast<std::uint8_t>(below(32)), u8(), u8(), u8(), tlvs()};
    case 2:
      return RpObject{u32(), u32(), tlvs()};
    case 3:
      return NoPathObject{u8(), u16(), tlvs()};
    case 4:
      return EndPointsObject{EndPointsObject::V4{ipv4(), ipv4()}};
    case 5:
      return EndPointsObject{EndPointsObject::V6{ipv6(), ipv6()}};
    case 6:
      return BandwidthObject{number(), flip()};
    case 7:
      return MetricObject{u8(), static_cast<MetricType>(u8()), number()};
    case 8:
      return LspaObject{u32(), u32(), u32(), u8(), u8(), u8(), tlvs()};
    case 9:
      return NotificationObject{u8(), u8(), u8(), tlvs()};
    case 10:
      return ErrorObject{u8(), {u8(), u8()}, tlvs()};
    case 11:
      return CloseObject{u8(), static_cast<CloseReason>(u8()), tlvs()};
    default:
      return stateful_object();
  }
}

Message Generator::message() {
  Message message{.type = static_cast<MessageType>(1 + below(13)), .flags = static_cast<std::uint8_t>(below(32))};
  for (std::uint32_t count = below(8); count > 0; --count) {
    Object item = object();
    item.processing = flip();
    item.ignored = flip();
    message.objects.push_back(std::move(item));
  }
  return message;
}

}  // namespace pathwise::pcep::test
