// SPDX-License-Identifier: Apache-2.0
#include "pcep/codec/code_points.h"

#include <array>
#include <utility>

namespace pathwise::pcep {

std::string_view to_string(MessageType type) noexcept {
  switch (type) {
    case MessageType::kOpen:
      return "Open";
    case MessageType::kKeepalive:
      return "Keepalive";
    case MessageType::kPcReq:
      return "PCReq";
    case MessageType::kPcRep:
      return "PCRep";
    case MessageType::kNotification:
      return "PCNtf";
    case MessageType::kError:
      return "PCErr";
    case MessageType::kClose:
      return "Close";
    case MessageType::kPcRpt:
      return "PCRpt";
    case MessageType::kPcUpd:
      return "PCUpd";
    case MessageType::kPcInitiate:
      return "PCInitiate";
    case MessageType::kStartTls:
      return "StartTLS";
  }
  return "unknown";
}

bool is_known(MessageType type) noexcept {
  return to_string(type) != "unknown";
}

std::string_view to_string(Operational state) noexcept {
  switch (state) {
    case Operational::kDown:
      return "down";
    case Operational::kUp:
      return "up";
    case Operational::kActive:
      return "active";
    case Operational::kGoingDown:
      return "going-down";
    case Operational::kGoingUp:
      return "going-up";
  }
  return "reserved";
}

std::string_view to_string(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::kNoExplanation:
      return "no explanation";
    case CloseReason::kDeadTimer:
      return "dead timer expired";
    case CloseReason::kMalformedMessage:
      return "malformed message received";
    case CloseReason::kUnknownRequests:
      return "too many unknown requests or replies";
    case CloseReason::kUnrecognizedMessages:
      return "too many unrecognized messages";
  }
  return "unknown reason";
}

std::string_view to_string(ErrorCodePoint error) noexcept {
  using namespace errors;
  static constexpr std::array<std::pair<ErrorCodePoint, std::string_view>, 38> kTable{{
      {kInvalidOpen, "invalid Open message, or another message where an Open must be"},
      {kOpenWaitExpired, "no Open before the OpenWait timer expired"},
      {kUnacceptable, "unacceptable, not negotiable session characteristics"},
      {kNegotiable, "unacceptable but negotiable session characteristics"},
      {kSecondOpenUnacceptable, "second Open still unacceptable"},
      {kProposalUnacceptable, "the proposed session characteristics are unacceptable"},
      {kKeepWaitExpired, "no Keepalive or PCErr before the KeepWait timer expired"},
      {kVersionNotSupported, "PCEP version not supported"},
      {kCapabilityNotSupported, "capability not supported (unrecognized message)"},
      {kUnknownObjectClass, "unrecognized object class"},
      {kUnknownObjectType, "unrecognized object type"},
      {kNotSupportedClass, "object class not supported"},
      {kUnsupportedParameter, "unsupported parameter"},
      {kRpMissing, "RP object missing"},
      {kEndPointsMissing, "END-POINTS object missing"},
      {kLspMissing, "LSP object missing"},
      {kEroMissing, "ERO object missing"},
      {kSrpMissing, "SRP object missing"},
      {kLspIdentifiersMissing, "LSP-IDENTIFIERS TLV missing"},
      {kSecondSession, "attempt to establish a second PCEP session"},
      {kSymbolicNameMissing, "SYMBOLIC-PATH-NAME TLV missing"},
      {kMalformedObject, "malformed object"},
      {kMissingSrv6Capability, "SRv6-PCE-CAPABILITY sub-TLV missing"},
      {kRroSidAndNaiAbsent, "both SID and NAI are absent in an SRv6-RRO subobject"},
      {kRroMixed, "RRO mixes SRv6-RRO with other subobjects"},
      {kInvalidSidStructure, "invalid SRv6 SID structure"},
      {kUnsupportedNaiType, "unsupported NAI type in an SRv6 subobject"},
      {kEroSidAndNaiAbsent, "both SID and NAI are absent in an SRv6-ERO subobject"},
      {kEroMixed, "ERO mixes SRv6-ERO with other subobjects"},
      {kTooManySegments, "unsupported number of SRv6-ERO subobjects"},
      {kNotDelegated, "update of an LSP that is not delegated"},
      {kUpdateNotAdvertised, "LSP update without the active stateful capability"},
      {kUnknownPlspId, "update of an unknown PLSP-ID"},
      {kReportNotAdvertised, "LSP report without the stateful capability"},
      {kSrv6NotAdvertised, "SRv6 path without the SRv6 capability or setup type"},
      {kReportNotProcessed, "the PCE cannot process an LSP state report"},
      {kUnsupportedSetupType, "unsupported path setup type"},
      {kMismatchedSetupType, "mismatched path setup type"},
  }};
  for (const auto& [code, text] : kTable)
    if (code == error) return text;
  return "unlisted error";
}

}  // namespace pathwise::pcep
