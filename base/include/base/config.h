// SPDX-License-Identifier: Apache-2.0
// The one configuration reader. YAML text becomes an immutable tree that remembers where each
// value stood; typed accessors report every mistake at once as file:line:column, with what
// would be right. yaml-cpp stays behind this header.
//
//   Diagnostics problems;
//   auto root = config::parse_file("/etc/pathwise/node.yaml", problems);
//   if (!root) return problems.error();
//   MapReader map(*root, problems);
//   NodeConfig node;
//   map.required("site", node.site);                    // Name<> and std::string alike
//   map.optional("state", node.state);
//   if (const Value* stamp = map.child("stamp")) read_stamp(*stamp, problems, node.stamp);
//   map.finish();                                        // reports unknown keys, with the nearest known one
//   if (!problems.empty()) return problems.error();
#pragma once

#include <cstdint>
#include <format>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/format.h"
#include "base/ids.h"
#include "base/ip.h"
#include "base/units.h"

namespace pathwise::config {

struct Location {
  std::string file;
  int line = 0;                                 // from 1
  int column = 0;                               // from 1
  [[nodiscard]] std::string to_string() const;  // "fabric.yaml:12:7"
  friend bool operator==(const Location&, const Location&) = default;
};

// Every mistake found so far, in the order of the file.
class Diagnostics {
 public:
  template <typename... Args>
  void add(const Location& where, std::format_string<Args...> text, Args&&... args) {
    append(where, formatted(text, std::forward<Args>(args)...));
  }
  void append(const Location& where, std::string message);
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  // All of them in one Error (kInvalidArgument), one a line.
  [[nodiscard]] Error error() const;

 private:
  std::vector<std::string> lines_;
  std::vector<Location> places_;  // of each line
};

struct Entry;

// A node of the tree. Aliases are resolved; `<<` merge keys are refused by name.
struct Value {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  Location at;
  std::string scalar;          // kScalar
  bool quoted = false;         // kScalar: written in quotes
  std::vector<Value> items;    // kSequence
  std::vector<Entry> entries;  // kMap, in file order; keys are unique

  [[nodiscard]] const Value* find(std::string_view key) const;
};
struct Entry {
  std::string key;
  Location at;
  Value value;
};

// Syntax errors and duplicate keys go to `problems` and yield nullopt. Input over 4 MiB, nested
// deeper than 64, or with more than 200,000 values once aliases are resolved, is refused: no
// configuration of ours comes near any of these. An aliased value keeps the place of its anchor.
[[nodiscard]] std::optional<Value> parse_file(const std::string& path, Diagnostics& problems);
[[nodiscard]] std::optional<Value> parse_text(std::string_view text, const std::string& name, Diagnostics& problems);

// Scalars with units. Each error says what would be right. Exact: no rounding, no sign, no leading
// zero, and no number without its unit, 0 included (counts have none).
[[nodiscard]] Result<Microseconds> parse_duration(std::string_view text);  // "250us", "1.5ms", "20s", "5m", "1h"
[[nodiscard]] Result<BitsPerSecond> parse_rate(std::string_view text);     // "200Mbps", "1.5Gbps", "64kbps"
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text);    // "2M", "128k", "500"  (k = 1000)
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);    // "16MiB", "64KiB", "512B"

// Conversions of one scalar into `out`. On failure `out` is untouched and the problem is recorded.
// Truth values and plain numbers must stand without quotes.
bool read(const Value& value, Diagnostics& problems, std::string& out);
bool read(const Value& value, Diagnostics& problems, bool& out);
bool read(const Value& value, Diagnostics& problems, std::uint8_t& out);
bool read(const Value& value, Diagnostics& problems, std::uint16_t& out);
bool read(const Value& value, Diagnostics& problems, std::uint32_t& out);
bool read(const Value& value, Diagnostics& problems, std::uint64_t& out);  // accepts k, M, G suffixes
bool read(const Value& value, Diagnostics& problems, double& out);
bool read(const Value& value, Diagnostics& problems, Microseconds& out);
bool read(const Value& value, Diagnostics& problems, Milliseconds& out);
bool read(const Value& value, Diagnostics& problems, BitsPerSecond& out);
bool read(const Value& value, Diagnostics& problems, Ipv6Address& out);
bool read(const Value& value, Diagnostics& problems, Ipv6Prefix& out);
bool read(const Value& value, Diagnostics& problems, Endpoint& out);

template <typename Tag>
bool read(const Value& value, Diagnostics& problems, Name<Tag>& out) {
  std::string text;
  if (!read(value, problems, text)) return false;
  if (text.empty()) {
    problems.add(value.at, "is empty; a name is needed");
    return false;
  }
  out = Name<Tag>(std::move(text));
  return true;
}
template <typename Tag, typename Rep>
bool read(const Value& value, Diagnostics& problems, Number<Tag, Rep>& out) {
  Rep number{};
  if (!read(value, problems, number)) return false;
  out = Number<Tag, Rep>(number);
  return true;
}
template <typename T>
bool read(const Value& value, Diagnostics& problems, std::optional<T>& out) {
  T item{};
  if (!read(value, problems, item)) return false;
  out = std::move(item);
  return true;
}
template <typename T>
bool read(const Value& value, Diagnostics& problems, std::vector<T>& out) {
  if (value.kind != Value::Kind::kSequence) {
    problems.add(value.at, "must be a list, like [a, b]");
    return false;
  }
  std::vector<T> items;
  bool good = true;
  for (const Value& item : value.items) {
    T element{};
    good = read(item, problems, element) && good;
    items.push_back(std::move(element));
  }
  if (good) out = std::move(items);
  return good;
}

// Reads the keys of one map and knows which were asked for. If `value` is not a map the problem is
// recorded and every accessor answers as if the map were empty (required keys stay silent then).
class MapReader {
 public:
  MapReader(const Value& value, Diagnostics& problems);

  // The value under `key`, or nullptr. Marks the key as known.
  [[nodiscard]] const Value* child(std::string_view key);
  // The same; a missing key is a problem.
  [[nodiscard]] const Value* required_child(std::string_view key);

  template <typename T>
  bool required(std::string_view key, T& out) {
    const Value* value = required_child(key);
    return value != nullptr && read(*value, *problems_, out);
  }
  // True if present and well-formed.
  template <typename T>
  bool optional(std::string_view key, T& out) {
    const Value* value = child(key);
    return value != nullptr && read(*value, *problems_, out);
  }
  // Location of the map itself.
  [[nodiscard]] const Location& at() const { return value_->at; }
  // Reports each key that nobody asked for, with the nearest known one.
  void finish();

 private:
  const Value* value_;
  Diagnostics* problems_;
  bool is_map_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace pathwise::config
