// SPDX-License-Identifier: Apache-2.0
#include "lab/load/answer_check.h"

#include <simdjson.h>

#include "base/format.h"
#include "lab/runtime/text.h"

namespace pathwise::lab {

std::string_view to_string(Failure failure) noexcept {
  switch (failure) {
    case Failure::kNone:
      return "none";
    case Failure::kRefused:
      return "refused";
    case Failure::kStatus:
      return "status";
    case Failure::kConnect:
      return "connect";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kClosed:
      return "closed";
    case Failure::kMalformed:
      return "malformed";
    case Failure::kErrorEvent:
      return "error_event";
    case Failure::kIncomplete:
      return "incomplete";
    case Failure::kWrongText:
      return "wrong_text";
  }
  return "unknown";
}

struct AnswerCheck::Parser {
  simdjson::dom::parser dom;
};

AnswerCheck::AnswerCheck(bool stream, std::optional<std::uint64_t> text_seed)
    : stream_(stream), text_seed_(text_seed), parser_(std::make_unique<Parser>()) {}
AnswerCheck::~AnswerCheck() = default;

void AnswerCheck::feed(std::string_view bytes, SteadyTime now) {
  if (failure_ != Failure::kNone) return;
  if (!stream_) {
    pending_ += bytes;
    return;
  }
  for (;;) {
    const std::size_t end = bytes.find('\n');
    if (pending_.size() + std::min(end, bytes.size()) > kLongestLine) return fail(Failure::kMalformed, "line too long");
    if (end == std::string_view::npos) break;
    pending_ += bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    on_line(pending_, now);
    pending_.clear();
  }
  pending_ += bytes;
}

void AnswerCheck::finish(SteadyTime now) {
  if (failure_ == Failure::kNone && !stream_) {
    on_document(pending_, now);
    done_ = true;
  }
  if (failure_ != Failure::kNone) return;
  if (!pending_.empty() && stream_) return fail(Failure::kIncomplete, "the stream ends within an event");
  if (!finish_reason_) return fail(Failure::kIncomplete, formatted("no finish_reason after {} tokens", tokens_));
  if (!done_) return fail(Failure::kIncomplete, "no [DONE]");
  if (!usage_tokens_) return fail(Failure::kIncomplete, "no usage");
  if (text_seed_ && *usage_tokens_ != tokens_) {
    fail(Failure::kWrongText, formatted("{} tokens arrived, usage says {}", tokens_, *usage_tokens_));
  }
}

// RFC-less but fixed: WHATWG HTML, "Server-sent events". Only data lines carry anything here.
void AnswerCheck::on_line(std::string_view line, SteadyTime now) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || line.starts_with(':') || failure_ != Failure::kNone) return;
  if (!line.starts_with("data:"))
    return fail(Failure::kMalformed, formatted("unexpected line: {}", line.substr(0, 80)));
  line.remove_prefix(5);
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (done_) return fail(Failure::kMalformed, "data after [DONE]");
  if (line == "[DONE]") {
    done_ = true;
    return;
  }
  on_document(line, now);
}

void AnswerCheck::on_document(std::string_view json, SteadyTime now) {
  simdjson::dom::object root;
  if (parser_->dom.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return fail(Failure::kMalformed, formatted("not a JSON object: {}", json.substr(0, 80)));
  }
  if (root["error"].error() == simdjson::SUCCESS) return fail(Failure::kErrorEvent, std::string(json.substr(0, 300)));
  if (std::uint64_t count = 0; root.at_pointer("/usage/completion_tokens").get(count) == simdjson::SUCCESS) {
    usage_tokens_ = count;
  }
  if (std::uint64_t count = 0;
      root.at_pointer("/usage/prompt_tokens_details/cached_tokens").get(count) == simdjson::SUCCESS) {
    cached_tokens_ = static_cast<std::uint32_t>(count);
  }
  simdjson::dom::array choices;
  if (root["choices"].get(choices) != simdjson::SUCCESS) return fail(Failure::kMalformed, "no choices");
  for (const simdjson::dom::element choice : choices) {
    if (finish_reason_) return fail(Failure::kMalformed, "a choice after finish_reason");
    std::string_view text;
    for (const char* place : {"/delta/content", "/message/content", "/text"}) {
      if (choice.at_pointer(place).get(text) == simdjson::SUCCESS) break;
    }
    std::string_view reason;
    finish_reason_ = choice["finish_reason"].get(reason) == simdjson::SUCCESS;
    if (!text.empty()) on_text(text, now);
  }
}

void AnswerCheck::on_text(std::string_view text, SteadyTime now) {
  if (!first_token_at_) first_token_at_ = now;
  if (!text_seed_) {
    ++tokens_;
    return;
  }
  // In a stream the first event is one token; a whole answer tells their number in usage.
  if (token_bytes_ == 0)
    token_bytes_ = stream_ ? text.size() : text.size() / std::max<std::uint64_t>(usage_tokens_.value_or(1), 1);
  if (token_bytes_ == 0 || text.size() % token_bytes_ != 0)
    return fail(Failure::kWrongText, "a token has the wrong length");
  for (; !text.empty(); text.remove_prefix(token_bytes_)) {
    const std::string expected = word(*text_seed_, tokens_, token_bytes_);
    if (text.substr(0, token_bytes_) != expected) {
      return fail(Failure::kWrongText,
                  formatted("token {} is '{}', must be '{}'", tokens_, text.substr(0, token_bytes_), expected));
    }
    ++tokens_;
  }
}

void AnswerCheck::fail(Failure failure, std::string detail) {
  failure_ = failure;
  detail_ = std::move(detail);
}

}  // namespace pathwise::lab
