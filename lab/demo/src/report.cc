// SPDX-License-Identifier: Apache-2.0
#include "lab/demo/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/format.h"

namespace pathwise::lab {

void Report::add(Phase phase) {
  phases_.push_back(std::move(phase));
}
void Report::add(Figure figure) {
  figures_.push_back(std::move(figure));
}
void Report::add(Check check) {
  checks_.push_back(std::move(check));
}

bool Report::all_held() const {
  return !checks_.empty() && std::ranges::all_of(checks_, &Check::held);
}

std::string to_text(const Phase& phase) {
  std::string text = formatted("\n{}\n", phase.name);
  text += formatted("  {:<28} {:<26} {:>8} {:>9} {:>9}\n", "tier", "served by", "requests", "path RTT", "TTFT p50");
  for (const TierRow& row : phase.rows) {
    text += formatted("  {:<28} {:<26} {:>8} {:>6.1f} ms {:>6.1f} ms\n", row.what, row.sites, row.requests, row.rtt_ms,
                      row.ttft_p50_ms);
    text += formatted("      path {}\n", row.path);
    if (!row.segments.empty()) text += formatted("      SIDs {}\n", row.segments);
  }
  return text;
}

std::string to_text(const Figure& figure) {
  std::string name = figure.name;
  std::ranges::replace(name, '_', ' ');
  return formatted("  {:<62} {:>8.0f} {} (goal {:.0f})\n", name, figure.value, figure.unit, figure.goal);
}

std::string to_text(const Check& check) {
  return formatted("  [{}] {}{}\n", check.held ? "ok" : "NOT HELD", check.name,
                   check.detail.empty() ? "" : ": " + check.detail);
}

std::string Report::to_json() const {
  nlohmann::json out = {{"phases", nlohmann::json::array()},
                        {"figures", nlohmann::json::array()},
                        {"checks", nlohmann::json::array()},
                        {"held", all_held()}};
  for (const Phase& phase : phases_) {
    nlohmann::json rows = nlohmann::json::array();
    for (const TierRow& row : phase.rows) {
      rows.push_back({{"tier", row.what},
                      {"sites", row.sites},
                      {"path", row.path},
                      {"segments", row.segments},
                      {"rtt_ms", row.rtt_ms},
                      {"ttft_p50_ms", row.ttft_p50_ms},
                      {"requests", row.requests}});
    }
    out["phases"].push_back({{"name", phase.name}, {"rows", std::move(rows)}});
  }
  for (const Figure& figure : figures_) {
    out["figures"].push_back({{"name", figure.name},
                              {"value", figure.value},
                              {"unit", figure.unit},
                              {"better", "lower"},
                              {"goal", figure.goal}});
  }
  for (const Check& check : checks_) {
    out["checks"].push_back({{"name", check.name}, {"held", check.held}, {"detail", check.detail}});
  }
  return out.dump(2) + "\n";
}

}  // namespace pathwise::lab
