// SPDX-License-Identifier: Apache-2.0
// What a run showed: tables per phase, figures with their goals, checks that held or did not. Printed
// for people as it grows, and written as JSON at the end. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace pathwise::lab {

struct TierRow {
  std::string what;      // "realtime", or "realtime, data=personal-in"
  std::string sites;     // "singapore 100 %"
  std::string path;      // node names and how the path was found
  std::string segments;  // SIDs
  double rtt_ms = 0;     // measured
  double ttft_p50_ms = 0;
  std::size_t requests = 0;
};

struct Phase {
  std::string name;
  std::vector<TierRow> rows;
};

struct Figure {
  std::string name;  // "delay_change_to_first_decision"
  double value = 0;
  std::string unit;  // "ms"
  double goal = 0;   // a goal is printed; ten times the goal is the deadline
};

struct Check {
  std::string name;  // a sentence that is true when it held
  bool held = false;
  std::string detail;  // what was seen
};

class Report {
 public:
  void add(Phase phase);
  void add(Figure figure);
  void add(Check check);
  [[nodiscard]] bool all_held() const;
  [[nodiscard]] const std::vector<Check>& checks() const { return checks_; }
  [[nodiscard]] const std::vector<Figure>& figures() const { return figures_; }
  [[nodiscard]] std::string to_json() const;

 private:
  std::vector<Phase> phases_;
  std::vector<Figure> figures_;
  std::vector<Check> checks_;
};

[[nodiscard]] std::string to_text(const Phase& phase);
[[nodiscard]] std::string to_text(const Figure& figure);
[[nodiscard]] std::string to_text(const Check& check);

}  // namespace pathwise::lab
