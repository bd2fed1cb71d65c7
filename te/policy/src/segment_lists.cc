// SPDX-License-Identifier: Apache-2.0
// PolicyEngine's part for explicit paths: several segment lists, each measured by itself.
#include "base/format.h"
#include "engine_step.h"

namespace pathwise::te {

// A list that cannot be packed is a mistake of the configuration: it is named, and the others are used.
void PolicyEngine::check_explicit(const PeerTierIntent& peer, const ExplicitIntent& path, const Step& step,
                                  CandidatePathState& state) const {
  if (path.lists.empty()) state.reason = formatted("no explicit path is configured to {}", peer.site);
  for (const ExplicitIntent::List& wanted : path.lists) {
    SegmentListState list{.segments = {}, .weight = wanted.weight, .reason = {}, .nodes = {}, .measured = {}};
    const auto segments = segments_to(*sids_, wanted.segments, peer.edge_node_id);
    auto packed = segments ? pack_carriers(*sids_, *segments, true) : std::unexpected(segments.error());
    if (packed) {
      list.segments = std::move(*packed);
      state.valid = true;
      if (step.inputs.network != nullptr) {
        if (auto traced = step.inputs.network->trace(intent_->srv6->edge, list.segments)) {
          list.nodes = std::move(traced->nodes);
        }
      }
    } else {
      list.reason = packed.error().message;
      state.reason = list.reason;
    }
    state.lists.push_back(std::move(list));
  }
  if (state.valid) state.reason.clear();
}

void PolicyEngine::check_lists(const PeerTierIntent& peer, std::size_t index, const Step& step,
                               CandidatePathState& state) const {
  const CandidateIntent& candidate = peer.candidates[index];
  const ExplicitIntent& path = *explicit_of(candidate);
  for (std::size_t i = 0; i < state.lists.size(); ++i) {
    SegmentListState& list = state.lists[i];
    if (list.segments.empty()) continue;
    const Ipv6Address& target = i == 0 ? candidate.probe_address : path.probes[i - 1].remote;
    const auto refused = step.inputs.not_installed.find({target, 128});
    const auto probe = step.inputs.probes.find({peer.site, peer.tier, index, i});
    if (refused != step.inputs.not_installed.end()) {
      list.reason = "route not installed: " + refused->second;
    } else if (probe == step.inputs.probes.end()) {
      list.reason = "not measured yet";
    } else {
      list.alive = probe->second.alive;
      list.measured = probe->second.measured;
      list.reason = probe->second.alive ? "" : probe->second.reason;
    }
    if (!list.alive && state.reason.empty()) state.reason = list.reason;
    state.alive = state.alive || list.alive;
  }
  if (state.alive) state.reason.clear();
}

// Which of the lists that are alive carry traffic. The first to come alive do at once, those that come (back)
// later after the hold-down.
void PolicyEngine::use_lists(Candidate& candidate, CandidatePathState& state, Step& step) const {
  candidate.lists.resize(state.lists.size());
  bool any = false;
  for (std::size_t i = 0; i < state.lists.size(); ++i) {
    ListMemory& memory = candidate.lists[i];
    if (!state.lists[i].alive) {
      memory = {};
      continue;
    }
    if (!memory.alive_since) memory.alive_since = step.now.steady;
    memory.used = memory.used || *memory.alive_since + params_.hold_down <= step.now.steady;
    if (!memory.used) step.wake_at(*memory.alive_since + params_.hold_down);
    any = any || memory.used;
  }
  const SegmentListState* heaviest = nullptr;
  for (std::size_t i = 0; i < state.lists.size(); ++i) {
    SegmentListState& list = state.lists[i];
    if (!any && list.alive) candidate.lists[i].used = true;
    list.used = candidate.lists[i].used;
    if (!list.used) continue;
    if (heaviest == nullptr || list.weight > heaviest->weight) heaviest = &list;
    if (list.measured.rtt_p50 >= state.measured.rtt_p50) state.measured = list.measured;
  }
  if (heaviest == nullptr) return;
  state.segments = heaviest->segments;
  state.nodes = heaviest->nodes;
}

// Each list by its own pair of addresses. The peer may have more lists towards us than we have towards it, or we
// none at all: its probes' answers then take one of ours, or the shortest path.
void PolicyEngine::add_list_probes(const PeerTierIntent& peer, std::size_t index, const CandidatePathState& state,
                                   Step& step) const {
  const CandidateIntent& candidate = peer.candidates[index];
  std::vector<ProbePair> pairs{{own_probe_address(peer, index), candidate.probe_address}};
  const auto& further = explicit_of(candidate)->probes;
  pairs.insert(pairs.end(), further.begin(), further.end());
  std::vector<FibPath> ways;
  for (std::size_t i = 0; i < state.lists.size(); ++i) {
    if (state.lists[i].segments.empty()) continue;
    ways.push_back(over(state.lists[i].segments));
    add_probe({peer.site, peer.tier, index, i}, pairs[i], ways.back(), step);
  }
  if (ways.empty()) {
    const auto shortest = sids_ ? sids_->udt6_sid(kAlgorithmSpf, peer.edge_node_id) : std::nullopt;
    if (!shortest || peer.edge.empty()) return;
    ways.push_back(over({*shortest}));
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (step.out.fib.routes.contains({pairs[i].remote, 128})) continue;
    step.out.fib.routes[{pairs[i].remote, 128}] = route_over(ways[i % ways.size()], pairs[i].local);
  }
}

}  // namespace pathwise::te
