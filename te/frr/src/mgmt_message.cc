// SPDX-License-Identifier: GPL-2.0-or-later
#include "mgmt_message.h"

#include <cstring>

#include "base/format.h"

namespace pathwise::te {
namespace {

constexpr std::size_t kMessageHeader = 24;
constexpr std::uint8_t kFormatJson = 2;             // LYD_JSON
constexpr std::uint8_t kImplicitLockAndCommit = 3;  // EDIT_FLAG_IMPLICIT_LOCK | EDIT_FLAG_IMPLICIT_COMMIT
constexpr std::uint8_t kDatastoreCandidate = 1;
constexpr std::uint8_t kMerge = 2;
constexpr std::size_t kErrorPrefix = 8;  // error number and padding, before the text

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <typename T>
T get(std::string_view in, std::size_t offset) {
  T value{};
  std::memcpy(&value, in.data() + offset, sizeof(value));
  return value;
}

}  // namespace

std::string encode_mgmt(const MgmtMessage& message) {
  std::string out;
  put(out, kMgmtMarker);
  put(out, static_cast<std::uint32_t>(kMgmtFrameHeader + kMessageHeader + message.body.size()));
  put(out, static_cast<std::uint16_t>(message.code));
  put(out, std::uint16_t{0});
  put(out, message.split);
  put(out, message.session);
  put(out, message.request);
  return out + message.body;
}

Result<std::size_t> mgmt_frame_length(std::string_view header) {
  if (header.size() < kMgmtFrameHeader || get<std::uint32_t>(header, 0) != kMgmtMarker) {
    return fail(ErrorCode::kInvalidArgument, "mgmtd: not a native message");
  }
  const std::size_t length = get<std::uint32_t>(header, 4);
  if (length < kMgmtFrameHeader + kMessageHeader || length > kMgmtMaxFrame) {
    return fail(ErrorCode::kInvalidArgument, "mgmtd: a message of {} octets", length);
  }
  return length;
}

Result<MgmtMessage> decode_mgmt(std::string_view frame) {
  const auto length = mgmt_frame_length(frame);
  if (!length) return std::unexpected(length.error());
  if (*length != frame.size()) return fail(ErrorCode::kInvalidArgument, "mgmtd: a frame of another length");
  return MgmtMessage{.code = static_cast<MgmtCode>(get<std::uint16_t>(frame, 8)),
                     .split = get<std::uint32_t>(frame, 12),
                     .session = get<std::uint64_t>(frame, 16),
                     .request = get<std::uint64_t>(frame, 24),
                     .body = std::string(frame.substr(kMgmtFrameHeader + kMessageHeader))};
}

MgmtMessage mgmt_session_request(std::string_view client) {
  MgmtMessage message{.code = MgmtCode::kSessionRequest, .request = 1, .body = std::string(8, '\0')};
  message.body.append(client).push_back('\0');
  return message;
}

MgmtMessage mgmt_delay_edit(std::uint64_t session, std::uint64_t request, std::string_view interface,
                            const LinkDelay& delay) {
  const std::string path = formatted("/frr-interface:lib/interface[name='{}']/frr-zebra:zebra/link-params", interface);
  const std::string data =
      formatted(R"({{"frr-zebra:link-params":{{"delay":{},"min-max-delay":{{"delay-min":{},"delay-max":{}}}}}}})",
                delay.average.count(), delay.min.count(), delay.max.count());
  MgmtMessage message{.code = MgmtCode::kEdit, .session = session, .request = request, .body = {}};
  message.split = static_cast<std::uint32_t>(path.size() + 1);
  message.body = {static_cast<char>(kFormatJson),
                  static_cast<char>(kImplicitLockAndCommit),
                  static_cast<char>(kDatastoreCandidate),
                  static_cast<char>(kMerge),
                  '\0',
                  '\0',
                  '\0',
                  '\0'};
  message.body += path;
  message.body.push_back('\0');
  message.body += data;
  message.body.push_back('\0');
  return message;
}

std::optional<std::string> mgmt_error(const MgmtMessage& message) {
  if (message.code != MgmtCode::kError) return std::nullopt;
  std::string text = message.body.size() > kErrorPrefix ? message.body.substr(kErrorPrefix) : "no reason given";
  while (!text.empty() && (text.back() == '\0' || text.back() == '\n')) text.pop_back();
  return text;
}

}  // namespace pathwise::te
