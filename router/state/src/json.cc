// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "router/state/state.h"
#include "text.h"

namespace pathwise::router {
namespace {

using nlohmann::json;

std::uint64_t unix_us(SystemTime time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<Microseconds>(time.time_since_epoch()).count());
}

json segments(const std::vector<Ipv6Address>& sids) {
  json list = json::array();
  for (const Ipv6Address& sid : sids) list.push_back(sid.to_string());
  return list;
}

json measurement(const te::Measurement& m) {
  return {{"rtt_min_us", m.rtt_min.count()},
          {"rtt_p50_us", m.rtt_p50.count()},
          {"rtt_p99_us", m.rtt_p99.count()},
          {"jitter_us", m.jitter.count()},
          {"loss", m.loss},
          {"sent", m.sent},
          {"received", m.received},
          {"last_unix_us", unix_us(m.last)}};
}

json candidate(const te::CandidatePathState& c) {
  json out = {{"preference", c.preference},
              {"origin", te::to_string(c.origin)},
              {"algorithm", c.algorithm.value()},
              {"valid", c.valid},
              {"alive", c.alive},
              {"reason", c.reason},
              {"segments", segments(c.segments)},
              {"installed_unix_us", unix_us(c.installed)}};
  out["nodes"] = json::array();
  for (const NodeName& node : c.nodes) out["nodes"].push_back(node.str());
  // What was never measured is absent, never 0.
  if (c.measured.known()) out["measured"] = measurement(c.measured);
  if (c.computed_delay) out["computed_delay_us"] = c.computed_delay->count();
  if (c.reserved_bandwidth) out["reserved_bandwidth_bps"] = c.reserved_bandwidth->value();
  return out;
}

json path(const te::PathState& p) {
  json out = {{"site", p.site.str()},
              {"tier", p.tier.str()},
              {"color", p.color.value()},
              {"status", te::to_string(p.status)},
              {"reason", p.reason},
              {"transitions", p.transitions},
              {"since_unix_us", unix_us(p.since)},
              {"candidates", json::array()}};
  out["active"] = p.active ? json(*p.active) : json(nullptr);
  for (const te::CandidatePathState& c : p.candidates) out["candidates"].push_back(candidate(c));
  return out;
}

json model(const fabric::ModelState& m) {
  return {{"name", m.model.str()},
          {"capacity", m.capacity},
          {"running", m.running},
          {"waiting", m.waiting},
          {"kv_used", m.kv_used},
          {"in_flight_prefill_tokens", m.in_flight_prefill_tokens},
          {"prefill_tokens_per_second", m.prefill_tokens_per_second},
          {"itl_seconds", m.itl_seconds},
          {"price_per_million_tokens", m.price_per_million_tokens},
          {"adapters_loaded", m.adapters_loaded}};
}

}  // namespace

std::string_view admission_name(fabric::Admission admission) {
  switch (admission) {
    case fabric::Admission::kOpen:
      return "open";
    case fabric::Admission::kBusy:
      return "busy";
    case fabric::Admission::kClosed:
      return "closed";
  }
  return "unknown";
}

std::string paths_json(const te::PathSnapshot& paths) {
  json out = {{"version", paths.version},
              {"intent_revision", paths.intent_revision},
              {"topology", {{"state", paths.topology_state}, {"version", paths.topology_version}}},
              {"paths", json::array()},
              {"pcep_sessions", json::array()}};
  for (const te::PathState& p : paths.paths) out["paths"].push_back(path(p));
  for (const te::PcepSessionState& s : paths.pcep_sessions) {
    out["pcep_sessions"].push_back(
        {{"address", s.address}, {"state", s.state}, {"since_unix_us", unix_us(s.since)}, {"reason", s.reason}});
  }
  return out.dump();
}

std::string sites_json(const fabric::FabricSnapshot& sites, SteadyTime now) {
  json out = {{"version", sites.version}, {"sites", json::array()}};
  for (std::size_t i = 0; i < sites.size(); ++i) {
    json entry = {{"site", sites.site[i].str()},
                  {"router", sites.router[i].str()},
                  {"admission", admission_name(sites.admission[i])},
                  {"age_ms", std::chrono::duration_cast<Milliseconds>(now - sites.received[i]).count()},
                  {"policy_hash", sites.policy_hash[i]},
                  {"models", json::array()}};
    for (const fabric::ModelState& m : sites.models[i]) entry["models"].push_back(model(m));
    out["sites"].push_back(std::move(entry));
  }
  return out.dump();
}

}  // namespace pathwise::router
