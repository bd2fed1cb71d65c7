// SPDX-License-Identifier: GPL-2.0-or-later
// mgmtd's native front-end messages (FRR 10.3, lib/mgmt_msg.h and lib/mgmt_msg_native.h): host byte
// order, a frame of marker, length, then a 24-octet header and a body. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "te/frr/delay_damper.h"

namespace pathwise::te {

inline constexpr std::uint32_t kMgmtMarker = 0x23232301;  // "###" and version 1: native
inline constexpr std::size_t kMgmtFrameHeader = 8;
inline constexpr std::size_t kMgmtMaxFrame = 64 << 10;  // ours: replies to our requests are small

enum class MgmtCode : std::uint16_t {
  kError = 0,
  kEdit = 5,
  kEditReply = 6,
  kSessionRequest = 10,
  kSessionReply = 11,
};

struct MgmtMessage {
  MgmtCode code = MgmtCode::kError;
  std::uint32_t split = 0;  // length of the first part of the variable data
  std::uint64_t session = 0;
  std::uint64_t request = 0;
  std::string body;  // all that follows the header
  friend bool operator==(const MgmtMessage&, const MgmtMessage&) = default;
};

[[nodiscard]] std::string encode_mgmt(const MgmtMessage& message);
// The length of the frame that starts with these 8 octets.
[[nodiscard]] Result<std::size_t> mgmt_frame_length(std::string_view header);
[[nodiscard]] Result<MgmtMessage> decode_mgmt(std::string_view frame);

[[nodiscard]] MgmtMessage mgmt_session_request(std::string_view client);
// Merges the delay into the interface's link-params and commits, in one message.
[[nodiscard]] MgmtMessage mgmt_delay_edit(std::uint64_t session, std::uint64_t request, std::string_view interface,
                                          const LinkDelay& delay);
// The text of an error message; nullopt if it is none.
[[nodiscard]] std::optional<std::string> mgmt_error(const MgmtMessage& message);

}  // namespace pathwise::te
