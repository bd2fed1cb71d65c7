// SPDX-License-Identifier: Apache-2.0
// Expected failures are values. A function that can fail for a reason outside the program
// returns Result<T>; an exception is a bug, or a start-up that cannot go on.
#pragma once

#include <expected>
#include <format>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"

namespace pathwise {

// The closed set of failure classes. They map one to one onto gRPC status codes at the edges.
enum class ErrorCode {
  kInvalidArgument,     // the input is wrong; the message says what would be right
  kNotFound,            // the named thing does not exist
  kAlreadyExists,       // the named thing exists and must not
  kPermissionDenied,    // a capability or an entitlement is missing
  kUnauthenticated,     // the peer is not who it must be
  kFailedPrecondition,  // right input, wrong moment or wrong owner
  kResourceExhausted,   // a stated limit was reached
  kUnavailable,         // the other side is not there; trying again can help
  kDeadlineExceeded,    // it took longer than the caller allowed
  kIo,                  // the operating system refused; the message carries errno's text
  kInternal,            // a bug of ours, reported instead of hidden
};

[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // one line for an operator: where, what, and what would be right

  // The same failure seen from one level up: "context: message".
  [[nodiscard]] Error within(std::string_view context) const { return {code, formatted("{}: {}", context, message)}; }
  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;

template <typename... Args>
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, std::format_string<Args...> text, Args&&... args) {
  return std::unexpected(Error{code, formatted(text, std::forward<Args>(args)...)});
}

// "what: strerror(error_number)" with ErrorCode::kIo (kPermissionDenied for EPERM and EACCES).
[[nodiscard]] std::unexpected<Error> fail_errno(std::string_view what, int error_number);

}  // namespace pathwise
