// SPDX-License-Identifier: Apache-2.0
#include "words.h"

#include <optional>

namespace pathwise::lab {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

// Appends the quoted part that begins at line[at] to `word`; returns the offset after it.
Result<std::size_t> quoted(std::string_view line, std::size_t at, std::string& word) {
  const char quote = line[at];
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == quote) return i + 1;
    const bool escape = quote == '"' && line[i] == '\\' && i + 1 < line.size();
    if (escape && (line[i + 1] == '"' || line[i + 1] == '\\')) ++i;
    word += line[i];
  }
  return fail(ErrorCode::kInvalidArgument, "the {} in '{}' is not closed", quote, line);
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  for (std::size_t i = 0; i < line.size();) {
    if (kBlank.contains(line[i])) {
      if (word) words.push_back(std::move(*word));
      word.reset();
      ++i;
      continue;
    }
    if (!word) word.emplace();
    if (line[i] == '\'' || line[i] == '"') {
      auto next = quoted(line, i, *word);
      if (!next) return std::unexpected(next.error());
      i = *next;
      continue;
    }
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    *word += line[i++];
  }
  if (word) words.push_back(std::move(*word));
  return words;
}

}  // namespace pathwise::lab
