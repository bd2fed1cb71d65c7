// SPDX-License-Identifier: Apache-2.0
#include "hashes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string>

#include "base/format.h"

namespace pathwise::router::control {

namespace {

std::string hash_text(const std::string& text) {
  return formatted("{:016x}", XXH3_64bits(text.data(), text.size()));
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
    algorithms += formatted("{} {} -{} ?{} +{};", algorithm, each.metric, joined(each.exclude_any),
                            joined(each.include_any), joined(each.include_all));
    // Nothing if they are not written: routers of a release without them agree.
    if (each.priority != policy::FlexAlgoConfig{}.priority) algorithms += formatted("priority {};", each.priority);
    for (const std::uint32_t group : each.exclude_srlg) algorithms += formatted("-srlg {};", group);
  }
  for (const auto& [name, bit] : config.affinities) algorithms += formatted("{}={};", name, bit);
  std::string sids = formatted("{:x} {:x};", config.srv6.udt6_function, config.srv6.ua_function);
  for (const auto& [algorithm, prefix] : config.srv6.blocks) sids += formatted("{} {};", algorithm, prefix);
  for (const auto& [name, site] : config.sites) sids += formatted("{} {} {};", name, site.edge, site.node_id);
  return {.policy = config.hash, .flex_algo = hash_text(algorithms), .sid_map = hash_text(sids)};
}

}  // namespace pathwise::router::control
