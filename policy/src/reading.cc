// SPDX-License-Identifier: Apache-2.0
#include "reading.h"

#include <algorithm>

#include "base/string_util.h"

namespace pathwise::policy {
namespace {

constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestToken = 128;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_alphanumeric(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

}  // namespace

Names keys_of(const config::Value* map) {
  Names names;
  if (map == nullptr) return names;
  for (const config::Entry& entry : map->entries) names.insert(entry.key);
  return names;
}

std::string alternatives(const Names& names) {
  std::string text;
  std::size_t index = 0;
  for (const std::string& name : names) {
    if (index > 0) text += index + 1 == names.size() ? " or " : ", ";
    text += "'" + name + "'";
    ++index;
  }
  return text.empty() ? "none" : text;
}

bool known_name(const config::Location& at, config::Diagnostics& problems, std::string_view what, std::string_view name,
                const Names& known) {
  if (known.contains(name)) return true;
  problems.add(at, "unknown {} {}; known: {}", what, excerpt(name), alternatives(known));
  return false;
}

bool check_label(const config::Location& at, config::Diagnostics& problems, std::string_view what,
                 std::string_view name) {
  const bool good = !name.empty() && name.size() <= kLongestLabel && is_lower_or_digit(name.front()) &&
                    std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-' || c == '_'; });
  if (!good) {
    problems.add(at, "{} {} must be at most {} lower-case letters, digits, '-' and '_', a letter or digit first", what,
                 excerpt(name), kLongestLabel);
  }
  return good;
}

bool check_token(const config::Location& at, config::Diagnostics& problems, std::string_view what,
                 std::string_view name) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || std::string_view("._:/-").contains(c); };
  const bool good = !name.empty() && name.size() <= kLongestToken && is_alphanumeric(name.front()) &&
                    std::ranges::all_of(name, allowed);
  if (!good) {
    problems.add(at, "{} {} must be at most {} letters, digits and '._:/-', a letter or digit first", what,
                 excerpt(name), kLongestToken);
  }
  return good;
}

bool is_label_text(std::string_view text) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || std::string_view("._-/").contains(c); };
  return !text.empty() && text.size() <= kLongestLabel && std::ranges::all_of(text, allowed);
}

void for_each_entry(const config::Value& value, config::Diagnostics& problems,
                    const std::function<void(const config::Entry&)>& each) {
  if (value.kind != config::Value::Kind::kMap) {
    problems.add(value.at, "must be a map, like 'name: value'");
    return;
  }
  for (const config::Entry& entry : value.entries) each(entry);
}

void for_each_item(const config::Value& value, config::Diagnostics& problems,
                   const std::function<void(const config::Value&)>& each) {
  if (value.kind != config::Value::Kind::kSequence) {
    problems.add(value.at, "must be a list, like [a, b]");
    return;
  }
  for (const config::Value& item : value.items) each(item);
}

std::vector<std::string> read_texts(const config::Value& value, config::Diagnostics& problems,
                                    const std::function<bool(const config::Value&)>& check) {
  std::vector<std::string> texts;
  for_each_item(value, problems, [&](const config::Value& item) {
    std::string text;
    if (!config::read(item, problems, text) || !check(item)) return;
    if (std::ranges::contains(texts, text)) {
      problems.add(item.at, "{} is listed twice", excerpt(text));
      return;
    }
    texts.push_back(std::move(text));
  });
  return texts;
}

config::Value key_value(const config::Entry& entry) {
  config::Value value;
  value.kind = config::Value::Kind::kScalar;
  value.at = entry.at;
  value.scalar = entry.key;
  return value;
}

}  // namespace pathwise::policy
