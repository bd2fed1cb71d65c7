// SPDX-License-Identifier: Apache-2.0
#include "graph.h"

#include <charconv>
#include <set>
#include <stdexcept>

#include "base/format.h"
#include "base/random.h"
#include "base/string_util.h"
#include "te/topology/builder.h"

namespace pathwise::te {
namespace {

constexpr std::array kAlgorithms{Algorithm(0), Algorithm(128), Algorithm(129)};

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) {
    throw std::invalid_argument("graph: not a number: " + std::string(text));
  }
  return value;
}

void set_attribute(Link& link, std::string_view key, std::string_view value) {
  if (key == "metric") {
    link.igp_metric = number(value);
  } else if (key == "te") {
    link.te_metric = number(value);
  } else if (key == "delay") {
    link.delay_us = link.min_delay_us = link.max_delay_us = number(value);
  } else if (key == "rate") {
    link.max_reservable_bandwidth = BitsPerSecond(number(value));
  } else if (key == "groups") {
    for (const auto bit : split(value, '+')) link.admin_groups.set(number(bit));
  } else if (key == "srlg") {
    for (const auto group : split(value, '+')) link.srlgs.push_back(number(group));
  } else {
    throw std::invalid_argument("graph: unknown attribute " + std::string(key));
  }
}

Node node_with_id(std::string name, std::uint16_t id) {
  Node node{.name = NodeName(std::move(name)), .system_id = {}, .router_id6 = {}, .locators = {}};
  for (const Algorithm algorithm : kAlgorithms) {
    node.locators.emplace_back(algorithm, *sid_map().locator(algorithm, NodeId(id)));
  }
  return node;
}

Ipv6Address link_address(std::uint16_t link, std::uint16_t side) {
  Ipv6Address address = *Ipv6Address::parse("fd00::");
  address.set_group(6, link);
  address.set_group(7, side);
  return address;
}

void add_both(TopologyBuilder& builder, const std::string& a, const std::string& b, Link there, Link back,
              std::uint16_t number) {
  there.local_address = back.remote_address = link_address(number, 1);
  there.remote_address = back.local_address = link_address(number, 2);
  builder.add_link({NodeName(a), NodeName(b), there});
  builder.add_link({NodeName(b), NodeName(a), back});
}

Link random_attributes(Random& random, const RandomGraph& shape) {
  Link link;
  link.igp_metric = static_cast<std::uint32_t>(1 + random.below(shape.max_metric));
  if (random.below(10) != 0) link.te_metric = static_cast<std::uint32_t>(1 + random.below(shape.max_metric));
  if (random.below(10) != 0) {
    link.min_delay_us = static_cast<std::uint32_t>(random.below(shape.max_metric));  // 0 happens
    link.delay_us = *link.min_delay_us + static_cast<std::uint32_t>(random.below(3));
    link.max_delay_us = *link.delay_us + 1;
  }
  if (random.below(10) != 0) link.max_reservable_bandwidth = BitsPerSecond(random.below(4) * 100);
  for (unsigned bit = 0; bit < 3; ++bit) {
    if (random.below(3) == 0) link.admin_groups.set(bit);
  }
  return link;
}

std::vector<std::uint32_t> random_srlgs(Random& random, std::uint32_t groups) {
  std::set<std::uint32_t> chosen;
  if (groups > 0) {
    for (std::uint64_t i = random.below(3); i > 0; --i) {
      chosen.insert(static_cast<std::uint32_t>(1 + random.below(groups)));
    }
  }
  return {chosen.begin(), chosen.end()};
}

}  // namespace

const SidMap& sid_map() {
  static const SidMap map = *SidMap::create({{Algorithm(0), *Ipv6Prefix::parse("fcbb:bb00::/32")},
                                             {Algorithm(128), *Ipv6Prefix::parse("fcbb:bb80::/32")},
                                             {Algorithm(129), *Ipv6Prefix::parse("fcbb:bb81::/32")}},
                                            0xfe00);
  return map;
}

TopologySnapshot graph(std::string_view text) {
  TopologyBuilder builder;
  std::set<std::string> names;
  std::uint16_t links = 0;
  for (const auto part : split(text, ',')) {
    Link link;
    std::vector<std::string_view> words = split(trim(part), ' ');
    const auto ends = split(words.front(), '-');
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto pair = split(words[i], '=');
      set_attribute(link, pair.at(0), pair.at(1));
    }
    names.emplace(ends.at(0));
    names.emplace(ends.at(1));
    add_both(builder, std::string(ends[0]), std::string(ends[1]), link, link, ++links);
  }
  std::uint16_t id = 0;
  for (const auto& name : names) builder.add_node(node_with_id(name, ++id));
  return builder.build(1, 1);
}

TopologySnapshot random_graph(const RandomGraph& shape) {
  Random random(shape.seed);
  TopologyBuilder builder;
  const auto name = [](std::uint64_t node) { return formatted("n{:03}", node); };
  for (std::uint32_t i = 0; i < shape.nodes; ++i) {
    builder.add_node(node_with_id(name(i), static_cast<std::uint16_t>(i + 1)));
  }
  for (std::uint32_t i = 0; i < shape.links; ++i) {
    const std::uint64_t a = i + 1 < shape.nodes ? i + 1 : random.below(shape.nodes);  // a tree first: connected
    const std::uint64_t b = i + 1 < shape.nodes ? random.below(i + 1) : random.below(shape.nodes);
    if (a == b) continue;
    Link there = random_attributes(random, shape);
    Link back = random_attributes(random, shape);
    there.srlgs = back.srlgs = random_srlgs(random, shape.srlgs);
    add_both(builder, name(a), name(b), there, back, static_cast<std::uint16_t>(i));
  }
  return builder.build(shape.seed, 1);
}

}  // namespace pathwise::te
