// SPDX-License-Identifier: Apache-2.0
// The admin API's documents as text for a terminal. Pure; unknown or absent members show as "-".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace pathwise::cli {

[[nodiscard]] std::string render_paths(const nlohmann::json& document);
[[nodiscard]] std::string render_sites(const nlohmann::json& document);
[[nodiscard]] std::string render_decision(const nlohmann::json& document);

}  // namespace pathwise::cli
