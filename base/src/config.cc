// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <tuple>

#include "base/format.h"
#include "base/process.h"
#include "base/string_util.h"
#include "config_tree.h"

namespace pathwise::config {
namespace {

std::string_view kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kNull:
      return "nothing";
    case Value::Kind::kScalar:
      return "a single value";
    case Value::Kind::kSequence:
      return "a list";
    case Value::Kind::kMap:
      return "a map";
  }
  return "something else";
}

std::string quoted_list(const std::set<std::string, std::less<>>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ", ";
    out += formatted("'{}'", name);
  }
  return out;
}

// The known key that `key` is probably meant to be, or nullptr. A typo changes about a third at most.
const std::string* nearest(std::string_view key, const std::set<std::string, std::less<>>& known) {
  constexpr std::size_t kLongestKey = 128;  // edit_distance is quadratic
  if (key.size() > kLongestKey) return nullptr;
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(1, key.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(key, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace

std::string Location::to_string() const {
  return line > 0 ? formatted("{}:{}:{}", file, line, column) : file;
}

// Readers look at keys in their own order; people read a file from its top. Files keep the order in
// which they were read.
void Diagnostics::append(const Location& where, std::string message) {
  auto place = places_.size();
  const auto later = [&where](const Location& other) {
    return other.file == where.file && std::tie(other.line, other.column) > std::tie(where.line, where.column);
  };
  while (place > 0 && later(places_[place - 1])) --place;
  const auto offset = static_cast<std::ptrdiff_t>(place);
  places_.insert(places_.begin() + offset, where);
  lines_.insert(lines_.begin() + offset, formatted("{}: {}", where.to_string(), message));
}

Error Diagnostics::error() const {
  std::string text;
  for (const std::string& line : lines_) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  return {ErrorCode::kInvalidArgument, std::move(text)};
}

const Value* Value::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

std::optional<Value> parse_file(const std::string& path, Diagnostics& problems) {
  const auto text = read_file(path, kMaxTextBytes);
  if (!text) {
    // The message begins with the path, as the location does.
    problems.append({path}, text.error().message.substr(std::min(path.size() + 2, text.error().message.size())));
    return std::nullopt;
  }
  return parse_text(*text, path, problems);
}

std::optional<Value> parse_text(std::string_view text, const std::string& name, Diagnostics& problems) {
  if (text.size() > kMaxTextBytes) {
    problems.append({name}, formatted("larger than {} bytes", kMaxTextBytes));
    return std::nullopt;
  }
  TreeBuilder builder(name, problems);
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    while (!builder.stopped() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    if (!builder.stopped()) problems.append(builder.locate(error.mark), formatted("not YAML: {}", error.msg));
    return std::nullopt;
  }
  return builder.take();
}

MapReader::MapReader(const Value& value, Diagnostics& problems)
    : value_(&value), problems_(&problems), is_map_(value.kind == Value::Kind::kMap) {
  if (!is_map_) problems.add(value.at, "must be a map, like 'key: value', not {}", kind_name(value.kind));
}

const Value* MapReader::child(std::string_view key) {
  known_.emplace(key);
  return is_map_ ? value_->find(key) : nullptr;
}

const Value* MapReader::required_child(std::string_view key) {
  const Value* value = child(key);
  if (is_map_ && value == nullptr) problems_->add(value_->at, "the key '{}' is missing", key);
  return value;
}

void MapReader::finish() {
  for (const Entry& entry : value_->entries) {
    if (known_.contains(entry.key)) continue;
    if (const std::string* meant = nearest(entry.key, known_)) {
      problems_->add(entry.at, "unknown key {}; did you mean '{}'?", excerpt(entry.key), *meant);
    } else if (known_.empty()) {
      problems_->add(entry.at, "unknown key {}; no keys are known here", excerpt(entry.key));
    } else {
      problems_->add(entry.at, "unknown key {}; known here: {}", excerpt(entry.key), quoted_list(known_));
    }
  }
}

}  // namespace pathwise::config
