// SPDX-License-Identifier: Apache-2.0
#include "base/format.h"

#include <iterator>

namespace pathwise {

std::string vformatted(std::string_view text, std::format_args args) {
  return std::vformat(text, args);
}

void vappend_formatted(std::string& out, std::string_view text, std::format_args args) {
  std::vformat_to(std::back_inserter(out), text, args);
}

void vprint_to(std::FILE* file, std::string_view text, std::format_args args) {
  const std::string line = std::vformat(text, args);
  std::fwrite(line.data(), 1, line.size(), file);
}

}  // namespace pathwise
