// SPDX-License-Identifier: Apache-2.0
// A response on its way back: byte for byte, as it comes, with the framing watched so that its end is
// known. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "router/http/chunked.h"
#include "router/http/head.h"

namespace pathwise::router::forward {

// Where the body ends (RFC 9112 section 6.3), fed with what is relayed.
class BodyTracker {
 public:
  explicit BodyTracker(const http::ResponseHead& head);
  // How many of `bytes` belong to this body. kInvalidArgument: broken framing.
  [[nodiscard]] Result<std::size_t> feed(std::string_view bytes);
  [[nodiscard]] bool done() const { return done_; }
  // The other side closed: whether that is this body's proper end.
  [[nodiscard]] bool ends_with_close() const { return until_close_; }
  // Nothing is in the middle of a chunk: an own chunk could follow.
  [[nodiscard]] bool at_chunk_boundary() const { return chunked_ && boundary_; }

 private:
  bool chunked_ = false, until_close_ = false, done_ = false, boundary_ = true;
  std::uint64_t remaining_ = 0;
  http::ChunkParser chunks_;
};

// The last bytes of a body: where `usage` stands.
class BodyTail {
 public:
  static constexpr std::size_t kBytes = 1024;
  void add(std::string_view bytes);
  [[nodiscard]] std::string_view text() const { return text_; }
  void clear() { text_.clear(); }

 private:
  std::string text_;  // up to twice kBytes; its capacity is kept
};

}  // namespace pathwise::router::forward
