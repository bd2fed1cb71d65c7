// SPDX-License-Identifier: Apache-2.0
#include "hashes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <format>
#include <string>

namespace pathwise::router::control {

namespace {

std::string hash_text(const std::string& text) {
  return std::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + ",";
  return text;
}

}  // namespace

fabric::Hashes hashes_of(const policy::FabricConfig& config) {
  std::string algorithms;
  for (const auto& [algorithm, each] : config.flex_algos) {
    algorithms += std::format("{} {} -{} ?{} +{};", algorithm, each.metric, joined(each.exclude_any),
                              joined(each.include_any), joined(each.include_all));
  }
  for (const auto& [name, bit] : config.affinities) algorithms += std::format("{}={};", name, bit);
  std::string sids = std::format("{:x};", config.srv6.udt6_function);
  for (const auto& [algorithm, prefix] : config.srv6.blocks) sids += std::format("{} {};", algorithm, prefix);
  for (const auto& [name, site] : config.sites) sids += std::format("{} {} {};", name, site.edge, site.node_id);
  return {.policy = config.hash, .flex_algo = hash_text(algorithms), .sid_map = hash_text(sids)};
}

}  // namespace pathwise::router::control
