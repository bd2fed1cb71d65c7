// SPDX-License-Identifier: Apache-2.0
#include "te/policy/engine.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/format.h"

namespace pathwise::te {
namespace {

// Candidates by preference, best first; equal ones in the intent's order.
std::vector<std::size_t> ranking(const PeerTierIntent& peer) {
  std::vector<std::size_t> order(peer.candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return peer.candidates[i].preference; });
  return order;
}

// A strict tier has no fallback: neither best effort nor underlay stands in for a better path.
bool allowed(const PeerTierIntent& peer, std::size_t index, std::size_t best) {
  if (!peer.strict || index == best) return true;
  const PathOrigin origin = origin_of(peer.candidates[index].kind);
  return origin == PathOrigin::kPcep || origin == PathOrigin::kFlexAlgo;
}

bool usable(const CandidatePathState& candidate) {
  return candidate.valid && candidate.alive;
}

std::string name_of(const CandidatePathState& candidate) {
  return candidate.origin == PathOrigin::kFlexAlgo ? formatted("flex-algo {}", candidate.algorithm)
                                                   : std::string(to_string(candidate.origin));
}

std::optional<Ipv6Address> gateway_of(const CandidateKind& kind) {
  const auto* underlay = std::get_if<UnderlayIntent>(&kind);
  return underlay != nullptr ? underlay->gateway : std::nullopt;
}

}  // namespace

struct PolicyEngine::Step {
  const EngineInputs& inputs;
  EngineTime now;
  EngineOutput& out;

  void wake_at(SteadyTime when) { out.wake = out.wake ? std::min(*out.wake, when) : when; }
};

Result<void> PolicyEngine::set_intent(TeIntent intent) {
  if (auto good = validate(intent); !good) return good;
  std::optional<SidMap> sids;
  if (intent.srv6) {
    auto map = SidMap::create(intent.srv6->blocks, intent.srv6->udt6_function, intent.srv6->ua_function);
    if (!map) return std::unexpected(map.error());
    sids = std::move(*map);
  }
  std::map<PolicyKey, Policy> policies;
  for (const PeerTierIntent& peer : intent.peers) {
    const PolicyKey key{peer.site, peer.tier};
    const auto known = policies_.find(key);
    const PeerTierIntent* before = nullptr;
    if (known != policies_.end()) {
      before = &*std::ranges::find_if(intent_->peers,
                                      [&](const auto& p) { return p.site == peer.site && p.tier == peer.tier; });
    }
    Policy policy = known != policies_.end() ? std::move(known->second) : Policy{};
    policy.candidates.resize(peer.candidates.size());
    for (std::size_t i = 0; i < peer.candidates.size(); ++i) {
      if (before != nullptr && i < before->candidates.size() && before->candidates[i] == peer.candidates[i]) continue;
      policy.candidates[i] = {};
    }
    if (policy.active && (*policy.active >= peer.candidates.size() ||
                          before->candidates[*policy.active] != peer.candidates[*policy.active])) {
      policy.replaced = describe(before->candidates[*policy.active].kind);
      policy.active.reset();
    }
    policies.emplace(key, std::move(policy));
  }
  policies_ = std::move(policies);
  sids_ = std::move(sids);
  intent_ = std::move(intent);
  return {};
}

EngineOutput PolicyEngine::step(const EngineInputs& inputs, EngineTime now) {
  EngineOutput out;
  auto snapshot = std::make_shared<PathSnapshot>();
  snapshot->version = ++version_;
  snapshot->pcep_sessions = inputs.pcep_sessions;
  snapshot->topology_state = inputs.topology_state;
  snapshot->topology_version = inputs.topology_version;
  if (intent_) {
    snapshot->intent_revision = intent_->revision;
    age_adopted(now);
    add_own_side(out.fib);
    Step step{.inputs = inputs, .now = now, .out = out};
    for (const PeerTierIntent& peer : intent_->peers) {
      Policy& policy = policies_.at({peer.site, peer.tier});
      PathState path{.site = peer.site, .tier = peer.tier, .color = peer.color};
      for (std::size_t i = 0; i < peer.candidates.size(); ++i) path.candidates.push_back(evaluate(peer, i, step));
      choose(policy, peer, path, step);
      remember(policy, path, peer, step);
      add_routes(peer, path, step);
      snapshot->paths.push_back(std::move(path));
    }
    std::ranges::sort(snapshot->paths, {}, [](const PathState& path) { return std::tie(path.site, path.tier); });
  }
  out.snapshot = std::move(snapshot);
  return out;
}

CandidatePathState PolicyEngine::evaluate(const PeerTierIntent& peer, std::size_t index, const Step& step) const {
  const CandidateIntent& candidate = peer.candidates[index];
  CandidatePathState state{.preference = candidate.preference,
                           .origin = origin_of(candidate.kind),
                           .algorithm = algorithm_of(candidate.kind)};
  check_validity(peer, index, step, state);
  if (state.valid) check_liveness(peer, index, step, state);
  return state;
}

void PolicyEngine::check_validity(const PeerTierIntent& peer, std::size_t index, const Step& step,
                                  CandidatePathState& state) const {
  if (state.origin == PathOrigin::kUnderlay) {
    state.valid = true;
  } else if (!sids_) {
    state.reason = "this site has no SRv6";
  } else if (peer.edge.empty()) {
    state.reason = formatted("{} has no SRv6 edge router", peer.site);
  } else if (state.origin == PathOrigin::kPcep) {
    check_lsp(peer, index, step, state);
  } else {
    check_algorithm(peer, step, state);
  }
}

void PolicyEngine::check_algorithm(const PeerTierIntent& peer, const Step& step, CandidatePathState& state) const {
  const auto sid = sids_->udt6_sid(state.algorithm, peer.edge_node_id);
  if (!sid) {
    state.reason = formatted("algorithm {} has no SRv6 block", state.algorithm);
    return;
  }
  state.segments = {*sid};
  state.nodes = {intent_->srv6->edge, peer.edge};
  state.valid = true;
  if (step.inputs.network == nullptr) return;
  const auto path = step.inputs.network->shortest(state.algorithm, intent_->srv6->edge, peer.edge);
  if (path) {
    state.nodes = path->nodes;
    state.computed_delay = path->delay;
  } else if (path.error().code != ErrorCode::kUnavailable) {
    state.valid = false;
    state.reason = path.error().message;
  }
}

void PolicyEngine::check_lsp(const PeerTierIntent& peer, std::size_t index, const Step& step,
                             CandidatePathState& state) const {
  const auto found = step.inputs.lsps.find(lsp_name(peer, index));
  if (found == step.inputs.lsps.end() || found->second.segments.empty()) {
    const bool told = found != step.inputs.lsps.end() && !found->second.reason.empty();
    state.reason = told ? found->second.reason : "no path from a PCE yet";
    return;
  }
  const LspState& lsp = found->second;
  state.valid = true;
  state.segments = lsp.segments;
  state.computed_delay = lsp.computed_delay;
  state.reserved_bandwidth = lsp.reserved;
  if (step.inputs.network == nullptr) return;
  if (auto path = step.inputs.network->trace(intent_->srv6->edge, lsp.segments)) {
    state.nodes = std::move(path->nodes);
    if (!state.computed_delay) state.computed_delay = path->delay;
  }
}

void PolicyEngine::check_liveness(const PeerTierIntent& peer, std::size_t index, const Step& step,
                                  CandidatePathState& state) const {
  const Ipv6Address& target = peer.candidates[index].probe_address;
  const auto refused = step.inputs.not_installed.find({target, 128});
  if (refused != step.inputs.not_installed.end()) {
    state.reason = "route not installed: " + refused->second;
    return;
  }
  const auto probe = step.inputs.probes.find({peer.site, peer.tier, index});
  if (target.is_unspecified()) {  // nothing to measure it by
    state.alive = true;
  } else if (probe == step.inputs.probes.end()) {
    state.reason = "not measured yet";
  } else {
    state.alive = probe->second.alive;
    state.measured = probe->second.measured;
    state.reason = probe->second.alive ? "" : probe->second.reason;
  }
}

void PolicyEngine::choose(Policy& policy, const PeerTierIntent& peer, const PathState& path, Step& step) {
  const auto order = ranking(peer);
  for (std::size_t i = 0; i < path.candidates.size(); ++i) {
    Candidate& candidate = policy.candidates[i];
    if (!usable(path.candidates[i]) || !allowed(peer, i, order.front())) {
      candidate.usable_since.reset();
    } else if (!candidate.usable_since) {
      candidate.usable_since = step.now.steady;
    }
  }
  const bool current_good = policy.active && policy.candidates[*policy.active].usable_since;
  for (const std::size_t i : order) {
    const auto& since = policy.candidates[i].usable_since;
    if (!since) continue;
    if (policy.active == i) return;
    if (!current_good || *since + params_.hold_down <= step.now.steady) return move(policy, i, path, step);
    step.wake_at(*since + params_.hold_down);
  }
  if (policy.active || !policy.replaced.empty()) move(policy, std::nullopt, path, step);
}

void PolicyEngine::move(Policy& policy, std::optional<std::size_t> to, const PathState& path, Step& step) {
  std::string why;
  std::string left = std::exchange(policy.replaced, {});
  if (!left.empty()) {
    why = formatted("a new intent replaced {}", left);
  } else if (policy.active) {
    const CandidatePathState& from = path.candidates[*policy.active];
    left = name_of(from);
    why = usable(from) ? formatted("a better path than {} is usable", name_of(from))
                       : formatted("{} failed: {}", name_of(from), from.reason);
  } else {
    why = "a path is alive";
  }
  policy.reason =
      to ? formatted("{}; on {}", why, name_of(path.candidates[*to])) : formatted("{}; no path is left", why);
  policy.active = to;
  policy.since = step.now.wall;
  ++policy.transitions;
  if (policy.history.size() >= kPathHistory) policy.history.pop_front();
  policy.history.push_back({.at = step.now.wall,
                            .from = std::move(left),
                            .to = to ? name_of(path.candidates[*to]) : "",
                            .reason = policy.reason});
  step.out.transitions.push_back(formatted("{} {}: {}", path.site, path.tier, policy.reason));
}

std::vector<PathHistory> PolicyEngine::history() const {
  std::vector<PathHistory> result;
  result.reserve(policies_.size());
  for (const auto& [key, policy] : policies_) {
    result.push_back({.site = key.first,
                      .tier = key.second,
                      .transitions = policy.transitions,
                      .recent = {policy.history.begin(), policy.history.end()}});
  }
  return result;
}

// Copies what lasts from step to step into the path, and notes which segments are installed since when.
void PolicyEngine::remember(Policy& policy, PathState& path, const PeerTierIntent& peer, const Step& step) {
  if (policy.since == SystemTime{}) policy.since = step.now.wall;
  for (std::size_t i = 0; i < path.candidates.size(); ++i) {
    Candidate& candidate = policy.candidates[i];
    CandidatePathState& state = path.candidates[i];
    if (state.valid && (!candidate.was_valid || candidate.segments != state.segments)) {
      candidate.segments = state.segments;
      candidate.installed = step.now.wall;
    }
    candidate.was_valid = state.valid;
    if (state.valid) state.installed = candidate.installed;
  }
  path.active = policy.active;
  path.since = policy.since;
  path.reason = policy.reason;
  path.transitions = policy.transitions;
  const bool preferred = policy.active == ranking(peer).front();
  path.status = !policy.active ? PathStatus::kDown : preferred ? PathStatus::kUp : PathStatus::kDegraded;
}

void PolicyEngine::age_adopted(EngineTime now) {
  if (adopted_.empty()) return;
  if (!adopted_until_) adopted_until_ = now.steady + params_.adoption;
  if (now.steady >= *adopted_until_) adopted_.clear();
}

void PolicyEngine::add_routes(const PeerTierIntent& peer, const PathState& path, Step& step) {
  for (std::size_t i = 0; i < path.candidates.size(); ++i) {
    const CandidateIntent& candidate = peer.candidates[i];
    if (!path.candidates[i].valid || candidate.probe_address.is_unspecified()) continue;
    const FibPath way{.segments = path.candidates[i].segments, .gateway = gateway_of(candidate.kind)};
    const Ipv6Address source = own_probe_address(peer, i);
    step.out.fib.routes[{candidate.probe_address, 128}] = {.path = way, .source = source};
    step.out.probes[{peer.site, peer.tier, i}] = {
        .local = source, .remote = candidate.probe_address, .segments = way.segments};
  }
  if (!path.active) {
    const auto adopted = adopted_.find(peer.prefix);
    if (adopted == adopted_.end()) return;  // the unreachable aggregate answers
    step.out.fib.routes[peer.prefix] = {.path = adopted->second, .source = peer.local_address};
    step.out.settled = false;
    step.wake_at(*adopted_until_);
    return;
  }
  adopted_.erase(peer.prefix);
  const FibPath way{.segments = path.candidates[*path.active].segments,
                    .gateway = gateway_of(peer.candidates[*path.active].kind)};
  step.out.fib.routes[peer.prefix] = {.path = way, .source = peer.local_address};
}

void PolicyEngine::add_own_side(DesiredFib& fib) const {
  fib.unreachable = intent_->tier_aggregate;
  for (const OwnTierIntent& own : intent_->own_tiers) {
    fib.addresses.push_back(own.address);
    fib.addresses.insert(fib.addresses.end(), own.probe_addresses.begin(), own.probe_addresses.end());
  }
}

// Ours of the same candidate, so that the answer comes back over the peer's same candidate.
Ipv6Address PolicyEngine::own_probe_address(const PeerTierIntent& peer, std::size_t index) const {
  const auto own = std::ranges::find(intent_->own_tiers, peer.tier, &OwnTierIntent::tier);
  if (own == intent_->own_tiers.end() || index >= own->probe_addresses.size()) return peer.local_address;
  return own->probe_addresses[index];
}

}  // namespace pathwise::te
