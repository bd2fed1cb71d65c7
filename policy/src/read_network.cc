// SPDX-License-Identifier: Apache-2.0
// Sections affinities, srv6 and flex_algos.
#include <algorithm>
#include <charconv>

#include "base/string_util.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

constexpr unsigned kLastAffinityBit = 63;  // constraints travel as 64-bit masks
constexpr std::uint32_t kLeastMtu = 1400;  // IPv6's least, 1280 (RFC 8200 section 5), and an encapsulation
constexpr std::uint32_t kMostMtu = 65'535;
constexpr std::uint8_t kBlockLength = 32;         // RFC 9800: our SIDs are 32-bit block, 16-bit node id
constexpr std::uint16_t kFirstFunction = 0xE000;  // below are node ids

// "fe00" or "0xfe00".
bool read_function(const config::Value& value, config::Diagnostics& problems, std::uint16_t& out) {
  std::string text;
  if (!config::read(value, problems, text)) return false;
  std::string_view digits = text;
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  std::uint16_t function = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), function, 16);
  if (error != std::errc{} || end != digits.data() + digits.size() || function < kFirstFunction) {
    problems.add(value.at, "must be a hexadecimal function from e000 to ffff (below are node ids), not {}",
                 excerpt(text));
    return false;
  }
  out = function;
  return true;
}

bool read_algorithm(const config::Entry& entry, config::Diagnostics& problems, Algorithm& out) {
  std::uint8_t number = 0;
  config::Diagnostics other;  // this one message says all
  if (config::read(key_value(entry), other, number) && is_flex_algo(Algorithm(number))) {
    out = Algorithm(number);
    return true;
  }
  problems.add(entry.at, "a Flex-Algo must be a number from 128 to 255 (RFC 9350), not {}", excerpt(entry.key));
  return false;
}

void read_block(const config::Entry& entry, Reading& reading) {
  Algorithm algorithm = kAlgorithmSpf;
  if (entry.key != "0" && !read_algorithm(entry, reading.problems, algorithm)) return;
  Ipv6Prefix block;
  if (!config::read(entry.value, reading.problems, block)) return;
  if (block.length != kBlockLength) {
    reading.problems.add(entry.value.at, "a block must be a /{}, not {}", kBlockLength, block);
    return;
  }
  if (algorithm != kAlgorithmSpf && !reading.flex_algos.contains(entry.key)) {
    reading.problems.add(entry.at, "a block for Flex-Algo {}, which is not in flex_algos; known: {}", algorithm,
                         alternatives(reading.flex_algos));
  }
  for (const auto& [other, prefix] : reading.config.srv6.blocks) {
    if (prefix == block) {
      reading.problems.add(entry.value.at, "{} is the block of algorithm {} already", block, other);
      return;
    }
  }
  reading.config.srv6.blocks.emplace(algorithm, block);
}

void read_affinity_list(config::MapReader& map, std::string_view key, Reading& reading, std::vector<std::string>& out) {
  const config::Value* list = map.child(key);
  if (list == nullptr) return;
  out = read_texts(*list, reading.problems, [&reading](const config::Value& item) {
    return known_name(item.at, reading.problems, "affinity", item.scalar, reading.affinities);
  });
}

void read_srlgs(const config::Value& list, Reading& reading, std::vector<std::uint32_t>& out) {
  for_each_item(list, reading.problems, [&](const config::Value& item) {
    std::uint32_t group = 0;
    if (!config::read(item, reading.problems, group)) return;
    if (std::ranges::contains(out, group)) {
      reading.problems.add(item.at, "{} is listed twice", group);
      return;
    }
    out.push_back(group);
  });
  std::ranges::sort(out);
}

void read_flex_algo(const config::Entry& entry, Reading& reading) {
  static const Names kMetrics{"igp", "min-delay", "te"};
  FlexAlgoConfig algo;
  const bool numbered = read_algorithm(entry, reading.problems, algo.algorithm);
  config::MapReader map(entry.value, reading.problems);
  if (const config::Value* metric = map.required_child("metric");
      metric != nullptr && config::read(*metric, reading.problems, algo.metric)) {
    known_name(metric->at, reading.problems, "metric", algo.metric, kMetrics);
  }
  read_affinity_list(map, "exclude_any", reading, algo.exclude_any);
  read_affinity_list(map, "include_any", reading, algo.include_any);
  read_affinity_list(map, "include_all", reading, algo.include_all);
  if (const config::Value* srlgs = map.child("exclude_srlg")) read_srlgs(*srlgs, reading, algo.exclude_srlg);
  map.optional("priority", algo.priority);
  map.finish();
  for (const std::string& name : algo.exclude_any) {
    if (std::ranges::contains(algo.include_any, name) || std::ranges::contains(algo.include_all, name)) {
      reading.problems.add(entry.at, "affinity '{}' is both excluded and included", name);
    }
  }
  if (!numbered) return;
  reading.config.flex_algos.emplace(algo.algorithm, std::move(algo));
}

}  // namespace

void read_affinities(const config::Value* section, Reading& reading) {
  if (section == nullptr) return;
  std::map<std::uint8_t, std::string> owners;
  for_each_entry(*section, reading.problems, [&](const config::Entry& entry) {
    check_label(entry.at, reading.problems, "affinity", entry.key);
    std::uint8_t bit = 0;
    if (!config::read(entry.value, reading.problems, bit)) return;
    if (bit > kLastAffinityBit) {
      reading.problems.add(entry.value.at, "an admin-group bit must be from 0 to {}, not {}", kLastAffinityBit, bit);
    } else if (const auto [owner, added] = owners.emplace(bit, entry.key); !added) {
      reading.problems.add(entry.value.at, "bit {} is affinity '{}' already", bit, owner->second);
    } else {
      reading.config.affinities.emplace(entry.key, bit);
    }
  });
}

void read_srv6(const config::Value* section, Reading& reading) {
  if (section == nullptr) return;
  config::MapReader map(*section, reading.problems);
  if (const config::Value* blocks = map.required_child("blocks")) {
    for_each_entry(*blocks, reading.problems, [&](const config::Entry& entry) { read_block(entry, reading); });
    if (blocks->find("0") == nullptr) {
      reading.problems.add(blocks->at, "the block of algorithm 0 is missing: best effort needs it");
    }
  }
  if (const config::Value* function = map.child("udt6_function")) {
    read_function(*function, reading.problems, reading.config.srv6.udt6_function);
  }
  if (const config::Value* mtu = map.child("path_mtu"); mtu != nullptr) {
    std::uint32_t& octets = reading.config.srv6.path_mtu;
    if (config::read(*mtu, reading.problems, octets) && (octets < kLeastMtu || octets > kMostMtu)) {
      reading.problems.add(mtu->at, "must be from {} to {}", kLeastMtu, kMostMtu);
    }
  }
  if (const config::Value* function = map.child("ua_function")) {
    read_function(*function, reading.problems, reading.config.srv6.ua_function);
  }
  map.finish();
}

void read_flex_algos(const config::Value* section, Reading& reading) {
  if (section == nullptr) return;
  for_each_entry(*section, reading.problems, [&](const config::Entry& entry) {
    read_flex_algo(entry, reading);
    Algorithm algorithm;
    config::Diagnostics reported;
    if (!read_algorithm(entry, reported, algorithm)) return;
    if (!reading.config.srv6.blocks.contains(algorithm)) {
      reading.problems.add(entry.at, "Flex-Algo {} has no block in srv6.blocks", algorithm);
    }
  });
}

}  // namespace pathwise::policy
