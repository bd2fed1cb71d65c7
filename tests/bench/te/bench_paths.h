// SPDX-License-Identifier: Apache-2.0
// Constrained paths, k shortest paths and disjoint pairs, one row each.
#pragma once

#include "../common/bench_report.h"
#include "base/random.h"
#include "te/topology/topology.h"

namespace pathwise::bench {

// `allocations`: the program's counter.
void measure_paths(Report& report, const te::TopologySnapshot& snapshot, Random& random, int rounds,
                   const std::size_t& allocations);

}  // namespace pathwise::bench
