// SPDX-License-Identifier: Apache-2.0
#include "pcep/daemon/fabric.h"

#include "policy/fabric_config.h"

namespace pathwise::pcep {
namespace {

te::AdminGroups groups_of(const std::vector<std::string>& names, const policy::FabricConfig& fabric) {
  te::AdminGroups groups;
  for (const std::string& name : names)
    if (const auto at = fabric.affinities.find(name); at != fabric.affinities.end()) groups.set(at->second);
  return groups;
}

te::MetricType metric_of(const std::string& name) {
  if (name == "min-delay") return te::MetricType::kMinDelay;
  if (name == "te") return te::MetricType::kTe;
  return te::MetricType::kIgp;
}

}  // namespace

Result<PceFabric> load_pce_fabric(const std::string& path) {
  const Result<policy::FabricConfig> fabric = policy::load_fabric(path);
  if (!fabric) return std::unexpected(fabric.error());
  Result<te::SidMap> sids =
      te::SidMap::create(fabric->srv6.blocks, fabric->srv6.udt6_function, fabric->srv6.ua_function);
  if (!sids) return std::unexpected(sids.error().within(path));
  PceFabric out{std::move(*sids), {te::FlexAlgoDefinition{}}};
  for (const auto& [algorithm, definition] : fabric->flex_algos) {
    if (!fabric->srv6.blocks.contains(algorithm)) continue;
    out.algorithms.push_back({.algorithm = algorithm,
                              .metric = metric_of(definition.metric),
                              .exclude_any = groups_of(definition.exclude_any, *fabric),
                              .include_any = groups_of(definition.include_any, *fabric),
                              .include_all = groups_of(definition.include_all, *fabric),
                              .exclude_srlg = definition.exclude_srlg,
                              .priority = definition.priority});
  }
  return out;
}

}  // namespace pathwise::pcep
