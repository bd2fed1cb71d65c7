// SPDX-License-Identifier: Apache-2.0
#include "router/forward/load_header.h"

#include <charconv>
#include <cmath>

#include "base/format.h"
#include "base/string_util.h"

namespace pathwise::router::forward {

namespace {

bool read(std::string_view text, std::uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read(std::string_view text, double& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(out) && out >= 0;
}

bool read_item(std::string_view key, std::string_view value, fabric::ModelState& state) {
  if (key == "capacity") return read(value, state.capacity);
  if (key == "running") return read(value, state.running);
  if (key == "waiting") return read(value, state.waiting);
  if (key == "prefill") return read(value, state.in_flight_prefill_tokens);
  if (key == "kv") return read(value, state.kv_used);
  if (key == "rate") return read(value, state.prefill_tokens_per_second);
  if (key == "itl") return read(value, state.itl_seconds);
  return true;
}

}  // namespace

std::string format_load(const fabric::ModelState& state) {
  return formatted("capacity={};running={};waiting={};prefill={};kv={:.3f};rate={:.1f};itl={:.6f}", state.capacity,
                   state.running, state.waiting, state.in_flight_prefill_tokens, state.kv_used,
                   state.prefill_tokens_per_second, state.itl_seconds);
}

std::optional<fabric::ModelState> parse_load(std::string_view text) {
  fabric::ModelState state;
  for (const std::string_view item : split(text, ';')) {
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    if (!read_item(trim(item.substr(0, equals)), trim(item.substr(equals + 1)), state)) return std::nullopt;
  }
  return state;
}

}  // namespace pathwise::router::forward
