// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "render.h"

namespace pathwise::router::admin {

namespace {

Json offer_json(const select::ModelOffers& model, const select::Offer& offer) {
  const select::PresentLoad load = select::present_load(offer);
  return {{"model", model.name.str()},
          {"capacity", offer.capacity},
          {"running", offer.running},
          {"waiting", offer.waiting},
          {"sequences_now", load.sequences},
          {"prefill_tokens_now", load.prefill_tokens},
          {"prefill_rate", offer.prefill_rate},
          {"itl_ms", offer.itl * 1e3},
          {"kv_used", offer.state->kv_used},
          {"prefix_blocks", offer.state->prefix_blocks.size()},
          {"adapters_loaded", offer.state->adapters_loaded},
          {"adapters_loadable", offer.state->adapters_loadable}};
}

Json models_of(const select::LoadView& load, std::uint32_t target) {
  Json list = Json::array();
  for (const select::ModelOffers& model : load.models) {
    for (const select::Offer& offer : model.offers) {
      if (offer.target == target) list.push_back(offer_json(model, offer));
    }
  }
  return list;
}

std::string_view admission_name(fabric::Admission admission) {
  switch (admission) {
    case fabric::Admission::kOpen:
      return "open";
    case fabric::Admission::kBusy:
      return "busy";
    case fabric::Admission::kClosed:
      break;
  }
  return "closed";
}

Json runtimes_json(const runtime::RuntimeView& view) {
  Json list = Json::array();
  for (const runtime::RuntimeState& each : view.runtimes) {
    Json models = Json::array();
    for (const runtime::ServedModel& model : each.models) models.push_back(model.id);
    list.push_back({{"url", each.url},
                    {"up", each.up},
                    {"reason", each.reason},
                    {"models", models},
                    {"capacity", each.capacity},
                    {"running", each.metrics.running},
                    {"waiting", each.metrics.waiting},
                    {"kv_used", each.metrics.kv_used},
                    {"own_requests", each.counters->requests.load(std::memory_order_relaxed)},
                    {"own_prefill_tokens", each.counters->prefill_tokens.load(std::memory_order_relaxed)},
                    {"itl_ms", each.itl * 1e3}});
  }
  return list;
}

Json measured_json(const te::Measurement& measured) {
  Json json = {{"rtt_min_us", measured.rtt_min.count()},
               {"rtt_p50_us", measured.rtt_p50.count()},
               {"rtt_p99_us", measured.rtt_p99.count()},
               {"jitter_us", measured.jitter.count()},
               {"loss", measured.loss},
               {"sent", measured.sent},
               {"received", measured.received},
               {"returned_by", te::to_string(measured.returned_by)}};
  if (measured.one_way) {
    json["one_way"] = {{"forward_min_us", measured.one_way->forward_min.count()},
                       {"forward_p50_us", measured.one_way->forward_p50.count()},
                       {"backward_min_us", measured.one_way->backward_min.count()},
                       {"backward_p50_us", measured.one_way->backward_p50.count()},
                       {"error_us", measured.one_way->error.count()}};
  }
  return json;
}

Json candidate_json(const te::CandidatePathState& candidate) {
  Json segments = Json::array();
  for (const Ipv6Address& segment : candidate.segments) segments.push_back(segment.to_string());
  Json nodes = Json::array();
  for (const NodeName& node : candidate.nodes) nodes.push_back(node.str());
  Json json = {{"preference", candidate.preference},
               {"origin", te::to_string(candidate.origin)},
               {"algorithm", candidate.algorithm.value()},
               {"valid", candidate.valid},
               {"alive", candidate.alive},
               {"reason", candidate.reason},
               {"segments", segments},
               {"nodes", nodes},
               {"measured", measured_json(candidate.measured)}};
  if (candidate.installed != SystemTime{}) {
    json["installed_unix_us"] =
        std::chrono::duration_cast<Microseconds>(candidate.installed.time_since_epoch()).count();
  }
  if (candidate.computed_delay) json["computed_delay_us"] = candidate.computed_delay->count();
  if (candidate.reserved_bandwidth) json["reserved_bandwidth_bps"] = candidate.reserved_bandwidth->value();
  return json;
}

Json path_json(const te::PathState& path) {
  Json candidates = Json::array();
  for (const te::CandidatePathState& each : path.candidates) candidates.push_back(candidate_json(each));
  return {{"site", path.site.str()},
          {"tier", path.tier.str()},
          {"color", path.color.value()},
          {"status", te::to_string(path.status)},
          {"active", path.active ? Json(*path.active) : Json(nullptr)},
          {"since", iso_time(path.since)},
          {"reason", path.reason},
          {"transitions", path.transitions},
          {"candidates", candidates}};
}

std::string_view objective_name(policy::Objective objective) {
  switch (objective) {
    case policy::Objective::kTtft:
      return "ttft";
    case policy::Objective::kE2e:
      return "e2e";
    case policy::Objective::kCost:
      break;
  }
  return "cost";
}

}  // namespace

Json sites_json(const forward::State& state, const std::vector<fabric::PeerStatus>& peers, SteadyTime now) {
  Json sites = Json::array();
  const select::LoadView& load = *state.views.load;
  for (std::uint32_t i = 0; i < load.targets.size(); ++i) {
    const select::Target& target = load.targets[i];
    sites.push_back(
        {{"site", target.site.str()},
         {"router", target.router.str()},
         {"local", target.local},
         {"admission", admission_name(target.admission)},
         {"age_ms", target.local ? 0.0 : std::chrono::duration<double, std::milli>(now - target.received).count()},
         {"models", models_of(load, i)}});
  }
  Json streams = Json::array();
  for (const fabric::PeerStatus& peer : peers) {
    streams.push_back({{"site", peer.address.site.str()},
                       {"router", peer.address.router.str()},
                       {"connected", peer.connected},
                       {"heard", peer.heard},
                       {"last_error", peer.last_error},
                       {"disagreement", peer.disagreement}});
  }
  return {
      {"sites", sites}, {"peers", streams}, {"runtimes", runtimes_json(*state.runtimes)}, {"version", load.version}};
}

Json paths_json(const forward::State& state) {
  Json paths = Json::array();
  Json sessions = Json::array();
  const te::PathSnapshotPtr& snapshot = state.views.paths->paths;
  if (!snapshot) return {{"paths", paths}, {"topology", "unknown: pathwise-te has not reported"}};
  for (const te::PathState& path : snapshot->paths) paths.push_back(path_json(path));
  for (const te::PcepSessionState& each : snapshot->pcep_sessions) {
    sessions.push_back({{"address", each.address}, {"state", each.state}, {"reason", each.reason}});
  }
  return {{"paths", paths},
          {"pcep_sessions", sessions},
          {"topology", snapshot->topology_state},
          {"topology_version", snapshot->topology_version},
          {"version", snapshot->version},
          {"intent_revision", snapshot->intent_revision}};
}

Json policy_json(const policy::PolicySnapshot& policy) {
  Json tiers = Json::array();
  for (const policy::TierConfig& tier : policy.config().tiers) {
    tiers.push_back({{"name", tier.name.str()},
                     {"color", tier.color.value()},
                     {"objective", objective_name(tier.objective)},
                     {"budget_us", tier.budget.count()},
                     {"strict", tier.strict}});
  }
  Json tenants = Json::array();  // without their keys
  for (const policy::TenantConfig& tenant : policy.config().tenants) {
    Json entitled = Json::array();
    for (const TierName& tier : tenant.tiers) entitled.push_back(tier.str());
    tenants.push_back({{"name", tenant.name.str()}, {"tiers", entitled}, {"default_tier", tenant.default_tier.str()}});
  }
  Json models = Json::array();
  for (const policy::ModelConfig& model : policy.config().models) {
    models.push_back({{"name", model.name.str()}, {"aliases", model.aliases}});
  }
  Json rules = Json::array();
  for (const policy::ResidencyRule& rule : policy.config().residency) rules.push_back(rule.name);
  return {{"revision", policy.revision()},
          {"hash", policy.hash()},
          {"tiers", tiers},
          {"tenants", tenants},
          {"models", models},
          {"residency", rules}};
}

}  // namespace pathwise::router::admin
