// SPDX-License-Identifier: Apache-2.0
// What a decoder found wrong, and the PCErr that its RFC answers with. Closed set: framing faults
// end the session (the stream cannot be trusted any more), object faults reject one message.
#pragma once

#include <expected>
#include <string>

#include "pcep/codec/code_points.h"

namespace pathwise::pcep {

struct DecodeError {
  enum class Fault : std::uint8_t {
    kFraming,  // common header or object lengths: Close, reason 3 (RFC 5440 section 6.8)
    kVersion,  // common header of another PCEP version
    kObject,   // the content of an object: PCErr with `answer`
  };
  Fault fault = Fault::kObject;
  ErrorCodePoint answer = errors::kMalformedObject;
  std::string detail;  // for the log: what was wrong where
};

template <typename T>
using Decoded = std::expected<T, DecodeError>;

[[nodiscard]] inline std::unexpected<DecodeError> malformed(std::string detail) {
  return std::unexpected(DecodeError{DecodeError::Fault::kObject, errors::kMalformedObject, std::move(detail)});
}
[[nodiscard]] inline std::unexpected<DecodeError> invalid(ErrorCodePoint answer, std::string detail) {
  return std::unexpected(DecodeError{DecodeError::Fault::kObject, answer, std::move(detail)});
}
[[nodiscard]] inline std::unexpected<DecodeError> framing(std::string detail) {
  return std::unexpected(DecodeError{DecodeError::Fault::kFraming, errors::kMalformedObject, std::move(detail)});
}

}  // namespace pathwise::pcep
