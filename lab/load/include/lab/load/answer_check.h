// SPDX-License-Identifier: Apache-2.0
// Proves that the answer of a simulated model arrived whole: a complete event stream with a
// finish_reason and [DONE], usage that agrees with it, and every token the one that belongs at its place
// (lab/runtime/text.h), so that none was lost, repeated or altered on the way.
// One answer, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace pathwise::lab {

// Why a request failed. kRefused is the fabric's own decision; the others from kConnect on are broken or lost requests.
enum class Failure : std::uint8_t {
  kNone,
  kRefused,     // 429, or 503
  kStatus,      // any other status but 200
  kConnect,     // no connection
  kTimeout,     // not complete in time
  kClosed,      // the connection ended within the answer
  kMalformed,   // not the OpenAI API
  kErrorEvent,  // the stream carried an error object
  kIncomplete,  // the answer ended without finish_reason, [DONE] or usage
  kWrongText,   // a token is not the one that belongs at its place, or their number is wrong
};
[[nodiscard]] std::string_view to_string(Failure failure) noexcept;

class AnswerCheck {
 public:
  // `text_seed`: the request's "seed"; none: the text is not checked (a real model).
  AnswerCheck(bool stream, std::optional<std::uint64_t> text_seed);
  ~AnswerCheck();
  AnswerCheck(const AnswerCheck&) = delete;
  AnswerCheck& operator=(const AnswerCheck&) = delete;

  // The next bytes of the body, that arrived at `now`.
  void feed(std::string_view bytes, SteadyTime now);
  // The body has ended.
  void finish(SteadyTime now);

  [[nodiscard]] Failure failure() const { return failure_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }  // of the first failure
  [[nodiscard]] std::uint32_t tokens() const { return tokens_; }
  [[nodiscard]] std::uint32_t cached_tokens() const { return cached_tokens_; }
  [[nodiscard]] std::optional<SteadyTime> first_token_at() const { return first_token_at_; }

 private:
  struct Parser;
  void on_line(std::string_view line, SteadyTime now);
  void on_document(std::string_view json, SteadyTime now);
  void on_text(std::string_view text, SteadyTime now);
  void fail(Failure failure, std::string detail);

  static constexpr std::size_t kLongestLine = 1U << 20U;  // an event or a body over that is not the simulator's

  const bool stream_;
  const std::optional<std::uint64_t> text_seed_;
  std::unique_ptr<Parser> parser_;
  std::string pending_;  // an unfinished line, or the body that is not a stream
  Failure failure_ = Failure::kNone;
  std::string detail_;
  std::size_t token_bytes_ = 0;  // learned from the first token
  std::uint32_t tokens_ = 0;
  std::uint32_t cached_tokens_ = 0;
  std::optional<std::uint64_t> usage_tokens_;
  std::optional<SteadyTime> first_token_at_;
  bool finish_reason_ = false;
  bool done_ = false;
};

}  // namespace pathwise::lab
