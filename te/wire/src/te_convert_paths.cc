// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "te_convert.h"

namespace pathwise::te {
namespace {

std::uint64_t unix_us(SystemTime time) {
  const auto value = std::chrono::duration_cast<Microseconds>(time.time_since_epoch()).count();
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

SystemTime from_unix_us(std::uint64_t value) {
  return SystemTime(std::chrono::duration_cast<SystemTime::duration>(Microseconds(static_cast<std::int64_t>(value))));
}

std::uint32_t us32(Microseconds value) {
  return static_cast<std::uint32_t>(
      std::clamp<Microseconds::rep>(value.count(), 0, std::numeric_limits<std::uint32_t>::max()));
}

void encode_measurement(const Measurement& measured, wire::Measurement& out) {
  out.set_rtt_min_us(us32(measured.rtt_min));
  out.set_rtt_p50_us(us32(measured.rtt_p50));
  out.set_rtt_p99_us(us32(measured.rtt_p99));
  out.set_jitter_us(us32(measured.jitter));
  out.set_loss(measured.loss);
  out.set_sent(measured.sent);
  out.set_received(measured.received);
  out.set_last_unix_us(unix_us(measured.last));
  out.set_returned_by(static_cast<wire::Measurement::ReturnedBy>(measured.returned_by));
  if (!measured.one_way) return;
  auto& one_way = *out.mutable_one_way();
  one_way.set_forward_min_us(us32(measured.one_way->forward_min));
  one_way.set_forward_p50_us(us32(measured.one_way->forward_p50));
  one_way.set_backward_min_us(us32(measured.one_way->backward_min));
  one_way.set_backward_p50_us(us32(measured.one_way->backward_p50));
  one_way.set_error_us(us32(measured.one_way->error));
}

ReturnedBy decode_returned_by(wire::Measurement::ReturnedBy value) {
  switch (value) {
    case wire::Measurement::SAME_PATH:
      return ReturnedBy::kSamePath;
    case wire::Measurement::ACTIVE_PATH:
      return ReturnedBy::kActivePath;
    default:
      return ReturnedBy::kUnknown;
  }
}

std::optional<OneWayDelay> decode_one_way(const wire::Measurement& message) {
  if (!message.has_one_way()) return std::nullopt;
  const auto& one_way = message.one_way();
  return OneWayDelay{.forward_min = Microseconds(one_way.forward_min_us()),
                     .forward_p50 = Microseconds(one_way.forward_p50_us()),
                     .backward_min = Microseconds(one_way.backward_min_us()),
                     .backward_p50 = Microseconds(one_way.backward_p50_us()),
                     .error = Microseconds(one_way.error_us())};
}

Measurement decode_measurement(const wire::Measurement& message) {
  return {.rtt_min = Microseconds(message.rtt_min_us()),
          .rtt_p50 = Microseconds(message.rtt_p50_us()),
          .rtt_p99 = Microseconds(message.rtt_p99_us()),
          .jitter = Microseconds(message.jitter_us()),
          .loss = message.loss(),
          .sent = message.sent(),
          .received = message.received(),
          .last = from_unix_us(message.last_unix_us()),
          .returned_by = decode_returned_by(message.returned_by()),
          .one_way = decode_one_way(message)};
}

void encode_list(const SegmentListState& list, wire::SegmentList& out) {
  for (const Ipv6Address& segment : list.segments) out.add_segments(segment.to_string());
  out.set_weight(list.weight);
  out.set_alive(list.alive);
  out.set_used(list.used);
  out.set_reason(list.reason);
  for (const NodeName& node : list.nodes) out.add_nodes(node.str());
  encode_measurement(list.measured, *out.mutable_measured());
}

Result<std::vector<Ipv6Address>> decode_segments(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<Ipv6Address> segments;
  for (const auto& text : texts) {
    const auto segment = Ipv6Address::parse(text);
    if (!segment) return std::unexpected(segment.error().within("candidate path"));
    segments.push_back(*segment);
  }
  return segments;
}

Result<SegmentListState> decode_list(const wire::SegmentList& message) {
  auto segments = decode_segments(message.segments());
  if (!segments) return std::unexpected(segments.error());
  SegmentListState list{.segments = std::move(*segments),
                        .weight = static_cast<std::uint8_t>(std::clamp<std::uint32_t>(message.weight(), 1, 255)),
                        .alive = message.alive(),
                        .used = message.used(),
                        .reason = message.reason(),
                        .nodes = {},
                        .measured = decode_measurement(message.measured())};
  for (const auto& node : message.nodes()) list.nodes.emplace_back(node);
  return list;
}

void encode_candidate(const CandidatePathState& candidate, wire::Candidate& out) {
  out.set_preference(candidate.preference);
  out.set_origin(std::string(to_string(candidate.origin)));
  out.set_algorithm(candidate.algorithm.value());
  out.set_valid(candidate.valid);
  out.set_alive(candidate.alive);
  out.set_reason(candidate.reason);
  for (const Ipv6Address& segment : candidate.segments) out.add_segment_list(segment.to_string());
  for (const NodeName& node : candidate.nodes) out.add_nodes(node.str());
  encode_measurement(candidate.measured, *out.mutable_measured());
  if (candidate.computed_delay) out.set_computed_delay_us(us32(*candidate.computed_delay));
  if (candidate.reserved_bandwidth) out.set_reserved_bandwidth_bps(candidate.reserved_bandwidth->value());
  out.set_installed_unix_us(unix_us(candidate.installed));
  for (const SegmentListState& list : candidate.lists) encode_list(list, *out.add_lists());
}

Result<PathOrigin> decode_origin(const std::string& text) {
  for (const PathOrigin origin : {PathOrigin::kPcep, PathOrigin::kFlexAlgo, PathOrigin::kBestEffort,
                                  PathOrigin::kUnderlay, PathOrigin::kExplicit}) {
    if (to_string(origin) == text) return origin;
  }
  return fail(ErrorCode::kInvalidArgument, "candidate path: origin '{}' is not known", text);
}

Result<CandidatePathState> decode_candidate(const wire::Candidate& message) {
  const auto origin = decode_origin(message.origin());
  if (!origin) return std::unexpected(origin.error());
  if (message.algorithm() > 255)
    return fail(ErrorCode::kInvalidArgument, "candidate path: algorithm {}", message.algorithm());
  CandidatePathState candidate{.preference = message.preference(),
                               .origin = *origin,
                               .algorithm = Algorithm(static_cast<std::uint8_t>(message.algorithm())),
                               .valid = message.valid(),
                               .alive = message.alive(),
                               .reason = message.reason()};
  auto segments = decode_segments(message.segment_list());
  if (!segments) return std::unexpected(segments.error());
  candidate.segments = std::move(*segments);
  for (const auto& item : message.lists()) {
    auto list = decode_list(item);
    if (!list) return std::unexpected(list.error());
    candidate.lists.push_back(std::move(*list));
  }
  for (const auto& node : message.nodes()) candidate.nodes.emplace_back(node);
  candidate.measured = decode_measurement(message.measured());
  if (message.has_computed_delay_us()) candidate.computed_delay = Microseconds(message.computed_delay_us());
  if (message.has_reserved_bandwidth_bps())
    candidate.reserved_bandwidth = BitsPerSecond(message.reserved_bandwidth_bps());
  candidate.installed = from_unix_us(message.installed_unix_us());
  return candidate;
}

wire::Path::State encode_status(PathStatus status) {
  switch (status) {
    case PathStatus::kUp:
      return wire::Path::UP;
    case PathStatus::kDegraded:
      return wire::Path::DEGRADED;
    case PathStatus::kDown:
      return wire::Path::DOWN;
  }
  return wire::Path::STATE_UNSPECIFIED;
}

PathStatus decode_status(wire::Path::State state) {
  if (state == wire::Path::UP) return PathStatus::kUp;
  return state == wire::Path::DEGRADED ? PathStatus::kDegraded : PathStatus::kDown;
}

void encode_path(const PathState& path, wire::Path& out) {
  out.set_site(path.site.str());
  out.set_tier(path.tier.str());
  out.set_color(path.color.value());
  out.set_state(encode_status(path.status));
  out.set_active(path.active ? static_cast<std::int32_t>(*path.active) : -1);
  for (const CandidatePathState& candidate : path.candidates) encode_candidate(candidate, *out.add_candidates());
  out.set_since_unix_us(unix_us(path.since));
  out.set_reason(path.reason);
  out.set_transitions(path.transitions);
}

Result<PathState> decode_path(const wire::Path& message) {
  PathState path{.site = SiteName(message.site()),
                 .tier = TierName(message.tier()),
                 .color = Color(message.color()),
                 .status = decode_status(message.state()),
                 .since = from_unix_us(message.since_unix_us()),
                 .reason = message.reason(),
                 .transitions = message.transitions()};
  for (const auto& item : message.candidates()) {
    auto candidate = decode_candidate(item);
    if (!candidate) return std::unexpected(candidate.error());
    path.candidates.push_back(std::move(*candidate));
  }
  if (message.active() >= message.candidates_size()) {
    return fail(ErrorCode::kInvalidArgument, "path to {}: active candidate {} of {}", path.site, message.active(),
                message.candidates_size());
  }
  if (message.active() >= 0) path.active = static_cast<std::size_t>(message.active());
  return path;
}

}  // namespace

wire::PathSnapshot encode(const PathSnapshot& snapshot) {
  wire::PathSnapshot message;
  message.set_version(snapshot.version);
  message.set_intent_revision(snapshot.intent_revision);
  for (const PathState& path : snapshot.paths) encode_path(path, *message.add_paths());
  for (const PcepSessionState& session : snapshot.pcep_sessions) {
    auto& out = *message.add_pcep_sessions();
    out.set_address(session.address);
    out.set_state(session.state);
    out.set_since_unix_us(unix_us(session.since));
    out.set_reason(session.reason);
  }
  message.set_topology_state(snapshot.topology_state);
  message.set_topology_version(snapshot.topology_version);
  return message;
}

Result<PathSnapshot> decode(const wire::PathSnapshot& message) {
  PathSnapshot snapshot{.version = message.version(), .intent_revision = message.intent_revision()};
  for (const auto& item : message.paths()) {
    auto path = decode_path(item);
    if (!path) return std::unexpected(path.error());
    snapshot.paths.push_back(std::move(*path));
  }
  std::ranges::sort(snapshot.paths, {}, [](const PathState& path) { return std::tie(path.site, path.tier); });
  for (const auto& session : message.pcep_sessions()) {
    snapshot.pcep_sessions.push_back({.address = session.address(),
                                      .state = session.state(),
                                      .since = from_unix_us(session.since_unix_us()),
                                      .reason = session.reason()});
  }
  snapshot.topology_state = message.topology_state();
  snapshot.topology_version = message.topology_version();
  return snapshot;
}

}  // namespace pathwise::te
