// SPDX-License-Identifier: Apache-2.0
// The objects of PCEP, one struct each. `decode` gets the body after the object header and the
// object type; `encode` writes the body. Flags are kept as they stand on the wire, so that unknown
// ones survive. Values; any thread.
#pragma once

#include <variant>

#include "pcep/codec/route.h"
#include "pcep/codec/tlv.h"

namespace pathwise::pcep {

// RFC 5440 section 7.3.
struct OpenObject {
  static constexpr ObjectClass kClass = ObjectClass::kOpen;
  std::uint8_t version = kVersion;
  std::uint8_t flags = 0;         // 5 bits
  std::uint8_t keepalive = 30;    // seconds between two messages of the sender; 0: none are sent
  std::uint8_t dead_timer = 120;  // seconds of silence after which the sender is dead; 0: never
  std::uint8_t session_id = 0;
  Tlvs tlvs;
  static Decoded<OpenObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const OpenObject&, const OpenObject&) = default;
};

// RFC 5440 section 7.4.
struct RpObject {
  static constexpr ObjectClass kClass = ObjectClass::kRp;
  std::uint32_t flags = 0;
  std::uint32_t request_id = 0;
  Tlvs tlvs;
  static Decoded<RpObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const RpObject&, const RpObject&) = default;
};

// RFC 5440 section 7.5.
struct NoPathObject {
  static constexpr ObjectClass kClass = ObjectClass::kNoPath;
  std::uint8_t nature = 0;  // 0: no path satisfies the constraints, 1: PCE chain broken
  std::uint16_t flags = 0;
  Tlvs tlvs;
  static Decoded<NoPathObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const NoPathObject&, const NoPathObject&) = default;
};

// RFC 5440 section 7.6. Object type 1 is IPv4, 2 is IPv6.
struct EndPointsObject {
  static constexpr ObjectClass kClass = ObjectClass::kEndPoints;
  struct V4 {
    Ipv4Address source;
    Ipv4Address destination;
    friend bool operator==(const V4&, const V4&) = default;
  };
  struct V6 {
    Ipv6Address source;
    Ipv6Address destination;
    friend bool operator==(const V6&, const V6&) = default;
  };
  std::variant<V4, V6> addresses;
  static bool knows(std::uint8_t object_type) { return object_type == 1 || object_type == 2; }
  static Decoded<EndPointsObject> decode(Reader& in, std::uint8_t object_type);
  [[nodiscard]] std::uint8_t object_type() const { return addresses.index() == 0 ? 1 : 2; }
  void encode(Writer& out) const;
  friend bool operator==(const EndPointsObject&, const EndPointsObject&) = default;
};

// RFC 5440 section 7.7. Object type 1 is the requested bandwidth, 2 that of an existing LSP.
struct BandwidthObject {
  static constexpr ObjectClass kClass = ObjectClass::kBandwidth;
  float bytes_per_second = 0;
  bool existing = false;
  static bool knows(std::uint8_t object_type) { return object_type == 1 || object_type == 2; }
  static Decoded<BandwidthObject> decode(Reader& in, std::uint8_t object_type);
  [[nodiscard]] std::uint8_t object_type() const { return existing ? 2 : 1; }
  void encode(Writer& out) const;
  friend bool operator==(const BandwidthObject&, const BandwidthObject&) = default;
};

// RFC 5440 section 7.8; delays (type 12) are microseconds, RFC 8233 section 3.1.
struct MetricObject {
  static constexpr ObjectClass kClass = ObjectClass::kMetric;
  std::uint8_t flags = 0;  // kMetricBound, kMetricComputed
  MetricType type = MetricType::kIgp;
  float value = 0;
  [[nodiscard]] bool is_bound() const { return (flags & kMetricBound) != 0; }
  [[nodiscard]] bool is_computed() const { return (flags & kMetricComputed) != 0; }
  static Decoded<MetricObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const MetricObject&, const MetricObject&) = default;
};

// RFC 5440 section 7.11. Affinities are masks of 32 administrative groups (RFC 3209 section 4.7.4).
struct LspaObject {
  static constexpr ObjectClass kClass = ObjectClass::kLspa;
  std::uint32_t exclude_any = 0;
  std::uint32_t include_any = 0;
  std::uint32_t include_all = 0;
  std::uint8_t setup_priority = 7;    // 0 is the highest
  std::uint8_t holding_priority = 7;  // 0 is the highest
  std::uint8_t flags = 0;
  Tlvs tlvs;
  static Decoded<LspaObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const LspaObject&, const LspaObject&) = default;
};

// RFC 5440 section 7.14.
struct NotificationObject {
  static constexpr ObjectClass kClass = ObjectClass::kNotification;
  std::uint8_t flags = 0;
  std::uint8_t type = 0;
  std::uint8_t value = 0;
  Tlvs tlvs;
  static Decoded<NotificationObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const NotificationObject&, const NotificationObject&) = default;
};

// RFC 5440 section 7.15.
struct ErrorObject {
  static constexpr ObjectClass kClass = ObjectClass::kError;
  std::uint8_t flags = 0;
  ErrorCodePoint code;
  Tlvs tlvs;
  static Decoded<ErrorObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const ErrorObject&, const ErrorObject&) = default;
};

// RFC 5440 section 7.17.
struct CloseObject {
  static constexpr ObjectClass kClass = ObjectClass::kClose;
  std::uint8_t flags = 0;
  CloseReason reason = CloseReason::kNoExplanation;
  Tlvs tlvs;
  static Decoded<CloseObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const CloseObject&, const CloseObject&) = default;
};

// RFC 8231 section 7.3.
struct LspObject {
  static constexpr ObjectClass kClass = ObjectClass::kLsp;
  std::uint32_t plsp_id = 0;  // 20 bits; 0 in the end-of-synchronisation marker
  std::uint16_t flags = 0;    // 12 bits
  Tlvs tlvs;
  [[nodiscard]] bool delegated() const { return (flags & kLspDelegate) != 0; }
  [[nodiscard]] bool syncing() const { return (flags & kLspSync) != 0; }
  [[nodiscard]] bool removed() const { return (flags & kLspRemove) != 0; }
  [[nodiscard]] bool administrative() const { return (flags & kLspAdministrative) != 0; }
  [[nodiscard]] Operational operational() const {
    return static_cast<Operational>((flags & kLspOperationalMask) >> kLspOperationalShift);
  }
  void set_operational(Operational state) {
    flags = static_cast<std::uint16_t>((flags & ~kLspOperationalMask) | static_cast<unsigned>(state)
                                                                            << kLspOperationalShift);
  }
  static Decoded<LspObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const LspObject&, const LspObject&) = default;
};

// RFC 8231 section 7.2.
struct SrpObject {
  static constexpr ObjectClass kClass = ObjectClass::kSrp;
  std::uint32_t flags = 0;
  std::uint32_t srp_id = 0;  // 0: no request is answered; 0xFFFFFFFF is reserved
  Tlvs tlvs;
  // Of the PATH-SETUP-TYPE TLV; RSVP-TE if there is none (RFC 8408 section 4).
  [[nodiscard]] PathSetupType setup_type() const;
  static Decoded<SrpObject> decode(Reader& in, std::uint8_t object_type);
  void encode(Writer& out) const;
  friend bool operator==(const SrpObject&, const SrpObject&) = default;
};

// RFC 8697 section 6.1. Object type 1 has an IPv4 source, 2 an IPv6 one.
struct AssociationObject {
  static constexpr ObjectClass kClass = ObjectClass::kAssociation;
  std::uint16_t flags = 0;
  std::uint16_t type = 0;
  std::uint16_t id = 0;
  std::variant<Ipv4Address, Ipv6Address> source;
  Tlvs tlvs;
  static bool knows(std::uint8_t object_type) { return object_type == 1 || object_type == 2; }
  static Decoded<AssociationObject> decode(Reader& in, std::uint8_t object_type);
  [[nodiscard]] std::uint8_t object_type() const { return source.index() == 0 ? 1 : 2; }
  void encode(Writer& out) const;
  friend bool operator==(const AssociationObject&, const AssociationObject&) = default;
};

// An object of a class or type that is not known here.
struct UnknownObject {
  std::uint8_t object_class = 0;
  std::uint8_t object_type = 0;
  Bytes body;
  friend bool operator==(const UnknownObject&, const UnknownObject&) = default;
};

using ObjectBody = std::variant<UnknownObject, OpenObject, RpObject, NoPathObject, EndPointsObject, BandwidthObject,
                                MetricObject, EroObject, RroObject, LspaObject, NotificationObject, ErrorObject,
                                CloseObject, LspObject, SrpObject, AssociationObject>;

// RFC 5440 section 7.2: the header's flags and the body.
struct Object {
  Object() = default;
  template <typename T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, Object>)
  Object(T&& content) : body(std::forward<T>(content)) {}  // NOLINT: an object is its body
  ObjectBody body;
  bool processing = false;  // P: the peer must take this object into account
  bool ignored = false;     // I: the peer did not
  friend bool operator==(const Object&, const Object&) = default;
};

[[nodiscard]] Decoded<Object> decode_object(Reader& in);
void encode_object(Writer& out, const Object& object);

}  // namespace pathwise::pcep
