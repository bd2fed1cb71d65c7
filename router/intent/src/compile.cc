// SPDX-License-Identifier: Apache-2.0
#include "router/intent/compile.h"

#include <algorithm>
#include <type_traits>

namespace pathwise::router::intent {

namespace {

constexpr std::uint32_t kHighestPreference = 400;  // of a tier's first path; RFC 9256's default is 100
constexpr std::uint32_t kPreferenceStep = 10;

std::uint64_t admin_group_bits(const policy::FabricConfig& fabric, const std::vector<std::string>& affinities) {
  std::uint64_t bits = 0;
  for (const std::string& name : affinities) {
    const auto found = fabric.affinities.find(name);
    if (found != fabric.affinities.end() && found->second < 64) bits |= 1ull << found->second;
  }
  return bits;
}

te::AdminGroups admin_groups(const policy::FabricConfig& fabric, const std::vector<std::string>& affinities) {
  te::AdminGroups groups;
  for (const std::string& name : affinities) {
    if (const auto found = fabric.affinities.find(name); found != fabric.affinities.end()) groups.set(found->second);
  }
  return groups;
}

te::IntentObjective objective_of(policy::Optimise optimise) {
  switch (optimise) {
    case policy::Optimise::kIgp:
      return te::IntentObjective::kIgp;
    case policy::Optimise::kTe:
      return te::IntentObjective::kTe;
    case policy::Optimise::kDelay:
      break;
  }
  return te::IntentObjective::kDelay;
}

te::MetricType metric_of(const std::string& metric) {
  if (metric == "min-delay") return te::MetricType::kMinDelay;
  return metric == "te" ? te::MetricType::kTe : te::MetricType::kIgp;
}

// Where the probes of a tier's k-th path run, between our own router and the peer's.
struct ProbeSlots {
  const Ipv6Prefix& own_prefix;
  std::size_t own_router;
  const Ipv6Prefix& peer_prefix;
  std::size_t peer_router;
  std::size_t path;

  [[nodiscard]] te::ProbePair of_list(std::size_t list) const {
    return {policy::FabricConfig::probe_address(own_prefix, own_router, path, list),
            policy::FabricConfig::probe_address(peer_prefix, peer_router, path, list)};
  }
};

te::ExplicitIntent explicit_of(const policy::ExplicitPath& path, const SiteName& from, const SiteName& to,
                               const ProbeSlots& slots) {
  te::ExplicitIntent intent;
  for (const auto* list : path.between(from, to)) intent.lists.push_back({list->segments, list->weight});
  for (std::size_t list = 1; list < path.most_lists(); ++list) intent.probes.push_back(slots.of_list(list));
  return intent;
}

te::CandidateKind kind_of(const policy::FabricConfig& fabric, const policy::SiteConfig& own, const SiteName& peer,
                          const policy::PathConfig& path, const ProbeSlots& slots) {
  return std::visit(
      [&](const auto& each) -> te::CandidateKind {
        using Path = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<Path, policy::PcepPath>) {
          return te::PcepIntent{.optimise = objective_of(each.optimise),
                                .max_delay = each.max_delay,
                                .bandwidth = each.bandwidth,
                                .exclude_any = admin_group_bits(fabric, each.exclude_any),
                                .source = own.edge_address};
        } else if constexpr (std::is_same_v<Path, policy::FlexAlgoPath>) {
          return te::FlexAlgoIntent{each.algorithm};
        } else if constexpr (std::is_same_v<Path, policy::ExplicitPath>) {
          return explicit_of(each, own.name, peer, slots);
        } else if constexpr (std::is_same_v<Path, policy::UnderlayPath>) {
          return te::UnderlayIntent{};
        } else {
          return te::BestEffortIntent{};
        }
      },
      path);
}

// The tier's candidates towards one site. Between sites without SRv6 on both ends only the underlay is left.
std::vector<te::CandidateIntent> candidates(const policy::FabricConfig& fabric, const policy::SiteConfig& own,
                                            const policy::SiteConfig& peer, const policy::TierConfig& tier,
                                            ProbeSlots slots) {
  std::vector<te::CandidateIntent> list;
  const bool srv6 = !own.edge.empty() && !peer.edge.empty();
  std::uint32_t preference = kHighestPreference;
  for (std::size_t k = 0; k < tier.paths.size(); ++k, preference -= kPreferenceStep) {
    if (!srv6 && !std::holds_alternative<policy::UnderlayPath>(tier.paths[k])) continue;
    slots.path = k;
    list.push_back({.preference = preference,
                    .probe_address = slots.of_list(0).remote,
                    .kind = kind_of(fabric, own, peer.name, tier.paths[k], slots)});
  }
  if (list.empty() && !srv6) {
    slots.path = tier.paths.size();
    list.push_back({.preference = preference, .probe_address = slots.of_list(0).remote, .kind = te::UnderlayIntent{}});
  }
  return list;
}

std::optional<te::Srv6Intent> srv6_of(const policy::FabricConfig& fabric, const policy::SiteConfig& own) {
  if (own.edge.empty()) return std::nullopt;
  te::Srv6Intent srv6{.blocks = fabric.srv6.blocks,
                      .udt6_function = fabric.srv6.udt6_function,
                      .ua_function = fabric.srv6.ua_function,
                      .path_mtu = fabric.srv6.path_mtu,
                      .edge = own.edge,
                      .edge_node_id = own.node_id};
  for (const auto& [algorithm, config] : fabric.flex_algos) {
    srv6.flex_algos.push_back({.algorithm = algorithm,
                               .metric = metric_of(config.metric),
                               .exclude_any = admin_groups(fabric, config.exclude_any),
                               .include_any = admin_groups(fabric, config.include_any),
                               .include_all = admin_groups(fabric, config.include_all),
                               .exclude_srlg = config.exclude_srlg,
                               .priority = config.priority});
  }
  return srv6;
}

te::OwnTierIntent own_tier(const policy::TierConfig& tier, const Ipv6Prefix& prefix, std::size_t router) {
  te::OwnTierIntent own{
      .tier = tier.name, .prefix = prefix, .address = policy::FabricConfig::router_address(prefix, router)};
  // One more than the tier has paths: a peer without SRv6 probes the underlay there.
  for (std::size_t k = 0; k <= tier.paths.size(); ++k) {
    own.probe_addresses.push_back(policy::FabricConfig::probe_address(prefix, router, k));
  }
  for (std::size_t k = 0; k < tier.paths.size(); ++k) {
    const auto* path = std::get_if<policy::ExplicitPath>(&tier.paths[k]);
    for (std::size_t list = 1; path != nullptr && list < path->most_lists(); ++list) {
      own.probe_addresses.push_back(policy::FabricConfig::probe_address(prefix, router, k, list));
    }
  }
  return own;
}

void add_peers(const policy::FabricConfig& fabric, const policy::SiteConfig& own, std::size_t number,
               te::TeIntent& out) {
  for (const auto& [name, peer] : fabric.sites) {
    if (name == own.name) continue;
    for (const policy::TierConfig& tier : fabric.tiers) {
      const auto theirs = peer.prefixes.find(tier.name);
      const auto ours = own.prefixes.find(tier.name);
      if (theirs == peer.prefixes.end() || ours == own.prefixes.end()) continue;
      out.peers.push_back({.site = name,
                           .tier = tier.name,
                           .color = tier.color,
                           .prefix = theirs->second,
                           .address = policy::FabricConfig::router_address(theirs->second, 1),
                           .local_address = policy::FabricConfig::router_address(ours->second, number),
                           .edge = peer.edge,
                           .edge_node_id = peer.node_id,
                           .edge_address = peer.edge_address,
                           .strict = tier.strict,
                           .candidates = candidates(fabric, own, peer, tier,
                                                    {.own_prefix = ours->second,
                                                     .own_router = number,
                                                     .peer_prefix = theirs->second,
                                                     .peer_router = 1,
                                                     .path = 0})});
    }
  }
}

}  // namespace

Result<te::TeIntent> compile(const policy::FabricConfig& fabric, const policy::NodeConfig& node,
                             std::uint64_t revision) {
  const policy::SiteConfig* own = fabric.site(node.site);
  if (own == nullptr) return fail(ErrorCode::kInvalidArgument, "site {} is not in the fabric's sites", node.site);
  const auto router = std::ranges::find(own->routers, node.router);
  if (router == own->routers.end()) {
    return fail(ErrorCode::kInvalidArgument, "router {} is not one of site {}'s routers", node.router, node.site);
  }
  const auto number = static_cast<std::size_t>(router - own->routers.begin()) + 1;
  te::TeIntent intent{.revision = revision,
                      .hash = fabric.hash,
                      .site = node.site,
                      .router = node.router,
                      .srv6 = srv6_of(fabric, *own)};
  if (fabric.tier_aggregate.length > 0) intent.tier_aggregate = fabric.tier_aggregate;
  for (const policy::TierConfig& tier : fabric.tiers) {
    if (const auto prefix = own->prefixes.find(tier.name); prefix != own->prefixes.end()) {
      intent.own_tiers.push_back(own_tier(tier, prefix->second, number));
    }
  }
  add_peers(fabric, *own, number, intent);
  if (auto good = te::validate(intent); !good) return std::unexpected(good.error());
  return intent;
}

}  // namespace pathwise::router::intent
