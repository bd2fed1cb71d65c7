// SPDX-License-Identifier: Apache-2.0
#include "fabric/frame.h"

namespace pathwise::fabric {
namespace {

constexpr std::size_t kLengthBytes = 4;

}  // namespace

std::string with_length(std::string_view body) {
  std::string frame;
  frame.reserve(kLengthBytes + body.size());
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(body.size() >> shift & 0xFF);
  frame += body;
  return frame;
}

void FrameReader::feed(std::string_view bytes) {
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_ += bytes;
}

Result<std::optional<std::string_view>> FrameReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  if (rest.size() < kLengthBytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) length = length << 8 | static_cast<unsigned char>(rest[i]);
  if (length > kMaxFrameBytes) {
    return fail(ErrorCode::kResourceExhausted, "a frame of {} bytes is announced; at most {}", length, kMaxFrameBytes);
  }
  if (rest.size() < kLengthBytes + length) return std::nullopt;
  begin_ += kLengthBytes + length;
  return rest.substr(kLengthBytes, length);
}

}  // namespace pathwise::fabric
