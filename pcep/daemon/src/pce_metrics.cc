// SPDX-License-Identifier: Apache-2.0
#include "pcep/daemon/pce_metrics.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/format.h"

namespace pathwise::pcep {
namespace {

void gauge(std::string& out, std::string_view name, std::string_view help, double value) {
  out += formatted("# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name, help, value);
}

}  // namespace

std::string metrics_text(const PceSnapshot& snapshot) {
  std::map<std::string_view, int> states;
  std::uint64_t updates = 0;
  int without_path = 0;
  std::chrono::microseconds slowest{0};
  for (const PceLspView& view : snapshot.lsps) {
    ++states[view.stale ? "stale" : to_string(view.state)];
    updates += view.updates;
    without_path += view.delegated && !view.path ? 1 : 0;
    slowest = std::max(slowest, view.last_computation);
  }
  int up = 0;
  for (const PceSessionView& view : snapshot.sessions) up += view.state == SessionState::kUp ? 1 : 0;
  std::string out;
  gauge(out, "pathwise_pce_sessions_up", "PCEP sessions that are up.", up);
  gauge(out, "pathwise_pce_lsps_without_path", "Delegated LSPs for which there is no path.", without_path);
  gauge(out, "pathwise_pce_updates", "PCUpd messages sent for the LSPs that exist.", static_cast<double>(updates));
  gauge(out, "pathwise_pce_slowest_computation_seconds", "The longest of the LSPs' last computations.",
        static_cast<double>(slowest.count()) / 1e6);
  gauge(out, "pathwise_pce_topology_version", "Version of the topology in use.",
        static_cast<double>(snapshot.topology_version));
  out += "# HELP pathwise_pce_lsps LSPs by operational state.\n# TYPE pathwise_pce_lsps gauge\n";
  for (const auto& [state, count] : states) out += formatted("pathwise_pce_lsps{{state=\"{}\"}} {}\n", state, count);
  return out;
}

std::string health_json(const PceSnapshot& snapshot) {
  if (snapshot.topology_version == 0) return "{\"status\":\"degraded\",\"reason\":\"no topology yet\"}\n";
  const auto without = std::ranges::count_if(
      snapshot.lsps, [](const PceLspView& view) { return view.delegated && !view.stale && !view.path; });
  if (without != 0) return formatted("{{\"status\":\"degraded\",\"reason\":\"{} LSPs without a path\"}}\n", without);
  return "{\"status\":\"ok\"}\n";
}

}  // namespace pathwise::pcep
