// SPDX-License-Identifier: Apache-2.0
// te/algo on 1,000 and 10,000 nodes of degree 4 to 6: shortest paths (a full run, an update after one link's
// change), constrained and disjoint paths, and the memory that they need.
#include <malloc.h>

#include <cstdlib>

#include "../common/allocations.h"
#include "../common/bench_report.h"
#include "base/random.h"
#include "bench_paths.h"
#include "network.h"
#include "te/algo/spf.h"

namespace {

using namespace pathwise;
using namespace pathwise::te;
using bench::Times;

struct Goals {
  std::uint32_t nodes;
  double full_us;
  int rounds;
};

void measure_full(bench::Report& report, const TopologySnapshot& snapshot, const Goals& goals, Random& random,
                  Times& full) {
  const auto costs = link_costs({}, snapshot);
  Spf spf;
  spf.run(snapshot, costs, 0);
  full.us.reserve(static_cast<std::size_t>(goals.rounds));
  const std::size_t before = bench::allocations;
  for (int i = 0; i < goals.rounds; ++i) {
    const auto source = static_cast<NodeIndex>(random.below(goals.nodes));
    full.measure([&] { spf.run(snapshot, costs, source); });
  }
  const std::size_t allocated = bench::allocations - before;
  const std::string size = bench::size_of(snapshot);
  const std::string conditions = formatted("{} nodes, {} links, metrics 10 to 99 at random, median of {}", goals.nodes,
                                           snapshot.links.size(), goals.rounds);
  report.add({.name = "spf_full_" + size,
              .value = full.at(0.5),
              .unit = "us",
              .goal = goals.full_us,
              .conditions = conditions});
  report.add({.name = "spf_full_p99_" + size, .value = full.at(0.99), .unit = "us", .conditions = conditions});
  report.add({.name = "spf_allocations_" + size,
              .value = static_cast<double>(allocated),
              .unit = "count",
              .goal = 0,
              .conditions = conditions});
}

void measure_update(bench::Report& report, const TopologySnapshot& snapshot, const Goals& goals, Random& random,
                    double full_median) {
  auto costs = link_costs({}, snapshot);
  Spf spf;
  spf.run(snapshot, costs, 0);
  Times incremental;
  for (int i = 0; i < goals.rounds; ++i) {
    const auto link = static_cast<LinkIndex>(random.below(costs.size()));
    const Spf::CostChange change{link, costs[link]};
    costs[link] = static_cast<std::uint32_t>(10 + random.below(90));
    incremental.measure([&] { spf.update(snapshot, costs, std::span(&change, 1)); });
    if (i % 20 != 0) continue;
    Spf fresh;
    fresh.run(snapshot, costs, 0);
    for (NodeIndex node = 0; node < goals.nodes; ++node) {
      if (fresh.distance(node) != spf.distance(node)) std::abort();
    }
  }
  const std::string size = bench::size_of(snapshot);
  report.add({.name = "spf_update_mean_" + size,
              .value = incremental.mean(),
              .unit = "us",
              .conditions = "one link's cost; mean"});
  report.add({.name = "spf_update_speedup_" + size,
              .value = full_median / incremental.mean(),
              .unit = "x",
              .lower_is_better = false,
              .goal = 10,
              .conditions = "full median / update mean"});
}

// Bytes that are allocated now.
std::size_t live_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void measure_memory(bench::Report& report, std::uint32_t nodes) {
  Random random(nodes);
  const std::size_t nothing = live_bytes();
  const TopologySnapshot snapshot = bench::network(nodes, random);
  const std::size_t with_snapshot = live_bytes();
  const auto costs = link_costs({}, snapshot);
  Spf spf;
  const std::size_t with_costs = live_bytes();
  spf.run(snapshot, costs, 0);
  const std::size_t with_spf = live_bytes();
  const std::string size = bench::size_of(snapshot);
  report.add({.name = "memory_snapshot_" + size,
              .value = static_cast<double>(with_snapshot - nothing) / 1024,
              .unit = "KiB",
              .conditions = formatted("{} nodes, {} links", nodes, snapshot.links.size())});
  report.add({.name = "memory_spf_" + size,
              .value = static_cast<double>(with_spf - with_costs) / 1024,
              .unit = "KiB",
              .conditions = "workspace of one Spf, without the costs"});
}

void measure(bench::Report& report, const Goals& goals) {
  Random random(goals.nodes);
  const TopologySnapshot snapshot = bench::network(goals.nodes, random);
  Times full;
  measure_full(report, snapshot, goals, random, full);
  measure_update(report, snapshot, goals, random, full.at(0.5));
  bench::measure_paths(report, snapshot, random, goals.rounds / 10, bench::allocations);
  measure_memory(report, goals.nodes);
}

}  // namespace

int main() {
  bench::Report report("te");
  measure(report, {.nodes = 1'000, .full_us = 150, .rounds = 2'000});
  measure(report, {.nodes = 10'000, .full_us = 2'500, .rounds = 400});
  return report.finish() ? 0 : 1;
}
