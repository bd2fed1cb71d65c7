// SPDX-License-Identifier: Apache-2.0
// Reads the members of one JSON object into typed values and remembers the first problem with its place.
#pragma once

#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/ids.h"
#include "base/units.h"

namespace pathwise::te {

using Json = nlohmann::json;

// Reads the members of one object; the first problem wins and later reads do nothing.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string where, std::string& problem)
      : object_(object), where_(std::move(where)), problem_(problem) {
    if (!object_.is_object()) report("", "must be an object");
  }

  template <std::unsigned_integral T>
  void read(const char* key, T& out) {
    const Json* value = member(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > std::numeric_limits<T>::max()) {
      return report(key, formatted("must be a whole number of 0..{}", std::numeric_limits<T>::max()));
    }
    out = value->get<T>();
  }
  void read(const char* key, std::string& out) {
    const Json* value = member(key);
    if (value == nullptr) return;
    if (!value->is_string()) return report(key, "must be a text");
    out = value->get<std::string>();
  }
  template <typename T>
    requires requires(std::string_view text) { T::parse(text); }
  void read(const char* key, T& out) {
    std::string text;
    read(key, text);
    if (text.empty()) return;
    const auto parsed = T::parse(text);
    if (!parsed) return report(key, parsed.error().message);
    out = *parsed;
  }
  template <typename T>
  void read(const char* key, std::optional<T>& out) {
    if (!object_.is_object() || !object_.contains(key)) return;
    T value{};
    read(key, value);
    out = value;
  }
  void read(const char* key, BitsPerSecond& out) {
    std::uint64_t value = out.value();
    read(key, value);
    out = BitsPerSecond(value);
  }
  void read(const char* key, Algorithm& out) {
    std::uint8_t value = out.value();
    read(key, value);
    out = Algorithm(value);
  }
  // Calls `each` with every element of the list under `key` and its place.
  template <typename Each>
  void read_list(const char* key, Each each) {
    const Json* list = member(key);
    if (list == nullptr) return;
    if (!list->is_array()) return report(key, "must be a list");
    for (std::size_t i = 0; i < list->size() && problem_.empty(); ++i) {
      each((*list)[i], formatted("{}[{}]", path(key), i));
    }
  }
  // Calls `each` with the object under `key` and its place, if there is one.
  template <typename Each>
  void read_object(const char* key, Each each) {
    if (const Json* value = member(key); value != nullptr) each(*value, path(key));
  }
  // A list of whole numbers up to `limit`, at most `most` of them.
  template <std::unsigned_integral T>
  void read_numbers(const char* key, T limit, std::size_t most, std::vector<T>& out) {
    read_list(key, [&](const Json& item, const std::string& at) {
      if (!item.is_number_unsigned() || item.get<std::uint64_t>() > limit) {
        problem_ = formatted("{}: must be a whole number of 0..{}", at, limit);
      } else if (out.size() == most) {
        problem_ = formatted("{}: at most {} are taken", path(key), most);
      } else {
        out.push_back(item.get<T>());
      }
    });
  }
  [[nodiscard]] bool has(const char* key) const { return object_.is_object() && object_.contains(key); }
  void require(const char* key, bool present) {
    if (!present) report(key, "is missing");
  }
  void finish() {
    if (!problem_.empty()) return;
    for (const auto& [key, value] : object_.items()) {
      if (!known_.contains(key)) return report(key, "is not known");
    }
  }
  void report(const std::string& key, const std::string& what) {
    if (problem_.empty()) problem_ = formatted("{}: {}", path(key), what);
  }

 private:
  const Json* member(const char* key) {
    known_.insert(key);
    if (!problem_.empty() || !object_.is_object()) return nullptr;
    const auto at = object_.find(key);
    return at == object_.end() ? nullptr : &*at;
  }
  [[nodiscard]] std::string path(const std::string& key) const {
    if (key.empty()) return where_.empty() ? "topology" : where_;
    return where_.empty() ? key : where_ + "." + key;
  }

  const Json& object_;
  std::string where_;
  std::string& problem_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace pathwise::te
