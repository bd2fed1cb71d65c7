// SPDX-License-Identifier: Apache-2.0
// Columns for a terminal: as wide as their widest cell, two spaces apart, UTF-8 aware.
#pragma once

#include <string>
#include <vector>

namespace pathwise::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Columns that a UTF-8 string takes (one a code point).
[[nodiscard]] std::size_t display_width(std::string_view text);

}  // namespace pathwise::cli
