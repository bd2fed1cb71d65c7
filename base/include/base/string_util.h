// SPDX-License-Identifier: Apache-2.0
// The few text helpers that the standard library lacks. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pathwise {

// `text` without spaces and tabs at both ends (HTTP's optional white space, RFC 9110 section 5.6.3).
[[nodiscard]] std::string_view trim(std::string_view text);

// The parts between `separator`s, empty ones included: "a,,b" has three, "" has one.
// The parts point into `text`.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// ASCII case is ignored; every other byte must match.
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);

// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
// (optimal string alignment). Quadratic: for names, not for texts.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// Backslash, newline, tab and carriage return as \\ \n \t \r, other control bytes as \xHH.
// A double quote becomes \" too if `escape_quotes`. Bytes from 0x80 pass (UTF-8).
[[nodiscard]] std::string escaped(std::string_view text, bool escape_quotes);

// Input for an error message: in single quotes, on one line, cut after 60 bytes.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace pathwise
