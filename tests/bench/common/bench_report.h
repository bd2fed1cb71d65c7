// SPDX-License-Identifier: Apache-2.0
// How every benchmark reports: a table on stdout and build/bench/NAME.jsonl, one row a figure:
// {"name","value","unit","better":"lower|higher","goal","peer","conditions"}. Header only; one thread.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/format.h"

namespace pathwise::bench {

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  bool lower_is_better = true;
  std::optional<double> goal;
  std::optional<double> peer;  // the figure of what we are compared with
  std::string conditions;
  [[nodiscard]] bool met() const { return !goal || (lower_is_better ? value <= *goal : value >= *goal); }
};

class Report {
 public:
  // `name`: of the benchmark ("select"). The file goes to $PATHWISE_BENCH_DIR, or build/bench.
  explicit Report(std::string name) : name_(std::move(name)) {}
  void add(Figure figure) { figures_.push_back(std::move(figure)); }

  // Prints the table, writes the file. False if the file could not be written.
  bool finish() const {
    print_table();
    const char* set = std::getenv("PATHWISE_BENCH_DIR");
    const std::filesystem::path folder = set != nullptr ? set : "build/bench";
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    std::ofstream file(folder / (name_ + ".jsonl"), std::ios::trunc);
    for (const Figure& figure : figures_) file << row(figure) << '\n';
    file.close();
    if (!file) print_to(stderr, "cannot write {}\n", (folder / (name_ + ".jsonl")).string());
    return static_cast<bool>(file);
  }

 private:
  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + '"';
  }
  static std::string number(const std::optional<double>& value) { return value ? formatted("{:.6g}", *value) : "null"; }
  static std::string row(const Figure& figure) {
    return formatted(R"({{"name":{},"value":{:.6g},"unit":{},"better":"{}","goal":{},"peer":{},"conditions":{}}})",
                     quoted(figure.name), figure.value, quoted(figure.unit),
                     figure.lower_is_better ? "lower" : "higher", number(figure.goal), number(figure.peer),
                     quoted(figure.conditions));
  }
  void print_table() const {
    print_to(stdout, "{:<44} {:>12} {:<8} {:>10} {:>10}  {}\n", name_, "value", "unit", "goal", "peer", "conditions");
    for (const Figure& figure : figures_) {
      const std::string goal = !figure.goal ? "-" : formatted("{:.6g}{}", *figure.goal, figure.met() ? "" : " !");
      print_to(stdout, "{:<44} {:>12.6g} {:<8} {:>10} {:>10}  {}\n", figure.name, figure.value, figure.unit, goal,
               figure.peer ? formatted("{:.6g}", *figure.peer) : "-", figure.conditions);
    }
  }

  std::string name_;
  std::vector<Figure> figures_;
};

}  // namespace pathwise::bench
