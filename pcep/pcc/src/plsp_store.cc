// SPDX-License-Identifier: Apache-2.0
#include "pcep/pcc/plsp_store.h"

#include <charconv>
#include <sstream>

#include "base/format.h"
#include "base/process.h"
#include "pcep/codec/code_points.h"

namespace pathwise::pcep {
namespace {

constexpr std::size_t kMaxFileSize = 16U << 20;  // far more than names for 10,000 LSPs

}  // namespace

Result<PlspIds> FilePlspStore::load() {
  PlspIds ids;
  const Result<std::string> text = read_file(path_, kMaxFileSize);
  if (!text && text.error().code == ErrorCode::kNotFound) return ids;
  if (!text) return std::unexpected(text.error());
  std::istringstream file(*text);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), id);
    if (error != std::errc{} || end == line.data() + line.size() || *end != ' ' || id == 0 || id > kMaxPlspId)
      return fail(ErrorCode::kInvalidArgument, "{}:{}: must be \"<plsp-id> <name>\"", path_, number);
    ids.emplace(line.substr(static_cast<std::size_t>(end + 1 - line.data())), id);
  }
  return ids;
}

Result<void> FilePlspStore::save(const PlspIds& ids) {
  std::string text;
  for (const auto& [name, id] : ids) text += formatted("{} {}\n", id, name);
  return write_file_atomically(path_, text);
}

}  // namespace pathwise::pcep
