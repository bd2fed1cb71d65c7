// SPDX-License-Identifier: Apache-2.0
// The chunked transfer coding (RFC 9112 section 7.1), strictly: used to unwrap a request's body and to
// know where a response relayed byte for byte ends. Value; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

namespace pathwise::router::http {

enum class ChunkError : std::uint8_t { kBadSize, kBadExtension, kBadLineEnd, kTrailersTooLarge };
[[nodiscard]] std::string_view to_string(ChunkError error);

class ChunkParser {
 public:
  struct Step {
    std::size_t consumed = 0;  // bytes of the input that this step used
    std::string_view data;     // the part of them that is body; may be empty
  };
  // Takes framing and at most one run of data. Call again with the rest until it is used up or done().
  [[nodiscard]] std::expected<Step, ChunkError> feed(std::string_view input);
  [[nodiscard]] bool done() const { return state_ == State::kDone; }
  // Exactly before the size line of a chunk: the last one is complete.
  [[nodiscard]] bool between_chunks() const { return state_ == State::kSizeStart; }
  void reset() { *this = ChunkParser{}; }

 private:
  enum class State : std::uint8_t {
    kSizeStart,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kEndLf,
    kDone
  };
  [[nodiscard]] std::expected<void, ChunkError> framing_byte(unsigned char byte);
  [[nodiscard]] std::expected<void, ChunkError> size_byte(unsigned char byte);
  [[nodiscard]] std::expected<void, ChunkError> trailer_byte(unsigned char byte);
  [[nodiscard]] std::expected<void, ChunkError> expect(unsigned char byte, char wanted, State next);

  State state_ = State::kSizeStart;
  std::uint8_t digits_ = 0;
  std::uint16_t line_ = 0;       // bytes of extensions or trailers so far
  std::uint64_t remaining_ = 0;  // of the present chunk
};

}  // namespace pathwise::router::http
