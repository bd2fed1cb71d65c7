// SPDX-License-Identifier: Apache-2.0
// The network of containerlab/tiers as a topology: four edges over two planes of routers.
#pragma once

#include "base/format.h"
#include "te/algo/flex_algo.h"
#include "te/srv6/sid_map.h"
#include "te/topology/builder.h"

namespace pathwise::te::test {

// Node ids as in the lab: r-mum 1, r-pune 2, r-dub 3, r-sin 4, pa1 11, pa2 12, pb1 13, pb2 14 (hexadecimal).
// Loopbacks fd00:0:0:ff::ID, links fd00:0:1:N::ID, delays and metrics of both directions alike.
class TiersNetwork {
 public:
  TiersNetwork() {
    node("r-mum", 1);
    node("r-pune", 2);
    node("r-dub", 3);
    node("r-sin", 4);
    node("pa1", 0x11);
    node("pa2", 0x12);
    node("pb1", 0x13);
    node("pb2", 0x14);
    plane_a("r-pune", "pa1", 1500);
    plane_a("r-mum", "pa1", 1000);
    plane_a("pa1", "pa2", 8000);
    plane_a("pa2", "r-dub", 2000);
    plane_a("pa2", "r-sin", 2000);
    plane_b("r-pune", "pb1", 4000);
    plane_b("r-mum", "pb1", 4000);
    plane_b("pb1", "pb2", 18000);
    plane_b("pb2", "r-dub", 6000);
    plane_b("pb2", "r-sin", 26000);
    link("pa1", "pb1", {.igp_metric = 50, .delay_us = 3000, .min_delay_us = 3000});
    link("pa2", "pb2", {.igp_metric = 50, .delay_us = 3000, .min_delay_us = 3000});
  }
  void node(const char* name, int id) {
    Node node{.name = NodeName(name),
              .system_id = formatted("0000.0000.{:04x}", id),
              .router_id6 = *Ipv6Address::parse(formatted("fd00:0:0:ff::{:x}", id))};
    for (const auto& [algorithm, block] : {std::pair{0, "bb00"}, {128, "bb80"}, {129, "bb81"}}) {
      node.locators.emplace_back(Algorithm(static_cast<std::uint8_t>(algorithm)),
                                 *Ipv6Prefix::parse(formatted("fcbb:{}:{:x}::/48", block, id)));
    }
    ids_[name] = id;
    builder.add_node(std::move(node));
  }
  // Both directions.
  void link(const char* a, const char* b, Link attributes) {
    const int number = ++links_;
    const auto at = [&](const char* name) {
      return *Ipv6Address::parse(formatted("fd00:0:1:{}::{:x}", number, ids_.at(name)));
    };
    for (const auto& [from, to] : {std::pair{a, b}, {b, a}}) {
      attributes.local_address = at(from);
      attributes.remote_address = at(to);
      builder.add_link({NodeName(from), NodeName(to), attributes});
    }
  }
  [[nodiscard]] TopologySnapshotPtr build() const {
    return std::make_shared<const TopologySnapshot>(builder.build(1, 7));
  }
  static SidMap sid_map() {
    return *SidMap::create({{Algorithm(0), *Ipv6Prefix::parse("fcbb:bb00::/32")},
                            {Algorithm(128), *Ipv6Prefix::parse("fcbb:bb80::/32")},
                            {Algorithm(129), *Ipv6Prefix::parse("fcbb:bb81::/32")}},
                           0xFE00);
  }
  // 128: least delay; 129: IGP metric without plane A.
  static std::vector<FlexAlgoDefinition> definitions() {
    FlexAlgoDefinition bulk{.algorithm = Algorithm(129)};
    bulk.exclude_any.set(0);
    return {{.algorithm = Algorithm(128), .metric = MetricType::kMinDelay}, bulk};
  }

  TopologyBuilder builder;

 private:
  void plane_a(const char* a, const char* b, std::uint32_t delay) {
    Link attributes{.igp_metric = 100,
                    .delay_us = delay,
                    .min_delay_us = delay,
                    .max_bandwidth = BitsPerSecond(200'000'000),
                    .max_reservable_bandwidth = BitsPerSecond(200'000'000)};
    attributes.admin_groups.set(0);
    link(a, b, attributes);
  }
  void plane_b(const char* a, const char* b, std::uint32_t delay) {
    Link attributes{.igp_metric = 10,
                    .delay_us = delay,
                    .min_delay_us = delay,
                    .max_bandwidth = BitsPerSecond(1'000'000'000),
                    .max_reservable_bandwidth = BitsPerSecond(1'000'000'000)};
    attributes.admin_groups.set(1);
    link(a, b, attributes);
  }
  std::map<std::string, int> ids_;
  int links_ = 0;
};

}  // namespace pathwise::te::test
