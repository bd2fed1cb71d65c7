// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include <tuple>

#include "base/format.h"
#include "te/topology/builder.h"

namespace pathwise::bench {
namespace {

Ipv6Address address(std::uint32_t link, std::uint16_t side) {
  Ipv6Address out = *Ipv6Address::parse("fd00::");
  out.set_group(4, static_cast<std::uint16_t>(link >> 16));
  out.set_group(5, static_cast<std::uint16_t>(link));
  out.set_group(7, side);
  return out;
}

}  // namespace

te::TopologySnapshot network(std::uint32_t nodes, Random& random) {
  te::TopologyBuilder builder;
  const auto name = [](std::uint64_t i) { return NodeName(formatted("n{:05}", i)); };
  for (std::uint32_t i = 0; i < nodes; ++i) builder.add_node({.name = name(i)});
  const std::uint32_t links = nodes * 5 / 2;
  for (std::uint32_t i = 0; i < links; ++i) {
    const std::uint64_t a = i < nodes ? i : random.below(nodes);
    const std::uint64_t b = i < nodes ? (i + 1) % nodes : random.below(nodes);
    if (a == b) continue;
    te::Link link{.igp_metric = static_cast<std::uint32_t>(10 + random.below(90))};
    link.te_metric = static_cast<std::uint32_t>(1 + random.below(100));
    link.delay_us = link.min_delay_us = static_cast<std::uint32_t>(100 + random.below(20'000));
    link.max_reservable_bandwidth = BitsPerSecond((1 + random.below(10)) * 1'000'000'000);
    link.srlgs = {i * 7'919 % (links / 3)};
    for (const auto& [from, to, here, there] : {std::tuple{a, b, 1, 2}, {b, a, 2, 1}}) {
      te::Link direction = link;
      direction.local_address = address(i, static_cast<std::uint16_t>(here));
      direction.remote_address = address(i, static_cast<std::uint16_t>(there));
      builder.add_link({name(from), name(to), direction});
    }
  }
  return builder.build(1, 1);
}

}  // namespace pathwise::bench
