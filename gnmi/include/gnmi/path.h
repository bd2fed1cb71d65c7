// SPDX-License-Identifier: Apache-2.0
// gNMI paths (specification 2.2.2): elements with keys. Values; any thread.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pathwise::gnmi {

struct PathElem {
  std::string name;                         // "*" matches one element, "..." any number (patterns only)
  std::map<std::string, std::string> keys;  // value "*" matches any (patterns only)
  friend auto operator<=>(const PathElem&, const PathElem&) = default;
};

struct Path {
  std::vector<PathElem> elems;

  // "/paths/path[site=dubai][tier=realtime]/state/rtt-p50"; `]` and `\` in values are escaped by `\`.
  [[nodiscard]] static Result<Path> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] Path operator/(const Path& tail) const;
  // Whether `leaf` lies at or below this pattern. A missing key matches any value.
  [[nodiscard]] bool covers(const Path& leaf) const;
  friend auto operator<=>(const Path&, const Path&) = default;
};

}  // namespace pathwise::gnmi
