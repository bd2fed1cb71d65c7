// SPDX-License-Identifier: Apache-2.0
#include "te/wire/te_intent_store.h"

#include <google/protobuf/text_format.h>

#include "base/process.h"
#include "te_convert.h"

namespace pathwise::te {
namespace {
constexpr std::size_t kMaxFileBytes = 64 << 20;
}  // namespace

Result<std::optional<TeIntent>> IntentStore::load() const {
  const auto text = read_file(path_, kMaxFileBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<TeIntent>{};
  if (!text) return std::unexpected(text.error());
  wire::TeIntent message;
  if (!google::protobuf::TextFormat::ParseFromString(*text, &message)) {
    return fail(ErrorCode::kInvalidArgument, "{}: damaged; remove it and the router sends the intent again", path_);
  }
  auto intent = decode(message);
  if (!intent) return std::unexpected(intent.error().within(path_));
  return std::optional<TeIntent>(std::move(*intent));
}

Result<void> IntentStore::save(const TeIntent& intent) const {
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(encode(intent), &text)) {
    return fail(ErrorCode::kInternal, "{}: intent cannot be written as text", path_);
  }
  return write_file_atomically(path_, text);
}

}  // namespace pathwise::te
