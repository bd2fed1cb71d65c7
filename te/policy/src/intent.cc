// SPDX-License-Identifier: Apache-2.0
#include "te/policy/intent.h"

#include <set>

#include "base/format.h"

namespace pathwise::te {
namespace {

std::vector<Ipv6Address> probe_addresses(const CandidateIntent& candidate) {
  std::vector<Ipv6Address> addresses{candidate.probe_address};
  if (const auto* path = std::get_if<ExplicitIntent>(&candidate.kind)) {
    for (const ProbePair& pair : path->probes) addresses.push_back(pair.remote);
  }
  return addresses;
}

std::string check_explicit(const ExplicitIntent& path) {
  if (path.lists.size() > kMaxSegmentLists) return formatted("more than {} segment lists", kMaxSegmentLists);
  if (path.lists.size() > path.probes.size() + 1) return "fewer probe addresses than segment lists";
  for (const ExplicitIntent::List& list : path.lists) {
    if (list.segments.empty()) return "a segment list without segments";
    if (list.weight == 0) return "a segment list of weight 0";
  }
  return {};
}

Result<void> check_peer(const TeIntent& intent, const PeerTierIntent& peer) {
  const std::string where = formatted("path to {} for tier {}", peer.site, peer.tier);
  const auto wrong = [&](std::string_view what) { return fail(ErrorCode::kInvalidArgument, "{}: {}", where, what); };
  if (peer.site == intent.site) return wrong("is a path to this site itself");
  if (intent.tier_aggregate && !intent.tier_aggregate->contains(peer.prefix)) {
    return wrong(formatted("prefix {} is outside the tier aggregate {}", peer.prefix, *intent.tier_aggregate));
  }
  if (!peer.prefix.contains(peer.address))
    return wrong(formatted("address {} is outside {}", peer.address, peer.prefix));
  if (peer.candidates.empty()) return wrong("has no candidate path");
  if (peer.candidates.size() > kMaxCandidates) return wrong(formatted("more than {} candidate paths", kMaxCandidates));
  std::set<Ipv6Address> probes;
  for (const CandidateIntent& candidate : peer.candidates) {
    for (const Ipv6Address& probe : probe_addresses(candidate)) {
      if (probe.is_unspecified()) continue;
      if (!peer.prefix.contains(probe) || probe == peer.address) {
        return wrong(formatted("probe address {} must be in {} and another than {}", probe, peer.prefix, peer.address));
      }
      if (!probes.insert(probe).second) return wrong(formatted("probe address {} twice", probe));
    }
    if (const auto* path = std::get_if<ExplicitIntent>(&candidate.kind)) {
      if (const std::string problem = check_explicit(*path); !problem.empty()) return wrong(problem);
    }
  }
  return {};
}

Result<void> check_own(const TeIntent& intent) {
  for (const OwnTierIntent& own : intent.own_tiers) {
    if (!own.prefix.contains(own.address)) {
      return fail(ErrorCode::kInvalidArgument, "tier {}: own address {} is outside {}", own.tier, own.address,
                  own.prefix);
    }
    for (const Ipv6Address& probe : own.probe_addresses) {
      if (own.prefix.contains(probe)) continue;
      return fail(ErrorCode::kInvalidArgument, "tier {}: probe address {} is outside {}", own.tier, probe, own.prefix);
    }
    for (const PeerTierIntent& peer : intent.peers) {
      if (!own.prefix.contains(peer.prefix) && !peer.prefix.contains(own.prefix)) continue;
      return fail(ErrorCode::kInvalidArgument, "path to {} for tier {}: prefix {} overlaps our own {}", peer.site,
                  peer.tier, peer.prefix, own.prefix);
    }
  }
  return {};
}

}  // namespace

PathOrigin origin_of(const CandidateKind& kind) {
  if (std::holds_alternative<PcepIntent>(kind)) return PathOrigin::kPcep;
  if (std::holds_alternative<FlexAlgoIntent>(kind)) return PathOrigin::kFlexAlgo;
  if (std::holds_alternative<ExplicitIntent>(kind)) return PathOrigin::kExplicit;
  return std::holds_alternative<BestEffortIntent>(kind) ? PathOrigin::kBestEffort : PathOrigin::kUnderlay;
}

Algorithm algorithm_of(const CandidateKind& kind) {
  const auto* flex_algo = std::get_if<FlexAlgoIntent>(&kind);
  return flex_algo != nullptr ? flex_algo->algorithm : kAlgorithmSpf;
}

std::string describe(const CandidateKind& kind) {
  if (const auto* flex_algo = std::get_if<FlexAlgoIntent>(&kind))
    return formatted("flex-algo {}", flex_algo->algorithm);
  return std::string(to_string(origin_of(kind)));
}

Result<void> validate(const TeIntent& intent) {
  if (intent.peers.size() > kMaxPeerTiers) {
    return fail(ErrorCode::kResourceExhausted, "intent has {} paths; at most {} are taken", intent.peers.size(),
                kMaxPeerTiers);
  }
  if (auto own = check_own(intent); !own) return own;
  std::set<std::pair<SiteName, TierName>> names;
  std::map<Ipv6Prefix, const PeerTierIntent*> prefixes;
  for (const PeerTierIntent& peer : intent.peers) {
    if (auto good = check_peer(intent, peer); !good) return good;
    if (!names.emplace(peer.site, peer.tier).second) {
      return fail(ErrorCode::kInvalidArgument, "two paths to {} for tier {}", peer.site, peer.tier);
    }
    const auto [other, added] = prefixes.emplace(peer.prefix, &peer);
    if (added) continue;
    return fail(ErrorCode::kInvalidArgument, "prefix {} is that of {} {} and of {} {}", peer.prefix,
                other->second->site, other->second->tier, peer.site, peer.tier);
  }
  return {};
}

std::string lsp_name(const PeerTierIntent& peer, std::size_t candidate) {
  std::string name = formatted("{}-{}", peer.site, peer.tier);
  for (std::size_t i = 0; i < candidate; ++i) {
    if (std::holds_alternative<PcepIntent>(peer.candidates[i].kind)) return formatted("{}-{}", name, candidate);
  }
  return name;
}

}  // namespace pathwise::te
