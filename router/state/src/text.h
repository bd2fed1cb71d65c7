// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "fabric/fabric_snapshot.h"

namespace pathwise::router {

// "a b c"
template <typename T>
[[nodiscard]] std::string spaced(const std::vector<T>& items) {
  std::string text;
  for (const T& item : items) text += std::format("{}{}", text.empty() ? "" : " ", item);
  return text;
}

[[nodiscard]] std::string_view admission_name(fabric::Admission admission);

}  // namespace pathwise::router
