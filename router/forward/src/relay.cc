// SPDX-License-Identifier: Apache-2.0
#include "router/forward/relay.h"

#include <algorithm>

namespace pathwise::router::forward {

BodyTracker::BodyTracker(const http::ResponseHead& head)
    : chunked_(head.has_body() && head.chunked), until_close_(head.until_close()) {
  if (!chunked_ && !until_close_) {
    remaining_ = head.has_body() ? head.content_length.value_or(0) : 0;
    done_ = remaining_ == 0;
  }
}

Result<std::size_t> BodyTracker::feed(std::string_view bytes) {
  if (done_) return std::size_t{0};
  if (until_close_) return bytes.size();
  if (!chunked_) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
    remaining_ -= count;
    done_ = remaining_ == 0;
    return count;
  }
  std::size_t used = 0;
  while (used < bytes.size() && !chunks_.done()) {
    const auto step = chunks_.feed(bytes.substr(used));
    if (!step) return fail(ErrorCode::kInvalidArgument, "{}", http::to_string(step.error()));
    used += step->consumed;
  }
  boundary_ = chunks_.between_chunks();
  done_ = chunks_.done();
  return used;
}

void BodyTail::add(std::string_view bytes) {
  if (bytes.size() >= kBytes) {
    text_.assign(bytes.substr(bytes.size() - kBytes));
    return;
  }
  if (text_.size() + bytes.size() > 2 * kBytes) text_.erase(0, text_.size() - (kBytes - bytes.size()));
  text_.append(bytes);
}

}  // namespace pathwise::router::forward
