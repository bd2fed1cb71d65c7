// SPDX-License-Identifier: Apache-2.0
// What the parts of this benchmark share: the network that they compute on, and quantiles of times.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/random.h"
#include "te/topology/topology.h"

namespace pathwise::bench {

// A ring, so that it is connected, and random chords up to a mean degree of 5. Metrics, delays and bandwidths are
// random; three links share a risk group.
[[nodiscard]] te::TopologySnapshot network(std::uint32_t nodes, Random& random);

// "1k" for 1,000 nodes.
[[nodiscard]] inline std::string size_of(const te::TopologySnapshot& snapshot) {
  return std::to_string(snapshot.nodes.size() / 1'000) + "k";
}

struct Times {
  std::vector<double> us;
  template <typename Work>
  void measure(Work work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  double at(double quantile) {
    std::ranges::sort(us);
    return us[static_cast<std::size_t>(static_cast<double>(us.size() - 1) * quantile)];
  }
  [[nodiscard]] double mean() const {
    double sum = 0;
    for (const double each : us) sum += each;
    return sum / static_cast<double>(us.size());
  }
};

}  // namespace pathwise::bench
