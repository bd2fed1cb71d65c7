// SPDX-License-Identifier: Apache-2.0
#include "router/http/chunked.h"

#include <algorithm>

namespace pathwise::router::http {

namespace {

constexpr int kMaxSizeDigits = 15;            // 2^60 bytes: no overflow, beyond every body limit
constexpr std::uint16_t kMaxExtension = 256;  // nobody uses them; a stream of them is an attack
constexpr std::uint16_t kMaxTrailers = 8192;

int hex(unsigned char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const unsigned char lower = byte | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool visible(unsigned char byte) {
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace

std::string_view to_string(ChunkError error) {
  switch (error) {
    case ChunkError::kBadSize:
      return "bad chunk size";
    case ChunkError::kBadExtension:
      return "bad chunk extension";
    case ChunkError::kBadLineEnd:
      return "a chunk line does not end with CRLF";
    case ChunkError::kTrailersTooLarge:
      return "bad trailer section";
  }
  return "?";
}

std::expected<ChunkParser::Step, ChunkError> ChunkParser::feed(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && state_ != State::kDone) {
    if (state_ == State::kData) {
      const std::size_t run = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size() - at));
      remaining_ -= run;
      if (remaining_ == 0) state_ = State::kDataCr;
      return Step{at + run, input.substr(at, run)};
    }
    if (auto taken = framing_byte(static_cast<unsigned char>(input[at])); !taken) {
      return std::unexpected(taken.error());
    }
    ++at;
  }
  return Step{at, {}};
}

std::expected<void, ChunkError> ChunkParser::expect(unsigned char byte, char wanted, State next) {
  if (byte != static_cast<unsigned char>(wanted)) return std::unexpected(ChunkError::kBadLineEnd);
  state_ = next;
  return {};
}

std::expected<void, ChunkError> ChunkParser::size_byte(unsigned char byte) {
  if (const int value = hex(byte); value >= 0) {
    if (++digits_ > kMaxSizeDigits) return std::unexpected(ChunkError::kBadSize);
    remaining_ = remaining_ * 16 + static_cast<unsigned>(value);
    state_ = State::kSize;
    return {};
  }
  if (digits_ == 0) return std::unexpected(ChunkError::kBadSize);
  if (byte == '\r') {
    state_ = State::kSizeLf;
  } else if (byte == ';') {
    state_ = State::kExtension;
  } else {
    return std::unexpected(ChunkError::kBadSize);
  }
  return {};
}

std::expected<void, ChunkError> ChunkParser::trailer_byte(unsigned char byte) {
  if (byte == '\r') {
    state_ = state_ == State::kTrailerStart ? State::kEndLf : State::kTrailerLf;
    return {};
  }
  if (!visible(byte) || ++line_ > kMaxTrailers) return std::unexpected(ChunkError::kTrailersTooLarge);
  state_ = State::kTrailer;
  return {};
}

std::expected<void, ChunkError> ChunkParser::framing_byte(unsigned char byte) {
  switch (state_) {
    case State::kSizeStart:
    case State::kSize:
      return size_byte(byte);
    case State::kExtension:
      if (byte == '\r') {
        state_ = State::kSizeLf;
        return {};
      }
      if (!visible(byte) || ++line_ > kMaxExtension) return std::unexpected(ChunkError::kBadExtension);
      return {};
    case State::kSizeLf:
      line_ = 0;
      digits_ = 0;
      return expect(byte, '\n', remaining_ == 0 ? State::kTrailerStart : State::kData);
    case State::kDataCr:
      return expect(byte, '\r', State::kDataLf);
    case State::kDataLf:
      return expect(byte, '\n', State::kSizeStart);
    case State::kTrailerStart:
    case State::kTrailer:
      return trailer_byte(byte);
    case State::kTrailerLf:
      return expect(byte, '\n', State::kTrailerStart);
    case State::kEndLf:
      return expect(byte, '\n', State::kDone);
    case State::kData:
    case State::kDone:
      break;
  }
  return {};
}

}  // namespace pathwise::router::http
