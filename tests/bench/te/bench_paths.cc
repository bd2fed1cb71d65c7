// SPDX-License-Identifier: Apache-2.0
#include "bench_paths.h"

#include <cstdlib>
#include <string_view>

#include "network.h"
#include "te/algo/cspf.h"
#include "te/algo/disjoint.h"
#include "te/algo/k_shortest.h"

namespace pathwise::bench {
namespace {

using namespace pathwise::te;

class Paths {
 public:
  Paths(Report& report, const TopologySnapshot& snapshot, Random& random, int rounds)
      : report_(report), snapshot_(snapshot), random_(random), rounds_(rounds) {}

  // One row: the median of work(request) between random ends; it says whether there was an answer.
  template <typename Work>
  void row(std::string_view name, std::string_view what, CspfRequest request, Work work) {
    Times times;
    int found = 0;
    for (int i = 0; i < rounds_; ++i) {
      request.source = node();
      do request.destination = node();
      while (request.destination == request.source);
      times.measure([&] { found += work(request) ? 1 : 0; });
    }
    const std::string conditions =
        formatted("{}; {} of {} have one, p99 {:.0f} us", what, found, rounds_, times.at(0.99));
    report_.add({.name = formatted("{}_{}", name, size_of(snapshot_)),
                 .value = times.at(0.5),
                 .unit = "us",
                 .conditions = conditions});
  }

 private:
  NodeIndex node() { return static_cast<NodeIndex>(random_.below(snapshot_.nodes.size())); }
  Report& report_;
  const TopologySnapshot& snapshot_;
  Random& random_;
  int rounds_;
};

CspfRequest by_te() {
  return {.optimise = CspfObjective::kTe};
}
CspfRequest one_bound() {
  CspfRequest request = by_te();
  request.max_delay = Microseconds(40'000);
  request.bandwidth = BitsPerSecond(2'000'000'000);
  return request;
}
CspfRequest two_bounds() {
  CspfRequest request = one_bound();
  request.max_igp = 450;
  return request;
}

}  // namespace

void measure_paths(Report& report, const TopologySnapshot& snapshot, Random& random, int rounds,
                   const std::size_t& allocations) {
  Paths paths(report, snapshot, random, rounds);
  Cspf cspf;
  const auto one_path = [&](const CspfRequest& request) { return cspf.compute(snapshot, request).has_value(); };
  paths.row("cspf_delay_bandwidth", "TE metric, delay <= 40 ms, 2 Gbps", one_bound(), one_path);
  paths.row("cspf_two_bounds", "TE metric, delay <= 40 ms, IGP <= 450, 2 Gbps", two_bounds(), one_path);
  // Loose enough that there is a path: the message of an error is text.
  const auto hundred_paths = [&] {
    const std::size_t before = allocations;
    for (NodeIndex to = 1; to <= 100; ++to) {
      CspfRequest request = by_te();
      request.max_delay = Microseconds(1'000'000);
      request.source = 0;
      request.destination = to;
      if (!cspf.compute(snapshot, request)) std::abort();
    }
    return allocations - before;
  };
  hundred_paths();
  report.add({.name = "cspf_allocations_" + size_of(snapshot),
              .value = static_cast<double>(hundred_paths()) / 100,
              .unit = "count",
              .goal = 1,
              .conditions = "a computation, after warm-up; what it returns is allocated"});
  const auto four = [&](const CspfRequest& request) { return k_shortest_paths(snapshot, request, 4).has_value(); };
  paths.row("k_shortest_4", "TE metric, k = 4", by_te(), four);
  paths.row("k_shortest_4_delay_bandwidth", "the same, delay <= 40 ms, 2 Gbps", one_bound(), four);
  const auto pair = [&](Disjointness disjoint) {
    return [&, disjoint](const CspfRequest& request) {
      return disjoint_pair(snapshot, {.path = request, .disjoint = disjoint}).has_value();
    };
  };
  paths.row("disjoint_link", "TE metric, link-disjoint pair", by_te(), pair(Disjointness::kLink));
  paths.row("disjoint_link_delay_bandwidth", "the same, delay <= 40 ms, 2 Gbps", one_bound(),
            pair(Disjointness::kLink));
  paths.row("disjoint_node", "TE metric, node-disjoint pair", by_te(), pair(Disjointness::kNode));
  paths.row("disjoint_srlg", "TE metric, SRLG-disjoint pair, 3 links a group", by_te(), pair(Disjointness::kSrlg));
}

}  // namespace pathwise::bench
