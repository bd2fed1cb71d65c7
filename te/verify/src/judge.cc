// SPDX-License-Identifier: Apache-2.0
#include "te/verify/judge.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/format.h"
#include "te/algo/encode.h"

namespace pathwise::te {
namespace {

constexpr std::size_t kMaxTrees = 64;  // each holds some 40 bytes a node

std::string_view refusal(std::uint8_t code) {
  // RFC 4443 section 3.1
  static constexpr std::array<std::string_view, 7> kCodes{
      "no route",       "prohibited",    "beyond the source address's scope", "address unreachable", "port unreachable",
      "source refused", "route rejected"};
  return code < kCodes.size() ? kCodes[code] : "unreachable";
}

}  // namespace

std::string_view to_string(VerifyVerdict verdict) {
  switch (verdict) {
    case VerifyVerdict::kAsIntended:
      return "as intended";
    case VerifyVerdict::kDeviates:
      return "deviates";
    case VerifyVerdict::kIncomplete:
      return "incomplete";
    case VerifyVerdict::kNotCompared:
      return "not compared";
    case VerifyVerdict::kNotProbed:
      return "not probed";
  }
  return "unknown";
}

NodeAddresses::NodeAddresses(const TopologySnapshot& topology) {
  std::set<std::uint8_t, std::greater<>> lengths;
  for (NodeIndex node = 0; node < topology.nodes.size(); ++node) {
    add(topology.nodes[node].router_id6, node);
    for (const auto& [algorithm, prefix] : topology.nodes[node].locators) {
      const auto [at, fresh] = locators_.try_emplace(prefix, node);
      if (!fresh && at->second != node) at->second = kNoNode;
      lengths.insert(prefix.length);
    }
  }
  for (const Link& link : topology.links) {
    add(link.local_address, link.from);
    add(link.remote_address, link.to);
  }
  locator_lengths_.assign(lengths.begin(), lengths.end());
}

void NodeAddresses::add(const Ipv6Address& address, NodeIndex node) {
  if (address.is_unspecified()) return;
  const auto [at, fresh] = exact_.try_emplace(address, node);
  if (!fresh && at->second != node) at->second = kNoNode;
}

NodeIndex NodeAddresses::find(const Ipv6Address& address) const {
  if (const auto found = exact_.find(address); found != exact_.end()) return found->second;
  for (const std::uint8_t length : locator_lengths_) {
    const auto found = locators_.find(Ipv6Prefix::masked(address, length));
    if (found != locators_.end()) return found->second;
  }
  return kNoNode;
}

// One path while it is followed.
struct PathJudge::Following {
  std::vector<Segment> segments;
  Places at;  // where the next probe should be seen
  JudgedPath result;
  bool compared = false;
  bool arrived = false;
  std::size_t unknown = 0;  // answers of nobody's addresses
  std::size_t silent = 0;
};

PathJudge::PathJudge(VerifyNetwork network) : network_(std::move(network)) {
  const auto spf = [](const FlexAlgoDefinition& each) { return each.algorithm == kAlgorithmSpf; };
  if (std::ranges::none_of(network_.definitions, spf)) network_.definitions.emplace_back();
  if (!network_.topology) return;
  addresses_.emplace(*network_.topology);
  if (network_.sids) ids_ = NodeIds::from_locators(*network_.topology, *network_.sids);
}

JudgedPath PathJudge::judge(const std::vector<Ipv6Address>& carriers, const PathObservation& observation) {
  Following following;
  auto segments = segments_of(carriers);
  if (segments) {
    following.segments = std::move(*segments);
    following.compared = true;
    following.at = {{.node = network_.topology->find(network_.edge)}};
  } else {
    following.result.detail = segments.error().message;
  }
  for (const HopObservation& seen : observation.hops) judge_hop(following, seen);
  judge_endpoint(following, observation.endpoint);
  conclude(following, observation);
  return std::move(following.result);
}

Result<std::vector<Segment>> PathJudge::segments_of(const std::vector<Ipv6Address>& carriers) const {
  const auto unknown = [](std::string_view why) { return fail(ErrorCode::kUnavailable, "{}", why); };
  if (carriers.empty()) return unknown("the underlay has no intended nodes");
  if (!network_.sids) return unknown("no SRv6 here");
  if (!network_.topology) return unknown("no topology to compare with");
  if (network_.topology->find(network_.edge) == kNoNode) {
    return fail(ErrorCode::kUnavailable, "our edge router {} is not in the topology", network_.edge);
  }
  std::vector<Segment> segments;
  for (const Ipv6Address& carrier : carriers) {
    const auto part = network_.sids->segments_of(carrier);
    if (part.empty()) return fail(ErrorCode::kUnavailable, "carrier {} names no node", carrier);
    segments.insert(segments.end(), part.begin(), part.end());
  }
  for (const Segment& segment : segments) {
    if (definition(segment.algorithm) == nullptr) {
      return fail(ErrorCode::kUnavailable, "algorithm {} is not defined here", segment.algorithm);
    }
    for (const NodeId id : {segment.node, segment.neighbour.value_or(segment.node)}) {
      if (ids_->node(id) == kNoNode) {
        return fail(ErrorCode::kUnavailable, "node id {:x} is in no locator of the topology", id.value());
      }
    }
  }
  return segments;
}

void PathJudge::judge_hop(Following& following, const HopObservation& seen) {
  JudgedHop& hop = following.result.hops.emplace_back(JudgedHop{.seen = seen});
  for (const Place& place : following.at) {
    if (place.node != kNoNode) hop.intended.push_back(network_.topology->nodes[place.node].name);
  }
  hop.intended.erase(std::unique(hop.intended.begin(), hop.intended.end()), hop.intended.end());
  const NodeIndex node = node_of(seen, following.result.hops.size());
  if (node != kNoNode) hop.node = network_.topology->nodes[node].name;
  if (seen.answer == HopAnswer::kArrived) {
    following.arrived = true;
    judge_arrival(following, hop);
  } else if (seen.answer == HopAnswer::kNone) {
    ++following.silent;
  } else if (node == kNoNode) {
    ++following.unknown;
  } else {
    judge_node(following, hop, node);
  }
  following.at = after(following.at, following.segments);
}

NodeIndex PathJudge::node_of(const HopObservation& seen, std::size_t hop) const {
  if (!addresses_ || seen.answer == HopAnswer::kNone || seen.answer == HopAnswer::kArrived) return kNoNode;
  const NodeIndex node = addresses_->find(seen.responder);
  if (node != kNoNode) return node;
  const bool attached = hop == 1 && network_.attachment && network_.attachment->contains(seen.responder);
  return attached ? network_.topology->find(network_.edge) : kNoNode;
}

void PathJudge::judge_node(Following& following, JudgedHop& hop, NodeIndex node) const {
  if (!following.compared) return;
  Places here;
  for (const Place& place : following.at) {
    if (place.node == node) here.push_back(place);
  }
  if (!here.empty()) {
    following.at = std::move(here);
    return;
  }
  hop.deviates = true;
  if (following.result.detail.empty()) {
    following.result.detail = formatted("at hop {}: {} instead of {}", following.result.hops.size(),
                                        network_.topology->nodes[node].name, names(following.at));
  }
  // From where it is, with what it may still have to visit.
  for (Place& place : following.at) place.node = node;
  std::ranges::sort(following.at);
  const auto doubles = std::ranges::unique(following.at);
  following.at.erase(doubles.begin(), doubles.end());
}

// The endpoint's router decapsulates without counting the hop (RFC 8986 section 4.6), so that the far end
// answers where its router was to be seen, or one hop later if the router does count.
void PathJudge::judge_arrival(Following& following, JudgedHop& hop) const {
  if (!following.compared) return;
  const auto good = [&](const Place& place) { return place.node == kNoNode || ends_at(place, following.segments); };
  if (std::ranges::any_of(following.at, good)) return;
  hop.deviates = true;
  if (following.result.detail.empty()) {
    following.result.detail =
        formatted("at hop {}: arrived, without {}", following.result.hops.size(), names(following.at));
  }
}

// Who decapsulates stands in the list before the far end, unless it has counted its hop and is there already.
void PathJudge::judge_endpoint(Following& following, const HopObservation& seen) const {
  auto& hops = following.result.hops;
  if (!following.arrived || seen.answer != HopAnswer::kExpired) return;
  if (hops.size() > 1 && hops[hops.size() - 2].seen.responder == seen.responder) return;
  const NodeIndex node = node_of(seen, hops.size());
  const auto name = node == kNoNode ? std::nullopt : std::optional(network_.topology->nodes[node].name);
  if (following.compared && hops.back().intended.empty()) return;
  JudgedHop hop{.intended = std::move(hops.back().intended), .node = name, .seen = seen};
  hops.back().intended.clear();
  if (following.compared && node == kNoNode) ++following.unknown;
  if (following.compared && name && !hops.back().deviates &&
      std::ranges::find(hop.intended, *name) == hop.intended.end()) {
    hop.deviates = true;
    if (following.result.detail.empty()) {
      following.result.detail =
          formatted("at hop {}: {} decapsulates instead of {}", hops.size(), *name, hop.intended.front());
    }
  }
  hops.insert(hops.end() - 1, std::move(hop));
}

void PathJudge::conclude(Following& following, const PathObservation& observation) const {
  JudgedPath& result = following.result;
  const auto& hops = result.hops;
  if (std::ranges::any_of(hops, &JudgedHop::deviates)) {
    result.verdict = VerifyVerdict::kDeviates;
    if (!observation.problem.empty()) result.detail += "; " + observation.problem;
    return;
  }
  if (hops.empty()) {
    result.verdict = observation.probed ? VerifyVerdict::kIncomplete : VerifyVerdict::kNotProbed;
    result.detail = observation.problem.empty() ? "no answer from any hop" : observation.problem;
    return;
  }
  const JudgedHop& last = hops.back();
  const std::string who = last.node ? last.node->str() : last.seen.responder.to_string();
  if (!following.arrived) {
    result.verdict = VerifyVerdict::kIncomplete;
    result.detail = last.seen.answer == HopAnswer::kRefused
                        ? formatted("refused at hop {} by {}: {}", hops.size(), who, refusal(last.seen.code))
                        : formatted("no answer behind hop {} ({})", hops.size(), who);
    if (!observation.problem.empty()) result.detail += "; " + observation.problem;
    return;
  }
  if (!following.compared) {
    result.verdict = VerifyVerdict::kNotCompared;
    return;
  }
  result.verdict = VerifyVerdict::kAsIntended;
  if (following.silent > 0) result.detail = formatted("{} silent", following.silent);
  if (following.unknown > 0) {
    result.detail += formatted("{}{} of unknown address", result.detail.empty() ? "" : ", ", following.unknown);
  }
}

bool PathJudge::ends_at(const Place& place, const std::vector<Segment>& segments) const {
  std::size_t done = place.done;
  while (done < segments.size() && !segments[done].neighbour && ids_->node(segments[done].node) == place.node) ++done;
  return done == segments.size();
}

PathJudge::Places PathJudge::after(const Places& places, const std::vector<Segment>& segments) {
  Places next;
  for (const Place& place : places) add_after(place, segments, next);
  std::ranges::sort(next);
  const auto doubles = std::ranges::unique(next);
  next.erase(doubles.begin(), doubles.end());
  return next;
}

void PathJudge::add_after(Place place, const std::vector<Segment>& segments, Places& out) {
  if (place.node == kNoNode) return out.push_back(place);
  while (place.done < segments.size() && ids_->node(segments[place.done].node) == place.node) {
    const auto& neighbour = segments[place.done++].neighbour;
    if (neighbour) return out.push_back({.node = ids_->node(*neighbour), .done = place.done});
  }
  if (place.done == segments.size()) return out.push_back({.node = kNoNode, .done = place.done});
  const Segment& segment = segments[place.done];
  for (const NodeIndex next : next_hops(segment.algorithm, place.node, ids_->node(segment.node))) {
    out.push_back({.node = next, .done = place.done});
  }
}

const std::vector<NodeIndex>& PathJudge::next_hops(Algorithm algorithm, NodeIndex from, NodeIndex target) {
  const auto [at, fresh] = next_hops_.try_emplace({algorithm, from, target});
  if (!fresh) return at->second;
  auto& costs = costs_[algorithm];
  if (costs.empty()) costs = link_costs(*definition(algorithm), *network_.topology);
  if (trees_.size() >= kMaxTrees) trees_.clear();
  auto& tree = trees_[{algorithm, from}];
  if (!tree) {
    tree = std::make_unique<Spf>();
    tree->run(*network_.topology, costs, from);
  }
  for (const LinkIndex link : tree->first_hops(target)) at->second.push_back(network_.topology->links[link].to);
  return at->second;
}

const FlexAlgoDefinition* PathJudge::definition(Algorithm algorithm) const {
  const auto found = std::ranges::find(network_.definitions, algorithm, &FlexAlgoDefinition::algorithm);
  return found == network_.definitions.end() ? nullptr : &*found;
}

std::string PathJudge::names(const Places& places) const {
  std::string text;
  std::optional<NodeIndex> last;  // places are sorted by node
  for (const Place& place : places) {
    if (std::exchange(last, place.node) == place.node) continue;
    text += text.empty() ? "" : " or ";
    text += place.node == kNoNode ? "the far end" : network_.topology->nodes[place.node].name.str();
  }
  return text.empty() ? "nobody" : text;
}

}  // namespace pathwise::te
