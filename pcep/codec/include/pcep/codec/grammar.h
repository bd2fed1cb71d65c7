// SPDX-License-Identifier: Apache-2.0
// The grammar of the stateful messages (RFC 8231 section 6, with RFC 8697 section 6.3): objects in
// order become requests and reports, and back. Values; any thread.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "pcep/codec/message.h"

namespace pathwise::pcep {

// <attribute-list>.
struct Attributes {
  std::optional<LspaObject> lspa;
  std::optional<BandwidthObject> bandwidth;
  std::vector<MetricObject> metrics;
  friend bool operator==(const Attributes&, const Attributes&) = default;
};

// One <state-report> of a PCRpt.
struct StateReport {
  std::optional<SrpObject> srp;
  LspObject lsp;
  std::vector<AssociationObject> associations;
  EroObject ero;                 // the intended path
  Attributes actual;             // of the actual path; only with an RRO
  std::optional<RroObject> rro;  // the actual path
  Attributes intended;
  std::vector<Object> others;  // objects that this grammar does not place
  // RFC 8231 section 5.6: PLSP-ID 0 without the sync flag ends the synchronisation.
  [[nodiscard]] bool ends_sync() const { return lsp.plsp_id == 0 && !lsp.syncing(); }
  friend bool operator==(const StateReport&, const StateReport&) = default;
};

// One <update-request> of a PCUpd.
struct UpdateRequest {
  SrpObject srp;
  LspObject lsp;
  std::vector<AssociationObject> associations;
  EroObject ero;
  Attributes attributes;
  std::vector<Object> others;
  friend bool operator==(const UpdateRequest&, const UpdateRequest&) = default;
};

// Why one report or request cannot stand, and what a PCErr about it carries.
struct RequestError {
  ErrorCodePoint code;
  std::optional<SrpObject> srp;
  std::optional<LspObject> lsp;
  friend bool operator==(const RequestError&, const RequestError&) = default;
};

// Each report or request stands or falls alone. Objects before the first of them are an error.
[[nodiscard]] std::vector<std::expected<StateReport, RequestError>> parse_reports(const Message& message);
[[nodiscard]] std::vector<std::expected<UpdateRequest, RequestError>> parse_updates(const Message& message);

void append(Message& message, const StateReport& report);
void append(Message& message, const UpdateRequest& request);

[[nodiscard]] Message make_keepalive();
[[nodiscard]] Message make_open(OpenObject open);
[[nodiscard]] Message make_close(CloseReason reason);
[[nodiscard]] Message make_error(ErrorCodePoint code);
// With the SRP before and the LSP after the PCEP-ERROR object (RFC 8231 section 6.3).
[[nodiscard]] Message make_error(const RequestError& error);

}  // namespace pathwise::pcep
