// SPDX-License-Identifier: Apache-2.0
// Graphs for the tests of te/algo: by hand from a short text, or random from a seed.
#pragma once

#include <cstdint>
#include <string_view>

#include "te/srv6/sid_map.h"
#include "te/topology/topology.h"

namespace pathwise::te {

// "a-b metric=10 delay=100 groups=0+3 rate=1000, b-c metric=5": both directions alike; `te=`, `delay=`
// (average and minimum), `rate=` (max reservable, bit/s) and `srlg=1+2` are absent unless written. Node ids are 1, 2, …
// in the order of the names; every node has locators in algorithms 0, 128 and 129 of sid_map().
[[nodiscard]] TopologySnapshot graph(std::string_view text);

// Of a property's seeds, and of how many of them a case must come up: all in the optimised build, an eighth in the
// sanitizers', which look for other mistakes at a fifteenth of the speed.
template <typename Number>
[[nodiscard]] constexpr Number scaled(Number all) {
#ifdef NDEBUG
  return all;
#else
  return all / 8;
#endif
}

struct RandomGraph {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 8;
  std::uint32_t links = 16;      // pairs of directions; parallel ones happen
  std::uint32_t max_metric = 5;  // small: many equal-cost paths
  std::uint32_t srlgs = 0;       // risk groups 1 .. srlgs; a link has none, one or two, in both directions the same
};
// Both directions differ in metrics and groups; some attributes are absent.
[[nodiscard]] TopologySnapshot random_graph(const RandomGraph& shape);

// Algorithms 0 (fcbb:bb00::/32), 128 (fcbb:bb80::/32), 129 (fcbb:bb81::/32); uDT6 fe00.
[[nodiscard]] const SidMap& sid_map();

}  // namespace pathwise::te
