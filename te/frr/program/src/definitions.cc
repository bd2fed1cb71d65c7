// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/program/definitions.h"

#include "base/format.h"

namespace pathwise::te {
namespace {

Result<AdminGroups> groups_of(const policy::FabricConfig& fabric, const std::vector<std::string>& names) {
  AdminGroups groups;
  for (const std::string& name : names) {
    const auto at = fabric.affinities.find(name);
    if (at == fabric.affinities.end()) return fail(ErrorCode::kInvalidArgument, "affinity '{}' is not defined", name);
    groups.set(at->second);
  }
  return groups;
}

Result<MetricType> metric_of(const std::string& name) {
  if (name == "igp") return MetricType::kIgp;
  if (name == "min-delay") return MetricType::kMinDelay;
  if (name == "te") return MetricType::kTe;
  return fail(ErrorCode::kInvalidArgument, "metric '{}': must be igp, min-delay or te", name);
}

Result<FlexAlgoDefinition> definition_of(const policy::FabricConfig& fabric, const policy::FlexAlgoConfig& config) {
  FlexAlgoDefinition out{.algorithm = config.algorithm};
  const auto metric = metric_of(config.metric);
  if (!metric) return std::unexpected(metric.error());
  out.metric = *metric;
  for (const auto& [names, groups] : {std::pair{&config.exclude_any, &out.exclude_any},
                                      {&config.include_any, &out.include_any},
                                      {&config.include_all, &out.include_all}}) {
    const auto found = groups_of(fabric, *names);
    if (!found) return std::unexpected(found.error());
    *groups = *found;
  }
  out.exclude_srlg = config.exclude_srlg;
  out.priority = config.priority;
  if (!fabric.srv6.blocks.contains(config.algorithm)) {
    return fail(ErrorCode::kInvalidArgument, "it has no block in srv6.blocks");
  }
  return out;
}

}  // namespace

Result<std::vector<FlexAlgoDefinition>> flex_algo_definitions(const policy::FabricConfig& fabric) {
  std::vector<FlexAlgoDefinition> list;
  for (const auto& [algorithm, config] : fabric.flex_algos) {
    auto definition = definition_of(fabric, config);
    if (!definition) return std::unexpected(definition.error().within(formatted("flex_algos: {}", algorithm)));
    list.push_back(*definition);
  }
  return list;
}

Result<SidMap> sid_map_of(const policy::FabricConfig& fabric) {
  return SidMap::create(fabric.srv6.blocks, fabric.srv6.udt6_function, fabric.srv6.ua_function);
}

std::map<NodeName, NodeId> edge_node_ids(const policy::FabricConfig& fabric) {
  std::map<NodeName, NodeId> ids;
  for (const auto& [name, site] : fabric.sites) {
    if (!site.edge.empty() && site.node_id != NodeId(0)) ids.emplace(site.edge, site.node_id);
  }
  return ids;
}

}  // namespace pathwise::te
