// SPDX-License-Identifier: Apache-2.0
#include "probe_sessions.h"

#include "base/format.h"
#include "base/log.h"

namespace pathwise::te {
namespace {

ReturnedBy to_returned_by(ReturnVia via) {
  switch (via) {
    case ReturnVia::kUnknown:
      return ReturnedBy::kUnknown;
    case ReturnVia::kRequested:
      return ReturnedBy::kSamePath;
    case ReturnVia::kOther:
      return ReturnedBy::kActivePath;
  }
  return ReturnedBy::kUnknown;
}

Measurement to_measurement(const StampSessionReport& report) {
  Measurement measured{.rtt_min = report.statistics.min,
                       .rtt_p50 = report.statistics.p50,
                       .rtt_p99 = report.statistics.p99,
                       .jitter = report.statistics.jitter,
                       .loss = report.statistics.loss,
                       .sent = report.counters.sent,
                       .received = report.counters.received,
                       .last = report.last_reply,
                       .returned_by = to_returned_by(report.return_via),
                       .one_way = std::nullopt};
  if (report.one_way) {
    measured.one_way = OneWayDelay{.forward_min = report.one_way->forward.min,
                                   .forward_p50 = report.one_way->forward.p50,
                                   .backward_min = report.one_way->backward.min,
                                   .backward_p50 = report.one_way->backward.p50,
                                   .error = report.one_way->error};
  }
  return measured;
}

}  // namespace

void ProbeSessions::want(const std::map<CandidateKey, ProbeTarget>& targets) {
  std::erase_if(sessions_, [&](const auto& entry) {
    const auto wanted = targets.find(entry.first);
    const bool keep = wanted != targets.end() && wanted->second.local == entry.second.target.local &&
                      wanted->second.remote == entry.second.target.remote;
    if (!keep) sender_.remove(entry.second.id);
    return !keep;
  });
  for (const auto& [key, target] : targets) {
    const auto known = sessions_.find(key);
    if (known != sessions_.end()) {
      if (known->second.target.segments != target.segments) sender_.forget_delay(known->second.id);
      known->second.target = target;
      continue;
    }
    // The peer has a route to our probe address over its own same candidate path, or answers U.
    const auto id = sender_.add({.local = target.local,
                                 .remote = target.remote,
                                 .params = shape_.params,
                                 .return_path = ReturnPath{.address = target.local},
                                 .dscp = shape_.dscp,
                                 .size = shape_.size,
                                 .tlvs = {}});
    if (id) {
      sessions_[key] = {.id = *id, .target = target};
    } else {
      log::error("te", "path is not measured",
                 {{"site", key.site}, {"tier", key.tier}, {"reason", id.error().message}});
    }
  }
}

std::map<CandidateKey, ProbeState> ProbeSessions::states() const {
  std::map<CandidateKey, ProbeState> result;
  for (const auto& [key, session] : sessions_) {
    const auto report = sender_.report(session.id);
    if (!report) continue;
    ProbeState state{.alive = report->alive, .measured = to_measurement(*report)};
    if (!report->alive) {
      state.reason = report->counters.received == 0
                         ? "no reply to any probe yet"
                         : formatted("{} probes in a row without a reply", shape_.params.multiplier);
    }
    result.emplace(key, std::move(state));
  }
  return result;
}

}  // namespace pathwise::te
