// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/format.h"
#include "base/string_util.h"

namespace pathwise::log {
namespace {

// A write(2) to a pipe is atomic up to PIPE_BUF (POSIX: at least 512, Linux: 4096 bytes).
constexpr std::size_t kRecordBytes = 4096;
// Escaping makes four bytes of one at worst: any one text fits into a record.
constexpr std::size_t kTextBytes = 960;
constexpr std::string_view kTruncated = " truncated=true";

std::atomic<Level> lowest_level{Level::kInfo};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

bool needs_quotes(std::string_view value) {
  const auto special = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F || c == '=' || c == '"' || c == '\\';
  };
  for (const char c : value) {
    if (special(c)) return true;
  }
  return value.empty();
}

std::string rendered(std::string_view value, bool always_quoted) {
  std::string text = escaped(value.substr(0, kTextBytes), true);
  if (value.size() > kTextBytes) text += "...";
  return always_quoted || needs_quotes(value) ? '"' + text + '"' : text;
}

// stderr that cannot take the record is nothing a program could report: the rest is dropped.
void write_all(std::string_view record) {
  while (!record.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, record.data(), record.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    record.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void set_level(Level level) noexcept {
  lowest_level.store(level, std::memory_order_relaxed);
}

bool enabled(Level level) noexcept {
  return level >= lowest_level.load(std::memory_order_relaxed);
}

std::string format_record(SystemTime when, const Record& record) {
  std::string line =
      formatted("ts={:%FT%T}Z level={} module={} msg={}", std::chrono::floor<std::chrono::microseconds>(when),
                name_of(record.level), record.module, rendered(record.message, true));
  for (const Field& field : record.fields) {
    const std::string text = formatted(" {}={}", field.key, rendered(field.value, false));
    if (line.size() + text.size() + kTruncated.size() + 1 > kRecordBytes) {
      line += kTruncated;
      break;
    }
    line += text;
  }
  line += '\n';
  return line;
}

void write(Level level, std::string_view module, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  const int saved_errno = errno;  // a caller may log between a failed call and its check
  write_all(format_record(std::chrono::system_clock::now(), Record{level, module, message, fields}));
  errno = saved_errno;
}

}  // namespace pathwise::log
