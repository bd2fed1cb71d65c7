// SPDX-License-Identifier: Apache-2.0
// One line a record, logfmt, to stderr: `ts=… level=info module=te msg="path down" peer=dubai`.
// Any thread; a record is one write(2), so lines never interleave.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/format.h"

namespace pathwise::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

// A key and its value, rendered at the call.
struct Field {
  template <typename T>
  Field(std::string_view name, const T& v) : key(name), value(formatted("{}", v)) {}
  std::string_view key;
  std::string value;
};

struct Record {
  Level level = Level::kInfo;
  std::string_view module;
  std::string_view message;
  std::initializer_list<Field> fields;
};

// The record as one line with its newline, of at most 4096 bytes (PIPE_BUF, what makes a write to a
// pipe atomic). A text over 960 bytes is cut with "..."; fields that do not fit give way to `truncated=true`.
// Values are quoted if they need it; quotes, backslashes, newlines and control characters are escaped.
[[nodiscard]] std::string format_record(SystemTime when, const Record& record);

void set_level(Level level) noexcept;  // default kInfo
[[nodiscard]] bool enabled(Level level) noexcept;
void write(Level level, std::string_view module, std::string_view message, std::initializer_list<Field> fields);

inline void debug(std::string_view module, std::string_view message, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kDebug)) write(Level::kDebug, module, message, fields);
}
inline void info(std::string_view module, std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, module, message, fields);
}
inline void warning(std::string_view module, std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kWarning, module, message, fields);
}
inline void error(std::string_view module, std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kError, module, message, fields);
}

}  // namespace pathwise::log
