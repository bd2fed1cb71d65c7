// SPDX-License-Identifier: Apache-2.0
// ERO and RRO and their subobjects. SRv6 subobjects (RFC 9603 sections 4.3.1 and 4.4.1) are
// understood; others keep their bytes and their place. Values; any thread.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "pcep/codec/decode_error.h"
#include "pcep/codec/wire.h"

namespace pathwise::pcep {

// Lengths in bits of the parts of a SID, RFC 9603 section 4.3.1.1. Their sum is at most 128.
struct SidStructure {
  std::uint8_t block = 0;
  std::uint8_t node = 0;
  std::uint8_t function = 0;
  std::uint8_t argument = 0;
  friend bool operator==(const SidStructure&, const SidStructure&) = default;
};

// NAIs by RFC 8664 section 4.3.2.
struct NodeNai {
  Ipv6Address node;
  friend bool operator==(const NodeNai&, const NodeNai&) = default;
};
struct AdjacencyNai {
  Ipv6Address local;
  Ipv6Address remote;
  friend bool operator==(const AdjacencyNai&, const AdjacencyNai&) = default;
};
struct LinkLocalNai {
  Ipv6Address local;
  std::uint32_t local_interface = 0;
  Ipv6Address remote;
  std::uint32_t remote_interface = 0;
  friend bool operator==(const LinkLocalNai&, const LinkLocalNai&) = default;
};
using Nai = std::variant<std::monostate, NodeNai, AdjacencyNai, LinkLocalNai>;

// At least one of `sid` and `nai` is present. A structure goes with a SID only.
struct Srv6Subobject {
  bool loose = false;   // L; ERO only
  bool verify = false;  // V, RFC 9603 section 4.3.1; ERO only
  std::uint16_t behavior = kBehaviorUnknown;
  std::optional<Ipv6Address> sid;
  Nai nai;
  std::optional<SidStructure> structure;
  friend bool operator==(const Srv6Subobject&, const Srv6Subobject&) = default;
};

struct UnknownSubobject {
  bool loose = false;     // L; ERO only
  std::uint8_t type = 0;  // 7 bits in an ERO, 8 in an RRO
  Bytes body;             // after type and length
  friend bool operator==(const UnknownSubobject&, const UnknownSubobject&) = default;
};

using Subobject = std::variant<UnknownSubobject, Srv6Subobject>;

// RFC 5440 section 7.9. Empty in a PCRpt that asks for a path, and in a PCUpd that takes one away.
struct EroObject {
  static constexpr ObjectClass kClass = ObjectClass::kEro;
  std::vector<Subobject> hops;
  static Decoded<EroObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const EroObject&, const EroObject&) = default;
};
// RFC 5440 section 7.10.
struct RroObject {
  static constexpr ObjectClass kClass = ObjectClass::kRro;
  std::vector<Subobject> hops;
  static Decoded<RroObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const RroObject&, const RroObject&) = default;
};

[[nodiscard]] bool has_srv6(const std::vector<Subobject>& hops);
// SRv6 subobjects stand alone in a route (RFC 9603 sections 5.2.1 and 5.3).
[[nodiscard]] bool is_mixed(const std::vector<Subobject>& hops);

}  // namespace pathwise::pcep
