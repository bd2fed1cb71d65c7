// SPDX-License-Identifier: Apache-2.0
// Shortest paths on 1,000 and 10,000 nodes of degree 4 to 6: a full run, an update after one link's
// change, and a CSPF with a delay bound and a bandwidth.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "../common/allocations.h"
#include "../common/bench_report.h"
#include "base/random.h"
#include "te/algo/cspf.h"
#include "te/algo/spf.h"
#include "te/topology/builder.h"

namespace {

using namespace pathwise;
using namespace pathwise::te;
using Time = std::chrono::steady_clock;

Ipv6Address address(std::uint32_t link, std::uint16_t side) {
  Ipv6Address out = *Ipv6Address::parse("fd00::");
  out.set_group(4, static_cast<std::uint16_t>(link >> 16));
  out.set_group(5, static_cast<std::uint16_t>(link));
  out.set_group(7, side);
  return out;
}

// A ring, so that it is connected, and random chords up to a mean degree of 5.
TopologySnapshot network(std::uint32_t nodes, Random& random) {
  TopologyBuilder builder;
  const auto name = [](std::uint64_t i) { return NodeName(formatted("n{:05}", i)); };
  for (std::uint32_t i = 0; i < nodes; ++i) builder.add_node({.name = name(i)});
  const std::uint32_t links = nodes * 5 / 2;
  for (std::uint32_t i = 0; i < links; ++i) {
    const std::uint64_t a = i < nodes ? i : random.below(nodes);
    const std::uint64_t b = i < nodes ? (i + 1) % nodes : random.below(nodes);
    if (a == b) continue;
    Link link{.igp_metric = static_cast<std::uint32_t>(10 + random.below(90))};
    link.te_metric = static_cast<std::uint32_t>(1 + random.below(100));
    link.delay_us = link.min_delay_us = static_cast<std::uint32_t>(100 + random.below(20'000));
    link.max_reservable_bandwidth = BitsPerSecond((1 + random.below(10)) * 1'000'000'000);
    for (const auto& [from, to, here, there] : {std::tuple{a, b, 1, 2}, {b, a, 2, 1}}) {
      Link direction = link;
      direction.local_address = address(i, static_cast<std::uint16_t>(here));
      direction.remote_address = address(i, static_cast<std::uint16_t>(there));
      builder.add_link({name(from), name(to), direction});
    }
  }
  return builder.build(1, 1);
}

struct Times {
  std::vector<double> us;
  template <typename Work>
  void measure(Work work) {
    const auto start = Time::now();
    work();
    us.push_back(std::chrono::duration<double, std::micro>(Time::now() - start).count());
  }
  double at(double quantile) {
    std::ranges::sort(us);
    return us[static_cast<std::size_t>(static_cast<double>(us.size() - 1) * quantile)];
  }
};

void measure(bench::Report& report, std::uint32_t nodes, double goal_us, int rounds) {
  Random random(nodes);
  const TopologySnapshot snapshot = network(nodes, random);
  auto costs = link_costs({}, snapshot);
  const std::string conditions =
      formatted("{} nodes, {} links, delay metrics random, median of {}", nodes, snapshot.links.size(), rounds);
  Spf spf;
  spf.run(snapshot, costs, 0);
  Times full;
  full.us.reserve(static_cast<std::size_t>(rounds));
  const std::size_t before = bench::allocations;
  for (int i = 0; i < rounds; ++i) {
    const auto source = static_cast<NodeIndex>(random.below(nodes));
    full.measure([&] { spf.run(snapshot, costs, source); });
  }
  const std::size_t allocated = bench::allocations - before;
  spf.run(snapshot, costs, 0);
  Times incremental;
  Times again;
  for (int i = 0; i < rounds; ++i) {
    const auto link = static_cast<LinkIndex>(random.below(costs.size()));
    const Spf::CostChange change{link, costs[link]};
    costs[link] = static_cast<std::uint32_t>(10 + random.below(90));
    incremental.measure([&] { spf.update(snapshot, costs, std::span(&change, 1)); });
    if (i % 20 == 0) {
      Spf fresh;
      again.measure([&] { fresh.run(snapshot, costs, 0); });
      for (NodeIndex node = 0; node < nodes; ++node) {
        if (fresh.distance(node) != spf.distance(node)) std::abort();
      }
    }
  }
  Times constrained;
  int found = 0;
  const int computations = rounds / 10;
  for (int i = 0; i < computations; ++i) {
    const CspfRequest request{.source = static_cast<NodeIndex>(random.below(nodes)),
                              .destination = static_cast<NodeIndex>(random.below(nodes)),
                              .optimise = CspfObjective::kTe,
                              .max_delay = Microseconds(40'000),
                              .bandwidth = BitsPerSecond(2'000'000'000)};
    constrained.measure([&] { found += compute_cspf(snapshot, request) ? 1 : 0; });
  }
  const std::string size = nodes >= 10'000 ? "10k" : "1k";
  const double mean = [&] {
    double sum = 0;
    for (const double each : incremental.us) sum += each;
    return sum / static_cast<double>(incremental.us.size());
  }();
  const double median = full.at(0.5);
  report.add({.name = "spf_full_" + size, .value = median, .unit = "us", .goal = goal_us, .conditions = conditions});
  report.add({.name = "spf_full_p99_" + size, .value = full.at(0.99), .unit = "us", .conditions = conditions});
  report.add({.name = "spf_allocations_" + size,
              .value = static_cast<double>(allocated),
              .unit = "count",
              .goal = 0,
              .conditions = conditions});
  report.add({.name = "spf_update_mean_" + size, .value = mean, .unit = "us", .conditions = "one link's cost; mean"});
  report.add({.name = "spf_update_speedup_" + size,
              .value = median / mean,
              .unit = "x",
              .lower_is_better = false,
              .goal = 10,
              .conditions = "full median / update mean"});
  report.add({.name = "cspf_delay_bandwidth_" + size,
              .value = constrained.at(0.5),
              .unit = "us",
              .conditions = formatted("TE metric, delay <= 40 ms, 2 Gbps; {} of {} have a path", found, computations)});
}

}  // namespace

int main() {
  bench::Report report("te");
  measure(report, 1'000, 150, 2'000);
  measure(report, 10'000, 2'500, 400);
  return report.finish() ? 0 : 1;
}
