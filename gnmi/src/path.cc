// SPDX-License-Identifier: Apache-2.0
#include "gnmi/path.h"

namespace pathwise::gnmi {
namespace {

std::unexpected<Error> bad(std::string_view text, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "path '{}': {}; like /paths/path[site=dubai]/state", text, what);
}

// Reads "[key=value]" at `at`, which points behind the '['.
Result<std::pair<std::string, std::string>> read_key(std::string_view text, std::size_t& at) {
  std::string key;
  std::string value;
  while (at < text.size() && text[at] != '=' && text[at] != ']') key += text[at++];
  if (at >= text.size() || text[at] != '=' || key.empty()) return bad(text, "a key is not name=value");
  for (++at; at < text.size() && text[at] != ']'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value += text[at];
  }
  if (at >= text.size()) return bad(text, "a key has no closing ]");
  ++at;
  return std::pair{std::move(key), std::move(value)};
}

Result<PathElem> read_elem(std::string_view text, std::size_t& at) {
  PathElem elem;
  while (at < text.size() && text[at] != '/' && text[at] != '[') elem.name += text[at++];
  if (elem.name.empty()) return bad(text, "an element has no name");
  while (at < text.size() && text[at] == '[') {
    auto key = read_key(text, ++at);
    if (!key) return std::unexpected(key.error());
    if (!elem.keys.insert(std::move(*key)).second) return bad(text, "a key appears twice");
  }
  return elem;
}

bool covers_elem(const PathElem& pattern, const PathElem& elem) {
  if (pattern.name != "*" && pattern.name != elem.name) return false;
  for (const auto& [key, value] : pattern.keys) {
    const auto it = elem.keys.find(key);
    if (it == elem.keys.end() || (value != "*" && value != it->second)) return false;
  }
  return true;
}

// Patterns are short; "..." is the only place that branches.
bool covers_from(const std::vector<PathElem>& pattern, std::size_t p, const std::vector<PathElem>& leaf,
                 std::size_t l) {
  for (; p < pattern.size(); ++p, ++l) {
    if (pattern[p].name == "...") {
      for (std::size_t skip = l; skip <= leaf.size(); ++skip) {
        if (covers_from(pattern, p + 1, leaf, skip)) return true;
      }
      return false;
    }
    if (l >= leaf.size() || !covers_elem(pattern[p], leaf[l])) return false;
  }
  return true;
}

}  // namespace

Result<Path> Path::parse(std::string_view text) {
  Path path;
  std::size_t at = 0;
  if (at < text.size() && text[at] == '/') ++at;
  while (at < text.size()) {
    auto elem = read_elem(text, at);
    if (!elem) return std::unexpected(elem.error());
    path.elems.push_back(std::move(*elem));
    if (at < text.size() && text[at] != '/') return bad(text, "text follows a key");
    if (at < text.size()) ++at;
  }
  return path;
}

std::string Path::to_string() const {
  std::string text;
  for (const PathElem& elem : elems) {
    text += '/';
    text += elem.name;
    for (const auto& [key, value] : elem.keys) {
      text += '[' + key + '=';
      for (const char c : value) {
        if (c == ']' || c == '\\') text += '\\';
        text += c;
      }
      text += ']';
    }
  }
  return text.empty() ? "/" : text;
}

Path Path::operator/(const Path& tail) const {
  Path joined = *this;
  joined.elems.insert(joined.elems.end(), tail.elems.begin(), tail.elems.end());
  return joined;
}

bool Path::covers(const Path& leaf) const {
  return covers_from(elems, 0, leaf.elems, 0);
}

}  // namespace pathwise::gnmi
