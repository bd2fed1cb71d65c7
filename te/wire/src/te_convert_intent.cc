// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "base/format.h"
#include "te_convert.h"

namespace pathwise::te {
namespace {

std::string text(const Ipv6Address& address) {
  return address.is_unspecified() ? "" : address.to_string();
}

// Collects the first problem, so that decoding reads straight through.
class Checker {
 public:
  Ipv6Address address(const std::string& value, std::string_view where) {
    if (value.empty()) return {};
    auto parsed = Ipv6Address::parse(value);
    if (!parsed) note(parsed.error().within(where));
    return parsed.value_or(Ipv6Address{});
  }
  Ipv6Prefix prefix(const std::string& value, std::string_view where) {
    auto parsed = Ipv6Prefix::parse(value);
    if (!parsed) note(parsed.error().within(where));
    return parsed.value_or(Ipv6Prefix{});
  }
  template <typename To>
  To number(std::uint64_t value, std::string_view where) {
    if (value > std::numeric_limits<To>::max()) {
      note({ErrorCode::kInvalidArgument,
            formatted("{}: {} is more than {}", where, value, std::numeric_limits<To>::max())});
      return {};
    }
    return static_cast<To>(value);
  }
  void note(Error error) {
    if (!first_) first_ = std::move(error);
  }
  [[nodiscard]] const std::optional<Error>& first() const { return first_; }

 private:
  std::optional<Error> first_;
};

std::string_view name_of(IntentObjective objective) {
  switch (objective) {
    case IntentObjective::kIgp:
      return "igp";
    case IntentObjective::kTe:
      return "te";
    case IntentObjective::kDelay:
      return "delay";
  }
  return "igp";
}

std::string_view name_of(MetricType metric) {
  switch (metric) {
    case MetricType::kIgp:
      return "igp";
    case MetricType::kMinDelay:
      return "min-delay";
    case MetricType::kTe:
      return "te";
  }
  return "igp";
}

void encode_groups(const AdminGroups& groups, google::protobuf::RepeatedField<std::uint32_t>& out) {
  for (unsigned bit = 0; bit < 256; ++bit) {
    if (groups.test(bit)) out.Add(bit);
  }
}

AdminGroups decode_groups(const google::protobuf::RepeatedField<std::uint32_t>& bits, Checker& check) {
  AdminGroups groups;
  for (const std::uint32_t bit : bits) {
    if (bit > 255) check.note({ErrorCode::kInvalidArgument, formatted("admin group {} is not within 0..255", bit)});
    groups.set(bit);
  }
  return groups;
}

void encode_srv6(const Srv6Intent& srv6, wire::Srv6& out) {
  for (const auto& [algorithm, prefix] : srv6.blocks) {
    auto& block = *out.add_blocks();
    block.set_algorithm(algorithm.value());
    block.set_prefix(prefix.to_string());
  }
  out.set_udt6_function(srv6.udt6_function);
  out.set_ua_function(srv6.ua_function);
  out.set_path_mtu(srv6.path_mtu);
  out.set_edge(srv6.edge.str());
  out.set_edge_node_id(srv6.edge_node_id.value());
  for (const FlexAlgoDefinition& definition : srv6.flex_algos) {
    auto& item = *out.add_flex_algos();
    item.set_algorithm(definition.algorithm.value());
    item.set_metric(std::string(name_of(definition.metric)));
    encode_groups(definition.exclude_any, *item.mutable_exclude_any());
    encode_groups(definition.include_any, *item.mutable_include_any());
    encode_groups(definition.include_all, *item.mutable_include_all());
    for (const std::uint32_t group : definition.exclude_srlg) item.add_exclude_srlg(group);
    item.set_priority(definition.priority);
  }
}

FlexAlgoDefinition decode_flex_algo(const wire::FlexAlgo& item, Checker& check) {
  FlexAlgoDefinition definition{.algorithm = Algorithm(check.number<std::uint8_t>(item.algorithm(), "flex-algo"))};
  if (item.metric() == "min-delay") {
    definition.metric = MetricType::kMinDelay;
  } else if (item.metric() == "te") {
    definition.metric = MetricType::kTe;
  } else if (item.metric() != "igp") {
    check.note({ErrorCode::kInvalidArgument,
                formatted("flex-algo {}: metric '{}' is none of igp, min-delay, te", item.algorithm(), item.metric())});
  }
  definition.exclude_any = decode_groups(item.exclude_any(), check);
  definition.include_any = decode_groups(item.include_any(), check);
  definition.include_all = decode_groups(item.include_all(), check);
  definition.exclude_srlg.assign(item.exclude_srlg().begin(), item.exclude_srlg().end());
  std::ranges::sort(definition.exclude_srlg);
  if (item.has_priority()) definition.priority = check.number<std::uint8_t>(item.priority(), "flex-algo priority");
  return definition;
}

Srv6Intent decode_srv6(const wire::Srv6& message, Checker& check) {
  Srv6Intent srv6;
  for (const auto& block : message.blocks()) {
    const Algorithm algorithm(check.number<std::uint8_t>(block.algorithm(), "srv6 block's algorithm"));
    srv6.blocks[algorithm] = check.prefix(block.prefix(), "srv6 block");
  }
  srv6.udt6_function = check.number<std::uint16_t>(message.udt6_function(), "uDT6 function");
  if (message.ua_function() != 0) srv6.ua_function = check.number<std::uint16_t>(message.ua_function(), "uA function");
  srv6.path_mtu = message.path_mtu();
  srv6.edge = NodeName(message.edge());
  srv6.edge_node_id = NodeId(check.number<std::uint16_t>(message.edge_node_id(), "edge node id"));
  for (const auto& item : message.flex_algos()) srv6.flex_algos.push_back(decode_flex_algo(item, check));
  return srv6;
}

struct EncodeKind {
  wire::CandidatePath& out;
  void operator()(const PcepIntent& pcep) const {
    auto& message = *out.mutable_pcep();
    message.set_optimise(std::string(name_of(pcep.optimise)));
    if (pcep.max_delay) message.set_max_delay_us(static_cast<std::uint32_t>(pcep.max_delay->count()));
    if (pcep.bandwidth) message.set_bandwidth_bps(pcep.bandwidth->value());
    message.set_exclude_any(pcep.exclude_any);
    message.set_source_address(text(pcep.source));
  }
  void operator()(const FlexAlgoIntent& flex_algo) const { out.set_flex_algo(flex_algo.algorithm.value()); }
  void operator()(const BestEffortIntent&) const { out.mutable_best_effort(); }
  void operator()(const UnderlayIntent& underlay) const {
    out.mutable_underlay()->set_gateway(underlay.gateway ? underlay.gateway->to_string() : "");
  }
  void operator()(const ExplicitIntent& path) const {
    auto& message = *out.mutable_explicit_();
    for (const ExplicitIntent::List& list : path.lists) {
      auto& item = *message.add_lists();
      item.set_weight(list.weight);
      for (const Ipv6Address& segment : list.segments) item.add_segments(segment.to_string());
    }
    for (const ProbePair& pair : path.probes) {
      auto& item = *message.add_probes();
      item.set_local(text(pair.local));
      item.set_remote(text(pair.remote));
    }
  }
};

ExplicitIntent decode_explicit(const wire::Explicit& message, Checker& check) {
  ExplicitIntent path;
  for (const auto& item : message.lists()) {
    ExplicitIntent::List list{.segments = {}, .weight = check.number<std::uint8_t>(item.weight(), "weight")};
    for (const auto& segment : item.segments()) list.segments.push_back(check.address(segment, "segment"));
    path.lists.push_back(std::move(list));
  }
  for (const auto& item : message.probes()) {
    path.probes.push_back(
        {check.address(item.local(), "probe address"), check.address(item.remote(), "probe address")});
  }
  return path;
}

PcepIntent decode_pcep(const wire::Pcep& message, Checker& check) {
  PcepIntent pcep;
  if (message.optimise() == "igp") {
    pcep.optimise = IntentObjective::kIgp;
  } else if (message.optimise() == "te") {
    pcep.optimise = IntentObjective::kTe;
  } else if (message.optimise() != "delay") {
    check.note({ErrorCode::kInvalidArgument, formatted("pcep: '{}' is none of delay, te, igp", message.optimise())});
  }
  if (message.has_max_delay_us()) pcep.max_delay = Microseconds(message.max_delay_us());
  if (message.has_bandwidth_bps()) pcep.bandwidth = BitsPerSecond(message.bandwidth_bps());
  pcep.exclude_any = message.exclude_any();
  pcep.source = check.address(message.source_address(), "pcep source");
  return pcep;
}

CandidateIntent decode_candidate(const wire::CandidatePath& message, Checker& check) {
  CandidateIntent candidate{.preference = message.preference(),
                            .probe_address = check.address(message.probe_address(), "probe address")};
  switch (message.kind_case()) {
    case wire::CandidatePath::kPcep:
      candidate.kind = decode_pcep(message.pcep(), check);
      break;
    case wire::CandidatePath::kFlexAlgo:
      candidate.kind = FlexAlgoIntent{Algorithm(check.number<std::uint8_t>(message.flex_algo(), "flex-algo"))};
      break;
    case wire::CandidatePath::kBestEffort:
      candidate.kind = BestEffortIntent{};
      break;
    case wire::CandidatePath::kUnderlay: {
      UnderlayIntent underlay;
      if (!message.underlay().gateway().empty())
        underlay.gateway = check.address(message.underlay().gateway(), "underlay gateway");
      candidate.kind = underlay;
      break;
    }
    case wire::CandidatePath::kExplicit:
      candidate.kind = decode_explicit(message.explicit_(), check);
      break;
    case wire::CandidatePath::KIND_NOT_SET:
      check.note({ErrorCode::kInvalidArgument, "a candidate path is of no kind that this te knows"});
  }
  return candidate;
}

void encode_peer(const PeerTierIntent& peer, wire::PeerTier& out) {
  out.set_site(peer.site.str());
  out.set_tier(peer.tier.str());
  out.set_color(peer.color.value());
  out.set_prefix(peer.prefix.to_string());
  out.set_address(peer.address.to_string());
  out.set_local_address(text(peer.local_address));
  out.set_edge(peer.edge.str());
  out.set_edge_node_id(peer.edge_node_id.value());
  out.set_edge_address(text(peer.edge_address));
  out.set_strict(peer.strict);
  for (const CandidateIntent& candidate : peer.candidates) {
    auto& message = *out.add_candidates();
    message.set_preference(candidate.preference);
    message.set_probe_address(text(candidate.probe_address));
    std::visit(EncodeKind{message}, candidate.kind);
  }
}

PeerTierIntent decode_peer(const wire::PeerTier& message, Checker& check) {
  PeerTierIntent peer{
      .site = SiteName(message.site()), .tier = TierName(message.tier()), .color = Color(message.color())};
  const std::string where = formatted("peer {} {}", peer.site, peer.tier);
  peer.prefix = check.prefix(message.prefix(), where);
  peer.address = check.address(message.address(), where);
  peer.local_address = check.address(message.local_address(), where);
  peer.edge = NodeName(message.edge());
  peer.edge_node_id = NodeId(check.number<std::uint16_t>(message.edge_node_id(), where));
  peer.edge_address = check.address(message.edge_address(), where);
  peer.strict = message.strict();
  for (const auto& candidate : message.candidates()) peer.candidates.push_back(decode_candidate(candidate, check));
  return peer;
}

}  // namespace

wire::TeIntent encode(const TeIntent& intent) {
  wire::TeIntent message;
  message.set_revision(intent.revision);
  message.set_hash(intent.hash);
  message.set_site(intent.site.str());
  message.set_router(intent.router.str());
  if (intent.srv6) encode_srv6(*intent.srv6, *message.mutable_srv6());
  if (intent.tier_aggregate) message.set_tier_aggregate(intent.tier_aggregate->to_string());
  for (const OwnTierIntent& own : intent.own_tiers) {
    auto& out = *message.add_own_tiers();
    out.set_tier(own.tier.str());
    out.set_prefix(own.prefix.to_string());
    out.set_address(own.address.to_string());
    for (const Ipv6Address& probe : own.probe_addresses) out.add_probe_addresses(probe.to_string());
  }
  for (const PeerTierIntent& peer : intent.peers) encode_peer(peer, *message.add_peers());
  return message;
}

Result<TeIntent> decode(const wire::TeIntent& message) {
  Checker check;
  TeIntent intent{.revision = message.revision(),
                  .hash = message.hash(),
                  .site = SiteName(message.site()),
                  .router = RouterName(message.router())};
  if (message.has_srv6()) intent.srv6 = decode_srv6(message.srv6(), check);
  if (!message.tier_aggregate().empty())
    intent.tier_aggregate = check.prefix(message.tier_aggregate(), "tier aggregate");
  for (const auto& own : message.own_tiers()) {
    const std::string where = formatted("own tier {}", own.tier());
    OwnTierIntent tier{.tier = TierName(own.tier()),
                       .prefix = check.prefix(own.prefix(), where),
                       .address = check.address(own.address(), where)};
    for (const auto& probe : own.probe_addresses()) tier.probe_addresses.push_back(check.address(probe, where));
    intent.own_tiers.push_back(std::move(tier));
  }
  for (const auto& peer : message.peers()) intent.peers.push_back(decode_peer(peer, check));
  if (check.first()) return std::unexpected(check.first()->within("intent"));
  return intent;
}

}  // namespace pathwise::te
