// SPDX-License-Identifier: Apache-2.0
// TLVs (RFC 5440 section 7.1): type, length without padding, value, padding to four bytes. Each is
// a struct with decode and encode next to each other. A TLV of an unknown type keeps its bytes and
// its place, so that a message survives a round trip. Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "pcep/codec/decode_error.h"
#include "pcep/codec/wire.h"

namespace pathwise::pcep {

struct UnknownTlv {
  std::uint16_t type = 0;
  Bytes value;
  friend bool operator==(const UnknownTlv&, const UnknownTlv&) = default;
};

// RFC 5440 section 7.5: why there is no path.
struct NoPathVectorTlv {
  static constexpr TlvType kType = TlvType::kNoPathVector;
  std::uint32_t flags = 0;
  static Decoded<NoPathVectorTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const NoPathVectorTlv&, const NoPathVectorTlv&) = default;
};

// RFC 8231 section 7.1.1.
struct StatefulPceCapabilityTlv {
  static constexpr TlvType kType = TlvType::kStatefulPceCapability;
  std::uint32_t flags = 0;
  static Decoded<StatefulPceCapabilityTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const StatefulPceCapabilityTlv&, const StatefulPceCapabilityTlv&) = default;
};

// RFC 8231 section 7.3.2: unique at the PCC, the same for the life of the LSP.
struct SymbolicPathNameTlv {
  static constexpr TlvType kType = TlvType::kSymbolicPathName;
  std::string name;
  static Decoded<SymbolicPathNameTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const SymbolicPathNameTlv&, const SymbolicPathNameTlv&) = default;
};

// RFC 8231 section 7.3.1.
struct Ipv4LspIdentifiersTlv {
  static constexpr TlvType kType = TlvType::kIpv4LspIdentifiers;
  Ipv4Address source;
  std::uint16_t lsp_id = 0;
  std::uint16_t tunnel_id = 0;
  Ipv4Address extended_tunnel_id;
  Ipv4Address destination;
  static Decoded<Ipv4LspIdentifiersTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const Ipv4LspIdentifiersTlv&, const Ipv4LspIdentifiersTlv&) = default;
};
struct Ipv6LspIdentifiersTlv {
  static constexpr TlvType kType = TlvType::kIpv6LspIdentifiers;
  Ipv6Address source;
  std::uint16_t lsp_id = 0;
  std::uint16_t tunnel_id = 0;
  Ipv6Address extended_tunnel_id;
  Ipv6Address destination;
  static Decoded<Ipv6LspIdentifiersTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const Ipv6LspIdentifiersTlv&, const Ipv6LspIdentifiersTlv&) = default;
};

// RFC 8231 section 7.3.3.
struct LspErrorCodeTlv {
  static constexpr TlvType kType = TlvType::kLspErrorCode;
  LspErrorCode code = LspErrorCode::kUnknown;
  static Decoded<LspErrorCodeTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const LspErrorCodeTlv&, const LspErrorCodeTlv&) = default;
};

// RFC 8232 section 3.3.2: names a speaker independently of its addresses.
struct SpeakerEntityIdTlv {
  static constexpr TlvType kType = TlvType::kSpeakerEntityId;
  std::string id;
  static Decoded<SpeakerEntityIdTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const SpeakerEntityIdTlv&, const SpeakerEntityIdTlv&) = default;
};

// RFC 8408 section 4, in RP and SRP. Absent means RSVP-TE.
struct PathSetupTypeTlv {
  static constexpr TlvType kType = TlvType::kPathSetupType;
  PathSetupType setup = PathSetupType::kRsvpTe;
  static Decoded<PathSetupTypeTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const PathSetupTypeTlv&, const PathSetupTypeTlv&) = default;
};

// A (MSD-Type, MSD-Value) pair of RFC 9603 section 4.1.1; types are the IGP registry's.
struct Msd {
  std::uint8_t type = 0;
  std::uint8_t value = 0;
  friend bool operator==(const Msd&, const Msd&) = default;
};
// RFC 9603 section 4.1.1, inside PATH-SETUP-TYPE-CAPABILITY.
struct Srv6PceCapability {
  static constexpr CapabilitySubTlvType kType = CapabilitySubTlvType::kSrv6PceCapability;
  std::uint16_t flags = 0;  // 0x2: N, resolves NAIs; meaningful from a PCC only
  std::vector<Msd> msds;
  static Decoded<Srv6PceCapability> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const Srv6PceCapability&, const Srv6PceCapability&) = default;
};
using CapabilitySubTlv = std::variant<UnknownTlv, Srv6PceCapability>;

// RFC 8408 section 3, in OPEN.
struct PathSetupTypeCapabilityTlv {
  static constexpr TlvType kType = TlvType::kPathSetupTypeCapability;
  std::vector<PathSetupType> types;
  std::vector<CapabilitySubTlv> sub_tlvs;
  [[nodiscard]] bool offers(PathSetupType type) const;
  [[nodiscard]] const Srv6PceCapability* srv6() const;
  static Decoded<PathSetupTypeCapabilityTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const PathSetupTypeCapabilityTlv&, const PathSetupTypeCapabilityTlv&) = default;
};

// RFC 8697 section 3.4, in OPEN: the association types that the speaker supports.
struct AssocTypeListTlv {
  static constexpr TlvType kType = TlvType::kAssocTypeList;
  std::vector<std::uint16_t> types;
  static Decoded<AssocTypeListTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const AssocTypeListTlv&, const AssocTypeListTlv&) = default;
};

// RFC 8697 section 6.1.4. For SR policies (RFC 9862 section 4.2) it is the color and the endpoint;
// see sr_policy_id(). Other associations put other bytes here.
struct ExtendedAssociationIdTlv {
  static constexpr TlvType kType = TlvType::kExtendedAssociationId;
  Bytes value;
  static Decoded<ExtendedAssociationIdTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const ExtendedAssociationIdTlv&, const ExtendedAssociationIdTlv&) = default;
};
[[nodiscard]] ExtendedAssociationIdTlv sr_policy_id(Color color, const Ipv6Address& endpoint);
// Nullopt if the bytes are no IPv6 SR policy.
[[nodiscard]] std::optional<std::pair<Color, Ipv6Address>> sr_policy_of(const ExtendedAssociationIdTlv& tlv);

// RFC 9862 section 4.5.1.
struct SrPolicyNameTlv {
  static constexpr TlvType kType = TlvType::kSrPolicyName;
  std::string name;
  static Decoded<SrPolicyNameTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const SrPolicyNameTlv&, const SrPolicyNameTlv&) = default;
};
// RFC 9862 section 4.5.2: which candidate path of the policy this LSP is. IPv4 originators stand in
// the lowest 32 bits.
struct SrPolicyCpathIdTlv {
  static constexpr TlvType kType = TlvType::kSrPolicyCpathId;
  std::uint8_t protocol_origin = kOriginConfiguration;
  std::uint32_t originator_asn = 0;
  Ipv6Address originator;
  std::uint32_t discriminator = 0;
  static Decoded<SrPolicyCpathIdTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const SrPolicyCpathIdTlv&, const SrPolicyCpathIdTlv&) = default;
};
// RFC 9862 section 4.5.3.
struct SrPolicyCpathNameTlv {
  static constexpr TlvType kType = TlvType::kSrPolicyCpathName;
  std::string name;
  static Decoded<SrPolicyCpathNameTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const SrPolicyCpathNameTlv&, const SrPolicyCpathNameTlv&) = default;
};
// RFC 9862 section 4.5.4; the default is 100.
struct SrPolicyCpathPreferenceTlv {
  static constexpr TlvType kType = TlvType::kSrPolicyCpathPreference;
  std::uint32_t preference = 100;
  static Decoded<SrPolicyCpathPreferenceTlv> decode(Reader& in);
  void encode(Writer& out) const;
  friend bool operator==(const SrPolicyCpathPreferenceTlv&, const SrPolicyCpathPreferenceTlv&) = default;
};

using Tlv = std::variant<UnknownTlv, NoPathVectorTlv, StatefulPceCapabilityTlv, SymbolicPathNameTlv,
                         Ipv4LspIdentifiersTlv, Ipv6LspIdentifiersTlv, LspErrorCodeTlv, SpeakerEntityIdTlv,
                         PathSetupTypeTlv, PathSetupTypeCapabilityTlv, AssocTypeListTlv, ExtendedAssociationIdTlv,
                         SrPolicyNameTlv, SrPolicyCpathIdTlv, SrPolicyCpathNameTlv, SrPolicyCpathPreferenceTlv>;
using Tlvs = std::vector<Tlv>;

// All TLVs up to the end of `in`.
[[nodiscard]] Decoded<Tlvs> decode_tlvs(Reader& in);
void encode_tlvs(Writer& out, const Tlvs& tlvs);

// The first TLV of type T, or nullptr.
template <typename T>
[[nodiscard]] const T* find(const Tlvs& tlvs) {
  for (const Tlv& tlv : tlvs)
    if (const T* found = std::get_if<T>(&tlv)) return found;
  return nullptr;
}

}  // namespace pathwise::pcep
