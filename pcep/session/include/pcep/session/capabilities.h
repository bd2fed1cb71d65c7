// SPDX-License-Identifier: Apache-2.0
// What a speaker says in its Open, as plain values. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pcep/codec/message.h"

namespace pathwise::pcep {

struct Capabilities {
  bool stateful = false;                    // the TLV is there: PCRpt is understood (RFC 8231 section 7.1.1)
  bool update = false;                      // U: PCUpd is understood (PCC) or sent (PCE)
  bool instantiation = false;               // I (RFC 8281 section 4.1)
  bool srv6 = false;                        // PST 3 with its sub-TLV (RFC 9603 section 4.1.1)
  std::vector<Msd> msds;                    // a PCC's SRv6 limits
  std::vector<std::uint16_t> associations;  // association types (RFC 8697 section 3.4)
  std::string speaker;                      // SPEAKER-ENTITY-ID; empty: none
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

[[nodiscard]] Tlvs to_tlvs(const Capabilities& capabilities);

// kMissingSrv6Capability if PST 3 comes without its sub-TLV (RFC 9603 section 5.1).
[[nodiscard]] std::expected<Capabilities, ErrorCodePoint> capabilities_of(const OpenObject& open);

}  // namespace pathwise::pcep
