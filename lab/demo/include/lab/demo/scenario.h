// SPDX-License-Identifier: Apache-2.0
// The main job, end to end, on the tiers lab: requests of each tier from Pune, then the low-delay
// link of Singapore is slowed, then healed; what moved, and how fast. `make demo` prints it, the
// topology test asserts it. Blocking; one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "lab/demo/fabric_view.h"
#include "lab/demo/report.h"
#include "lab/load/client.h"

namespace pathwise::lab {

struct ScenarioOptions {
  std::string base_url = "http://127.0.0.1:18080";  // the router of Pune
  std::string api_key = "pw-acme1-tiers-lab";
  Microseconds slowed{32'000};                  // one-way delay of the slowed link
  Microseconds healthy{2'000};                  // and what it was
  std::function<void(const std::string&)> say;  // progress and tables, as they come
};

class Scenario {
 public:
  Scenario(const FabricView& fabric, const Clock& clock, ScenarioOptions options);
  ~Scenario();

  // Waits until every path from Pune is up and three sites offer their models. Errors say what is missing.
  [[nodiscard]] Result<void> wait_ready();
  // The whole story. An Error is a lab that could not be driven; what did not hold is in the report.
  [[nodiscard]] Result<Report> run();

 private:
  [[nodiscard]] Result<void> start_load();
  [[nodiscard]] Result<Phase> observe(const std::string& name, std::size_t requests);
  [[nodiscard]] Result<void> slow();
  [[nodiscard]] Result<void> heal();
  [[nodiscard]] Result<void> measure_first_decision(SteadyTime changed, std::uint64_t after);
  [[nodiscard]] Result<void> measure_reroute(SteadyTime changed);
  [[nodiscard]] Result<void> check_tiers_apart();
  void check_load();
  void note(Figure figure);
  void note(Check check);
  void say(const std::string& text) const { options_.say(text); }

  const FabricView& fabric_;
  const Clock& clock_;
  ScenarioOptions options_;
  Report report_;
  std::unique_ptr<LoadClient> load_;
  PathView realtime_before_;  // Pune to Singapore, healthy
};

}  // namespace pathwise::lab
