// SPDX-License-Identifier: Apache-2.0
// std::format() with its machinery compiled once, here: libstdc++ 14 otherwise instantiates all of it
// in every file that formats, which was more than half of what the files of this project cost to
// compile. Format strings are checked at compile time as always. Any thread.
#pragma once

#include <cstdio>
#include <format>
#include <string>
#include <string_view>

namespace pathwise {

[[nodiscard]] std::string vformatted(std::string_view text, std::format_args args);
void vappend_formatted(std::string& out, std::string_view text, std::format_args args);
void vprint_to(std::FILE* file, std::string_view text, std::format_args args);

template <typename... Args>
[[nodiscard]] std::string formatted(std::format_string<Args...> text, Args&&... args) {
  return vformatted(text.get(), std::make_format_args(args...));
}

template <typename... Args>
void append_formatted(std::string& out, std::format_string<Args...> text, Args&&... args) {
  vappend_formatted(out, text.get(), std::make_format_args(args...));
}

// What the file does not take (a closed pipe) is lost, as with std::fputs().
template <typename... Args>
void print_to(std::FILE* file, std::format_string<Args...> text, Args&&... args) {
  vprint_to(file, text.get(), std::make_format_args(args...));
}

}  // namespace pathwise
