// SPDX-License-Identifier: Apache-2.0
#include "observability.h"

#include <algorithm>

#include "base/format.h"
#include "base/string_util.h"

namespace pathwise::te {
namespace {

double seconds(Microseconds value) {
  return std::chrono::duration<double>(value).count();
}

void set(prometheus::Counter& counter, std::uint64_t value) {
  counter.Increment(std::max(0.0, static_cast<double>(value) - counter.Value()));
}

void update_one_way(net::Metrics& metrics, const OneWayDelay& one_way, const net::Metrics::Labels& labels) {
  const auto direction = [&](const char* name, Microseconds delay) {
    net::Metrics::Labels with = labels;
    with["direction"] = name;
    metrics.gauge("pathwise_te_path_one_way_p50_seconds", "Median one-way delay, by clocks declared synchronised", with)
        .Set(seconds(delay));
  };
  direction("forward", one_way.forward_p50);
  direction("backward", one_way.backward_p50);
}

void update_candidate(net::Metrics& metrics, const PathState& path, std::size_t index) {
  const CandidatePathState& candidate = path.candidates[index];
  const net::Metrics::Labels labels{{"site", path.site.str()},
                                    {"tier", path.tier.str()},
                                    {"candidate", std::to_string(index)},
                                    {"origin", std::string(to_string(candidate.origin))}};
  metrics.gauge("pathwise_te_candidate_valid", "1 if the topology or the PCE allows the candidate path", labels)
      .Set(candidate.valid ? 1 : 0);
  metrics.gauge("pathwise_te_candidate_alive", "1 if STAMP probes of the candidate path are answered", labels)
      .Set(candidate.alive ? 1 : 0);
  metrics.gauge("pathwise_te_candidate_active", "1 for the candidate path that carries the tier", labels)
      .Set(path.active == index ? 1 : 0);
  if (!candidate.measured.known()) return;
  metrics.gauge("pathwise_te_path_rtt_p50_seconds", "Median round-trip time by STAMP", labels)
      .Set(seconds(candidate.measured.rtt_p50));
  metrics.gauge("pathwise_te_path_rtt_p99_seconds", "99th percentile of the round-trip time by STAMP", labels)
      .Set(seconds(candidate.measured.rtt_p99));
  metrics.gauge("pathwise_te_path_jitter_seconds", "Mean difference of successive round-trip times", labels)
      .Set(seconds(candidate.measured.jitter));
  metrics.gauge("pathwise_te_path_loss_ratio", "Share of STAMP probes without a reply, over the window", labels)
      .Set(candidate.measured.loss);
  metrics
      .gauge("pathwise_te_path_return_mirrored", "1 if the replies come back on the peer's same candidate path", labels)
      .Set(candidate.measured.returned_by == ReturnedBy::kSamePath ? 1 : 0);
  if (candidate.measured.one_way) update_one_way(metrics, *candidate.measured.one_way, labels);
}

void update_sender(net::Metrics& metrics, const SenderCounters& sender) {
  set(metrics.counter("pathwise_te_stamp_sent_total", "STAMP probes sent"), sender.sent);
  set(metrics.counter("pathwise_te_stamp_replies_total", "Replies to our probes"), sender.replies);
  set(metrics.counter("pathwise_te_stamp_send_errors_total", "Probes that the kernel refused"), sender.send_errors);
  const auto dropped = [&](const char* reason, std::uint64_t count) {
    set(metrics.counter("pathwise_te_stamp_replies_dropped_total", "Datagrams that count as no reply",
                        {{"reason", reason}}),
        count);
  };
  dropped("bad-hmac", sender.bad_hmac);
  dropped("unmatched", sender.unmatched);
  dropped("malformed", sender.malformed);
  dropped("socket", sender.dropped);
  set(metrics.counter("pathwise_te_stamp_bad_tlvs_total", "Replies whose TLVs nobody vouches for"), sender.bad_tlvs);
  set(metrics.counter("pathwise_te_stamp_transmit_times_total", "Probes whose transmit time the kernel told"),
      sender.transmit_times);
  auto& delay = metrics.counter("pathwise_te_stamp_transmit_delay_seconds_total",
                                "Sum, over these probes, of the time from their time stamp to the wire");
  delay.Increment(std::max(0.0, std::chrono::duration<double>(sender.transmit_delay).count() - delay.Value()));
}

void update_reflector(net::Metrics& metrics, const ReflectorCounters& reflector) {
  set(metrics.counter("pathwise_te_stamp_reflected_total", "STAMP probes answered"), reflector.reflected);
  for (std::size_t i = 0; i < kRefusals; ++i) {
    set(metrics.counter("pathwise_te_stamp_refused_total", "Datagrams on the STAMP port that got no answer",
                        {{"reason", std::string(to_string(Refusal{static_cast<std::uint8_t>(i)}))}}),
        reflector.refused[i]);
  }
  set(metrics.counter("pathwise_te_stamp_refused_total", "Datagrams on the STAMP port that got no answer",
                      {{"reason", "socket"}}),
      reflector.dropped);
}

}  // namespace

void update_metrics(net::Metrics& metrics, const Observed& observed) {
  for (const PathState& path : observed.snapshot.paths) {
    const net::Metrics::Labels labels{{"site", path.site.str()}, {"tier", path.tier.str()}};
    metrics.gauge("pathwise_te_path_up", "1 if the tier has a path to the site", labels).Set(path.active ? 1 : 0);
    set(metrics.counter("pathwise_te_path_transitions_total", "Changes of the active candidate path", labels),
        path.transitions);
    for (std::size_t i = 0; i < path.candidates.size(); ++i) update_candidate(metrics, path, i);
  }
  for (const PcepSessionState& session : observed.snapshot.pcep_sessions) {
    metrics.gauge("pathwise_te_pcep_session_up", "1 if the PCEP session is up", {{"pce", session.address}})
        .Set(session.state == "up" ? 1 : 0);
  }
  metrics.gauge("pathwise_te_topology_live", "1 if the topology is what its source says now")
      .Set(observed.snapshot.topology_state == "live" ? 1 : 0);
  set(metrics.counter("pathwise_te_netlink_overruns_total", "Overruns of the netlink socket; each is a resync"),
      observed.netlink_overruns);
  metrics.gauge("pathwise_te_topology_problems", "Elements of the topology that contradict themselves")
      .Set(static_cast<double>(observed.topology_problems.size()));
  metrics.gauge("pathwise_te_routes_not_installed", "Desired routes that the kernel does not have")
      .Set(static_cast<double>(observed.fib.not_installed().size()));
  set(metrics.counter("pathwise_te_fib_operations_total", "Changes made in the kernel"),
      observed.fib.counters().operations);
  set(metrics.counter("pathwise_te_fib_failures_total", "Changes that the kernel refused"),
      observed.fib.counters().failures);
  set(metrics.counter("pathwise_te_fib_repairs_total", "Changes that undo somebody else's"),
      observed.fib.counters().repairs);
  update_sender(metrics, observed.sender);
  update_reflector(metrics, observed.reflector);
}

std::vector<std::string> problems(const Observed& observed) {
  std::vector<std::string> found;
  const PathSnapshot& snapshot = observed.snapshot;
  if (snapshot.intent_revision == 0) found.emplace_back("no intent yet: waiting for the router");
  for (const PathState& path : snapshot.paths) {
    if (!path.active) found.push_back(formatted("no path to {} for tier {}: {}", path.site, path.tier, path.reason));
  }
  const auto is_up = [](const PcepSessionState& session) { return session.state == "up"; };
  if (!snapshot.pcep_sessions.empty() && std::ranges::none_of(snapshot.pcep_sessions, is_up)) {
    for (const PcepSessionState& session : snapshot.pcep_sessions) {
      found.push_back(
          formatted("PCE {} is unreachable{}{}", session.address, session.reason.empty() ? "" : ": ", session.reason));
    }
  }
  if (!observed.topology_sources.empty() && snapshot.topology_state != "live") {
    std::string sources;
    for (const std::string& source : observed.topology_sources) sources += (sources.empty() ? "" : ", ") + source;
    found.push_back(formatted("topology is {}; source{} {}{}{}", snapshot.topology_state,
                              observed.topology_sources.size() == 1 ? "" : "s", sources,
                              observed.topology_detail.empty() ? "" : "; last problem: ", observed.topology_detail));
  }
  for (const std::string& problem : observed.topology_problems) found.push_back("topology: " + problem);
  for (const auto& [prefix, reason] : observed.fib.not_installed()) {
    found.push_back(formatted("route {} is not installed: {}", prefix, reason));
  }
  return found;
}

std::string health_json(const Observed& observed) {
  const auto found = problems(observed);
  std::string json = formatted("{{\"status\":\"{}\",\"problems\":[", found.empty() ? "ok" : "degraded");
  for (std::size_t i = 0; i < found.size(); ++i)
    json += formatted("{}\"{}\"", i == 0 ? "" : ",", escaped(found[i], true));
  return json + "]}\n";
}

}  // namespace pathwise::te
