// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "te_convert.h"
#include "topology_convert.h"

namespace pathwise::te {
namespace {

constexpr std::array<std::pair<VerifyVerdict, wire::VerifiedPath::Verdict>, 5> kVerdicts{{
    {VerifyVerdict::kAsIntended, wire::VerifiedPath::AS_INTENDED},
    {VerifyVerdict::kDeviates, wire::VerifiedPath::DEVIATES},
    {VerifyVerdict::kIncomplete, wire::VerifiedPath::INCOMPLETE},
    {VerifyVerdict::kNotCompared, wire::VerifiedPath::NOT_COMPARED},
    {VerifyVerdict::kNotProbed, wire::VerifiedPath::NOT_PROBED},
}};
constexpr std::array<std::pair<HopAnswer, wire::VerifiedHop::Answer>, 4> kAnswers{{
    {HopAnswer::kNone, wire::VerifiedHop::NONE},
    {HopAnswer::kExpired, wire::VerifiedHop::EXPIRED},
    {HopAnswer::kRefused, wire::VerifiedHop::UNREACHABLE},
    {HopAnswer::kArrived, wire::VerifiedHop::ARRIVED},
}};

template <typename Ours, typename Theirs, std::size_t kSize>
Theirs theirs_of(const std::array<std::pair<Ours, Theirs>, kSize>& codes, Ours value) {
  return std::ranges::find(codes, value, &std::pair<Ours, Theirs>::first)->second;  // the lists are complete
}
template <typename Ours, typename Theirs, std::size_t kSize>
std::optional<Ours> ours_of(const std::array<std::pair<Ours, Theirs>, kSize>& codes, Theirs value) {
  const auto found = std::ranges::find(codes, value, &std::pair<Ours, Theirs>::second);
  return found == codes.end() ? std::nullopt : std::optional(found->first);
}

void encode_sids(const SidNames& sids, wire::SidNames& out) {
  for (const auto& [algorithm, prefix] : sids.blocks) {
    auto& block = *out.add_blocks();
    block.set_algorithm(algorithm.value());
    block.set_prefix(prefix.to_string());
  }
  out.set_udt6_function(sids.udt6_function);
  out.set_ua_function(sids.ua_function);
  for (const auto& [id, name] : sids.nodes) {
    auto& node = *out.add_nodes();
    node.set_id(id.value());
    node.set_name(name.str());
  }
}

Result<std::uint16_t> number16(std::uint32_t value, std::string_view what) {
  if (value <= std::numeric_limits<std::uint16_t>::max()) return static_cast<std::uint16_t>(value);
  return fail(ErrorCode::kInvalidArgument, "{} {} is more than 65535", what, value);
}

Result<SidNames> decode_sids(const wire::SidNames& message) {
  SidNames sids;
  for (const auto& block : message.blocks()) {
    const auto prefix = Ipv6Prefix::parse(block.prefix());
    if (!prefix) return std::unexpected(prefix.error().within("block"));
    if (block.algorithm() > 255) return fail(ErrorCode::kInvalidArgument, "algorithm {}", block.algorithm());
    sids.blocks.emplace(Algorithm(static_cast<std::uint8_t>(block.algorithm())), *prefix);
  }
  const auto udt6 = number16(message.udt6_function(), "uDT6 function");
  if (!udt6) return std::unexpected(udt6.error());
  const auto ua = number16(message.ua_function(), "uA function");
  if (!ua) return std::unexpected(ua.error());
  sids.udt6_function = *udt6;
  sids.ua_function = *ua;
  for (const auto& node : message.nodes()) {
    const auto id = number16(node.id(), "node id");
    if (!id) return std::unexpected(id.error());
    sids.nodes.emplace(NodeId(*id), NodeName(node.name()));
  }
  return sids;
}

void encode_hop(const JudgedHop& hop, wire::VerifiedHop& out) {
  for (const NodeName& name : hop.intended) out.add_intended(name.str());
  if (hop.node) out.set_node(hop.node->str());
  if (!hop.seen.responder.is_unspecified()) out.set_address(hop.seen.responder.to_string());
  out.set_answer(theirs_of(kAnswers, hop.seen.answer));
  out.set_code(hop.seen.code);
  out.set_rtt_us(static_cast<std::uint32_t>(
      std::clamp<Microseconds::rep>(hop.seen.rtt.count(), 0, std::numeric_limits<std::uint32_t>::max())));
  out.set_deviates(hop.deviates);
}

Result<JudgedHop> decode_hop(const wire::VerifiedHop& message) {
  JudgedHop hop{.deviates = message.deviates()};
  for (const auto& name : message.intended()) hop.intended.emplace_back(name);
  if (!message.node().empty()) hop.node = NodeName(message.node());
  if (!message.address().empty()) {
    const auto address = Ipv6Address::parse(message.address());
    if (!address) return std::unexpected(address.error().within("hop"));
    hop.seen.responder = *address;
  }
  const auto answer = ours_of(kAnswers, message.answer());
  if (!answer) return fail(ErrorCode::kInvalidArgument, "hop: answer {} is not known", int{message.answer()});
  hop.seen.answer = *answer;
  hop.seen.code = static_cast<std::uint8_t>(message.code());
  hop.seen.rtt = Microseconds(message.rtt_us());
  return hop;
}

Result<VerifiedPath> decode_verified(const wire::VerifiedPath& message) {
  VerifiedPath path{.site = SiteName(message.site()),
                    .tier = TierName(message.tier()),
                    .candidate = message.candidate(),
                    .name = message.name(),
                    .active = message.active()};
  for (const auto& text : message.segment_list()) {
    const auto segment = Ipv6Address::parse(text);
    if (!segment) return std::unexpected(segment.error().within("verified path"));
    path.segments.push_back(*segment);
  }
  const auto verdict = ours_of(kVerdicts, message.verdict());
  if (!verdict) return fail(ErrorCode::kInvalidArgument, "verdict {} is not known", int{message.verdict()});
  path.judged.verdict = *verdict;
  path.judged.detail = message.detail();
  for (const auto& item : message.hops()) {
    auto hop = decode_hop(item);
    if (!hop) return std::unexpected(hop.error());
    path.judged.hops.push_back(std::move(*hop));
  }
  return path;
}

}  // namespace

wire::GetTopologyResponse encode(const TopologyReport& report) {
  wire::GetTopologyResponse message;
  if (report.topology) *message.mutable_topology() = to_proto(*report.topology);
  message.set_state(report.state);
  message.set_detail(report.detail);
  if (report.sids) encode_sids(*report.sids, *message.mutable_sids());
  return message;
}

Result<TopologyReport> decode(const wire::GetTopologyResponse& message) {
  TopologyReport report{.state = message.state(), .detail = message.detail()};
  if (message.has_topology()) {
    auto topology = from_proto(message.topology());
    if (!topology) return std::unexpected(topology.error());
    report.topology = std::make_shared<const TopologySnapshot>(std::move(*topology));
  }
  if (message.has_sids()) {
    auto sids = decode_sids(message.sids());
    if (!sids) return std::unexpected(sids.error().within("SIDs"));
    report.sids = std::move(*sids);
  }
  return report;
}

wire::HistoryResponse encode(const std::vector<PathHistory>& histories) {
  wire::HistoryResponse message;
  for (const PathHistory& history : histories) {
    auto& policy = *message.add_policies();
    policy.set_site(history.site.str());
    policy.set_tier(history.tier.str());
    policy.set_transitions(history.transitions);
    for (const PathTransition& transition : history.recent) {
      auto& out = *policy.add_recent();
      const auto at = std::chrono::duration_cast<Microseconds>(transition.at.time_since_epoch()).count();
      out.set_at_unix_us(at > 0 ? static_cast<std::uint64_t>(at) : 0);
      out.set_from(transition.from);
      out.set_to(transition.to);
      out.set_reason(transition.reason);
    }
  }
  return message;
}

std::vector<PathHistory> decode(const wire::HistoryResponse& message) {
  std::vector<PathHistory> histories;
  for (const auto& policy : message.policies()) {
    PathHistory& history = histories.emplace_back();
    history.site = SiteName(policy.site());
    history.tier = TierName(policy.tier());
    history.transitions = policy.transitions();
    for (const auto& transition : policy.recent()) {
      const Microseconds at(static_cast<std::int64_t>(transition.at_unix_us()));
      history.recent.push_back({.at = SystemTime(std::chrono::duration_cast<SystemTime::duration>(at)),
                                .from = transition.from(),
                                .to = transition.to(),
                                .reason = transition.reason()});
    }
  }
  return histories;
}

wire::VerifyResponse encode(const std::vector<VerifiedPath>& paths) {
  wire::VerifyResponse message;
  for (const VerifiedPath& path : paths) {
    auto& out = *message.add_paths();
    out.set_site(path.site.str());
    out.set_tier(path.tier.str());
    out.set_candidate(static_cast<std::uint32_t>(path.candidate));
    out.set_name(path.name);
    out.set_active(path.active);
    for (const Ipv6Address& segment : path.segments) out.add_segment_list(segment.to_string());
    out.set_verdict(theirs_of(kVerdicts, path.judged.verdict));
    out.set_detail(path.judged.detail);
    for (const JudgedHop& hop : path.judged.hops) encode_hop(hop, *out.add_hops());
  }
  return message;
}

Result<std::vector<VerifiedPath>> decode(const wire::VerifyResponse& message) {
  std::vector<VerifiedPath> paths;
  for (const auto& item : message.paths()) {
    auto path = decode_verified(item);
    if (!path) return std::unexpected(path.error());
    paths.push_back(std::move(*path));
  }
  return paths;
}

wire::VerifyRequest encode(const VerifyOrder& order) {
  wire::VerifyRequest message;
  message.set_site(order.selection.site.str());
  message.set_tier(order.selection.tier.str());
  message.set_deadline_ms(static_cast<std::uint32_t>(
      std::clamp<Milliseconds::rep>(order.deadline.count(), 1, std::numeric_limits<std::uint32_t>::max())));
  return message;
}

Result<VerifyOrder> decode(const wire::VerifyRequest& message) {
  VerifyOrder order{.selection = {.site = SiteName(message.site()), .tier = TierName(message.tier())}};
  if (message.deadline_ms() != 0) order.deadline = Milliseconds(message.deadline_ms());
  if (order.deadline <= kLongestVerify) return order;
  return fail(ErrorCode::kInvalidArgument, "a verification may take {} minutes at most", kLongestVerify.count());
}

}  // namespace pathwise::te
