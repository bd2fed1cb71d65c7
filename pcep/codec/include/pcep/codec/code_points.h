// SPDX-License-Identifier: Apache-2.0
// Every number of PCEP that this library knows, with the section that assigns it. Nothing else in
// pcep/ writes a code point as a literal.
//
// How they were checked: messages, object classes, TLV types, metric types and error types against
// the value tables of Wireshark 4.4's PCEP dissector; SRv6 against the text of
// draft-ietf-pce-segment-routing-ipv6 (which became RFC 9603). What could not be confirmed in a
// published registry is marked UNCONFIRMED where it stands.
#pragma once

#include <cstdint>
#include <string_view>

namespace pathwise::pcep {

inline constexpr std::uint8_t kVersion = 1;             // RFC 5440 section 6.1
inline constexpr std::uint16_t kPort = 4189;            // RFC 5440 section 10.1
inline constexpr std::size_t kCommonHeaderSize = 4;     // RFC 5440 section 6.1
inline constexpr std::size_t kObjectHeaderSize = 4;     // RFC 5440 section 7.2
inline constexpr std::size_t kMaxMessageSize = 0xFFFC;  // 16-bit length, a multiple of 4

enum class MessageType : std::uint8_t {
  kOpen = 1,          // RFC 5440 section 6.2
  kKeepalive = 2,     // RFC 5440 section 6.3
  kPcReq = 3,         // RFC 5440 section 6.4
  kPcRep = 4,         // RFC 5440 section 6.5
  kNotification = 5,  // RFC 5440 section 6.6
  kError = 6,         // RFC 5440 section 6.7
  kClose = 7,         // RFC 5440 section 6.8
  kPcRpt = 10,        // RFC 8231 section 6.1
  kPcUpd = 11,        // RFC 8231 section 6.2
  kPcInitiate = 12,   // RFC 8281 section 5.1
  kStartTls = 13,     // RFC 8253 section 3.2
};
[[nodiscard]] bool is_known(MessageType type) noexcept;
[[nodiscard]] std::string_view to_string(MessageType type) noexcept;

enum class ObjectClass : std::uint8_t {
  kOpen = 1,           // RFC 5440 section 7.3
  kRp = 2,             // RFC 5440 section 7.4
  kNoPath = 3,         // RFC 5440 section 7.5
  kEndPoints = 4,      // RFC 5440 section 7.6: type 1 IPv4, type 2 IPv6
  kBandwidth = 5,      // RFC 5440 section 7.7: type 1 requested, type 2 of an existing LSP
  kMetric = 6,         // RFC 5440 section 7.8
  kEro = 7,            // RFC 5440 section 7.9
  kRro = 8,            // RFC 5440 section 7.10
  kLspa = 9,           // RFC 5440 section 7.11
  kNotification = 12,  // RFC 5440 section 7.14
  kError = 13,         // RFC 5440 section 7.15
  kClose = 15,         // RFC 5440 section 7.17
  kLsp = 32,           // RFC 8231 section 7.3
  kSrp = 33,           // RFC 8231 section 7.2
  kAssociation = 40,   // RFC 8697 section 6.1: type 1 IPv4, type 2 IPv6 source
};

enum class TlvType : std::uint16_t {
  kNoPathVector = 1,              // RFC 5440 section 7.5
  kStatefulPceCapability = 16,    // RFC 8231 section 7.1.1
  kSymbolicPathName = 17,         // RFC 8231 section 7.3.2
  kIpv4LspIdentifiers = 18,       // RFC 8231 section 7.3.1
  kIpv6LspIdentifiers = 19,       // RFC 8231 section 7.3.1
  kLspErrorCode = 20,             // RFC 8231 section 7.3.3
  kSpeakerEntityId = 24,          // RFC 8232 section 3.3.2
  kPathSetupType = 28,            // RFC 8408 section 4
  kExtendedAssociationId = 31,    // RFC 8697 section 6.1.4
  kPathSetupTypeCapability = 34,  // RFC 8408 section 3
  kAssocTypeList = 35,            // RFC 8697 section 3.4
  kSrPolicyName = 56,             // RFC 9862 section 4.5.1
  kSrPolicyCpathId = 57,          // RFC 9862 section 4.5.2
  kSrPolicyCpathName = 58,        // RFC 9862 section 4.5.3
  kSrPolicyCpathPreference = 59,  // RFC 9862 section 4.5.4
  kSrAlgorithm = 66,              // RFC 9933; UNCONFIRMED (not in Wireshark 4.4), carried as unknown
  kColor = 67,                    // RFC 9863; UNCONFIRMED (not in Wireshark 4.4), carried as unknown
};
// Sub-TLVs of PATH-SETUP-TYPE-CAPABILITY have their own registry (RFC 8408 section 3).
enum class CapabilitySubTlvType : std::uint16_t {
  kSrv6PceCapability = 27,  // RFC 9603 section 4.1.1
};

enum class RouteSubobjectType : std::uint8_t {
  kSrv6 = 40,  // RFC 9603 sections 4.3.1 and 4.4.1, the same number in ERO and RRO
};

// NAI types of an SRv6 subobject: RFC 9603 section 4.3.1, numbers of RFC 8664 section 4.3.1.
enum class NaiType : std::uint8_t { kAbsent = 0, kIpv6Node = 2, kIpv6Adjacency = 4, kIpv6LinkLocal = 6 };

// Flags of an SRv6 subobject, RFC 9603 section 4.3.1.
inline constexpr std::uint16_t kSrv6SidVerify = 0x008;         // V
inline constexpr std::uint16_t kSrv6StructurePresent = 0x004;  // T
inline constexpr std::uint16_t kSrv6NaiAbsent = 0x002;         // F
inline constexpr std::uint16_t kSrv6SidAbsent = 0x001;         // S

// Endpoint behaviours: IANA "SRv6 Endpoint Behaviors"; uN is RFC 9800's End with NEXT-CSID.
inline constexpr std::uint16_t kBehaviorEnd = 1;            // RFC 8986 section 4.1
inline constexpr std::uint16_t kBehaviorEndX = 5;           // RFC 8986 section 4.2
inline constexpr std::uint16_t kBehaviorEndNextCsid = 43;   // RFC 9800 section 4.1.1
inline constexpr std::uint16_t kBehaviorEndXNextCsid = 52;  // RFC 9800 section 4.1.2
inline constexpr std::uint16_t kBehaviorEndDt6NextCsid = 62;
inline constexpr std::uint16_t kBehaviorUnknown = 0xFFFF;  // RFC 9603 section 4.3.1: opaque

// Path setup types, RFC 8408 section 4 and RFC 9603 section 7.
enum class PathSetupType : std::uint8_t { kRsvpTe = 0, kSrMpls = 1, kSrv6 = 3 };

// METRIC object T field.
enum class MetricType : std::uint8_t {
  kIgp = 1,                  // RFC 5440 section 7.8
  kTe = 2,                   // RFC 5440 section 7.8
  kHopCount = 3,             // RFC 5440 section 7.8
  kSidDepth = 11,            // RFC 8664 section 4.5
  kPathDelay = 12,           // RFC 8233 section 3.1: IEEE float32, microseconds
  kPathDelayVariation = 13,  // RFC 8233 section 3.2
  kPathLoss = 14,            // RFC 8233 section 3.3
};
inline constexpr std::uint8_t kMetricBound = 0x01;     // B, RFC 5440 section 7.8
inline constexpr std::uint8_t kMetricComputed = 0x02;  // C, RFC 5440 section 7.8

inline constexpr std::uint8_t kLspaLocalProtection = 0x01;  // L, RFC 5440 section 7.11

// STATEFUL-PCE-CAPABILITY flags.
inline constexpr std::uint32_t kCapabilityUpdate = 0x01;         // U, RFC 8231 section 7.1.1
inline constexpr std::uint32_t kCapabilityDbVersion = 0x02;      // S, RFC 8232 section 3.3.1
inline constexpr std::uint32_t kCapabilityInstantiation = 0x04;  // I, RFC 8281 section 4.1

// LSP object flags (12 bits).
inline constexpr std::uint16_t kLspDelegate = 0x001;         // D, RFC 8231 section 7.3
inline constexpr std::uint16_t kLspSync = 0x002;             // S, RFC 8231 section 7.3
inline constexpr std::uint16_t kLspRemove = 0x004;           // R, RFC 8231 section 7.3
inline constexpr std::uint16_t kLspAdministrative = 0x008;   // A, RFC 8231 section 7.3
inline constexpr std::uint16_t kLspOperationalMask = 0x070;  // O, RFC 8231 section 7.3
inline constexpr unsigned kLspOperationalShift = 4;
inline constexpr std::uint16_t kLspCreate = 0x080;    // C, RFC 8281 section 5.3.1
inline constexpr std::uint32_t kMaxPlspId = 0xFFFFE;  // RFC 8231 section 7.3: 0 and 0xFFFFF reserved

// O field of the LSP object, RFC 8231 section 7.3.
enum class Operational : std::uint8_t { kDown = 0, kUp = 1, kActive = 2, kGoingDown = 3, kGoingUp = 4 };
[[nodiscard]] std::string_view to_string(Operational state) noexcept;

inline constexpr std::uint32_t kSrpRemove = 0x1;  // R, RFC 8281 section 5.2

// LSP-ERROR-CODE TLV, RFC 8231 section 7.3.3 (9: RFC 9603 section 4.3.1).
enum class LspErrorCode : std::uint32_t {
  kUnknown = 1,
  kLimitReached = 2,
  kTooManyPending = 3,
  kUnacceptableParameters = 4,
  kInternal = 5,
  kAdministrativelyDown = 6,
  kPreempted = 7,
  kSignalling = 8,
  kSidVerificationFailed = 9,
};

// NO-PATH object and NO-PATH-VECTOR TLV, RFC 5440 section 7.5.
inline constexpr std::uint16_t kNoPathUnsatisfied = 0x8000;  // C flag
inline constexpr std::uint32_t kNoPathPceUnavailable = 0x1;
inline constexpr std::uint32_t kNoPathUnknownDestination = 0x2;
inline constexpr std::uint32_t kNoPathUnknownSource = 0x4;

// CLOSE object reasons, RFC 5440 section 7.17.
enum class CloseReason : std::uint8_t {
  kNoExplanation = 1,
  kDeadTimer = 2,
  kMalformedMessage = 3,
  kUnknownRequests = 4,
  kUnrecognizedMessages = 5,
};
[[nodiscard]] std::string_view to_string(CloseReason reason) noexcept;

// Association types: RFC 8697 section 7.4 and RFC 9862 section 4.2.
inline constexpr std::uint16_t kAssociationSrPolicy = 6;
inline constexpr std::uint16_t kAssociationRemove = 0x0001;  // R, RFC 8697 section 6.1
// Protocol-Origin of SRPOLICY-CPATH-ID: RFC 9862 section 4.5.2, RFC 9256 section 2.3.
inline constexpr std::uint8_t kOriginPcep = 10;
inline constexpr std::uint8_t kOriginConfiguration = 30;

// An Error-Type and its Error-value: RFC 5440 section 7.15 and the later RFCs named below.
struct ErrorCodePoint {
  std::uint8_t type = 0;
  std::uint8_t value = 0;
  friend constexpr bool operator==(ErrorCodePoint, ErrorCodePoint) = default;
};
[[nodiscard]] std::string_view to_string(ErrorCodePoint error) noexcept;

namespace errors {
inline constexpr ErrorCodePoint kInvalidOpen{1, 1};              // RFC 5440
inline constexpr ErrorCodePoint kOpenWaitExpired{1, 2};          // RFC 5440
inline constexpr ErrorCodePoint kUnacceptable{1, 3};             // RFC 5440: not negotiable
inline constexpr ErrorCodePoint kNegotiable{1, 4};               // RFC 5440: OPEN with a proposal follows
inline constexpr ErrorCodePoint kSecondOpenUnacceptable{1, 5};   // RFC 5440
inline constexpr ErrorCodePoint kProposalUnacceptable{1, 6};     // RFC 5440
inline constexpr ErrorCodePoint kKeepWaitExpired{1, 7};          // RFC 5440
inline constexpr ErrorCodePoint kVersionNotSupported{1, 8};      // RFC 5440
inline constexpr ErrorCodePoint kCapabilityNotSupported{2, 0};   // RFC 5440 section 6.9: unrecognized message
inline constexpr ErrorCodePoint kUnknownObjectClass{3, 1};       // RFC 5440
inline constexpr ErrorCodePoint kUnknownObjectType{3, 2};        // RFC 5440
inline constexpr ErrorCodePoint kNotSupportedClass{4, 1};        // RFC 5440
inline constexpr ErrorCodePoint kUnsupportedParameter{4, 4};     // RFC 5441
inline constexpr ErrorCodePoint kRpMissing{6, 1};                // RFC 5440
inline constexpr ErrorCodePoint kEndPointsMissing{6, 3};         // RFC 5440
inline constexpr ErrorCodePoint kLspMissing{6, 8};               // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kEroMissing{6, 9};               // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kSrpMissing{6, 10};              // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kLspIdentifiersMissing{6, 11};   // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kSecondSession{9, 0};            // RFC 5440: the type has no values
inline constexpr ErrorCodePoint kSymbolicNameMissing{10, 8};     // RFC 8281 section 8.6
inline constexpr ErrorCodePoint kMalformedObject{10, 11};        // RFC 8408 section 8.4
inline constexpr ErrorCodePoint kMissingSrv6Capability{10, 34};  // RFC 9603 section 9
inline constexpr ErrorCodePoint kRroSidAndNaiAbsent{10, 35};     // RFC 9603 section 9
inline constexpr ErrorCodePoint kRroMixed{10, 36};               // RFC 9603 section 9
inline constexpr ErrorCodePoint kInvalidSidStructure{10, 37};    // RFC 9603 section 9
inline constexpr ErrorCodePoint kUnsupportedNaiType{10, 40};     // RFC 9603 section 9
inline constexpr ErrorCodePoint kEroSidAndNaiAbsent{10, 41};     // RFC 9603 section 9
inline constexpr ErrorCodePoint kEroMixed{10, 42};               // RFC 9603 section 9
// UNCONFIRMED: the last draft lists "Unsupported number of SRv6-ERO subobjects" as 39 in one place
// and as 43 in two; 43 is what its ERO validation section demands.
inline constexpr ErrorCodePoint kTooManySegments{10, 43};
inline constexpr ErrorCodePoint kNotDelegated{19, 1};            // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kUpdateNotAdvertised{19, 2};     // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kUnknownPlspId{19, 3};           // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kReportNotAdvertised{19, 5};     // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kSrv6NotAdvertised{19, 19};      // RFC 9603 section 9
inline constexpr ErrorCodePoint kReportNotProcessed{20, 1};      // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kSyncIncomplete{20, 5};          // RFC 8231 section 8.4
inline constexpr ErrorCodePoint kUnsupportedSetupType{21, 1};    // RFC 8408 section 8.4
inline constexpr ErrorCodePoint kMismatchedSetupType{21, 2};     // RFC 8408 section 8.4
inline constexpr ErrorCodePoint kStartTlsAfterExchange{25, 1};   // RFC 8253 section 3.2
inline constexpr ErrorCodePoint kStartTlsExpected{25, 2};        // RFC 8253 section 3.2
inline constexpr ErrorCodePoint kNoConnectionWithoutTls{25, 3};  // RFC 8253 section 3.2
inline constexpr ErrorCodePoint kConnectionWithoutTls{25, 4};    // RFC 8253 section 3.2
inline constexpr ErrorCodePoint kStartTlsWaitExpired{25, 5};     // RFC 8253 section 3.2
}  // namespace errors

}  // namespace pathwise::pcep
