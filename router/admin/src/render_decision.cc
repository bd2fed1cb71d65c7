// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/format.h"
#include "render.h"
#include "router/admin/admin_api.h"

namespace pathwise::router::admin {

namespace {

// Milliseconds with three decimals: enough for a term, short enough to read.
double ms(double seconds) {
  return std::round(seconds * 1e6) / 1e3;
}

Json terms_json(const select::CostTerms& terms) {
  return {{"rtt_ms", ms(terms.rtt)},
          {"transfer_ms", ms(terms.transfer)},
          {"wait_ms", ms(terms.wait)},
          {"adapter_load_ms", ms(terms.adapter_load)},
          {"prefill_ms", ms(terms.prefill)},
          {"decode_ms", ms(terms.decode)},
          {"price", terms.price},
          {"cached_tokens", std::round(terms.cached_tokens)},
          {"learned_ratio", std::round(terms.ratio * 1000) / 1000},
          {"ttft_ms", ms(terms.ttft)},
          {"e2e_ms", ms(terms.e2e)},
          {"objective", terms.objective}};
}

Json alternatives_json(const select::DecisionRecord& record) {
  Json list = Json::array();
  for (const select::RecordedAlternative& each : record.alternatives) {
    list.push_back({{"site", each.site.str()},
                    {"router", each.router.str()},
                    {"path", each.path ? *each.path : ""},
                    {"terms", terms_json(each.terms)},
                    {"headroom", std::round(each.headroom * 1000) / 1000},
                    {"age_ms", ms(each.age_s)},
                    {"near_best", each.near_best}});
  }
  return list;
}

Json removed_json(const select::DecisionRecord& record) {
  Json list = Json::array();
  for (const select::RecordedRemoval& each : record.removed) {
    list.push_back({{"site", each.site.str()}, {"reason", select::to_string(each.reason)}, {"rule", each.rule}});
  }
  return list;
}

Json attempts_json(const select::DecisionRecord& record) {
  Json list = Json::array();
  for (const select::RecordedAttempt& each : record.attempts) {
    list.push_back({{"site", each.site.str()}, {"result", each.result}});
  }
  return list;
}

Json request_json(const select::DecisionRecord& record) {
  return {{"tenant", record.tenant},
          {"tier", record.tier},
          {"model", record.model},
          {"adapter", record.adapter},
          {"labels", record.labels},
          {"stream", record.stream},
          {"body_bytes", record.body_bytes},
          {"prompt_bytes", record.prompt_bytes},
          {"prompt_tokens_estimated", std::round(record.prompt_tokens)},
          {"prompt_tokens", record.prompt_tokens_used},
          {"output_tokens_expected", std::round(record.output_tokens)},
          {"completion_tokens", record.completion_tokens}};
}

Json chosen_json(const select::DecisionRecord& record) {
  std::string path;
  for (const select::RecordedAlternative& each : record.alternatives) {
    if (each.site == record.site && each.router == record.router && each.path) path = *each.path;
  }
  return {{"site", record.site.str()},
          {"router", record.router.str()},
          {"runtime", record.runtime},
          {"path", path},
          {"picked_by", select::to_string(record.how)}};
}

}  // namespace

std::string iso_time(SystemTime when) {
  return formatted("{:%FT%TZ}", std::chrono::floor<std::chrono::microseconds>(when));
}

Json decision_json(const select::DecisionRecord& record) {
  return {{"request_id", record.id.str()},
          {"decision_id", record.decision},
          {"traceparent", record.trace},
          {"at", iso_time(record.at)},
          {"decided_by", record.ingress.str()},
          {"from_peer", record.from_peer.str()},
          {"request", request_json(record)},
          {"chosen", chosen_json(record)},
          {"alternatives", alternatives_json(record)},
          {"alternatives_total", record.alternatives_total},
          {"removed", removed_json(record)},
          {"removed_total", record.removed_total},
          {"attempts", attempts_json(record)},
          {"outcome",
           {{"result", select::to_string(record.outcome)},
            {"status", record.status},
            {"error", record.error},
            {"decision_us", std::round(record.decision_s * 1e9) / 1e3},
            {"ttft_ms", ms(record.ttft_s)},
            {"ttft_predicted_ms", ms(record.predicted_ttft_s)},
            {"total_ms", ms(record.total_s)},
            {"bytes", record.bytes_out}}},
          {"snapshots",
           {{"policy_revision", record.policy_revision},
            {"policy_hash", record.policy_hash},
            {"load_version", record.load_version},
            {"path_version", record.path_version}}}};
}

std::string render_decision(const select::DecisionRecord& record) {
  return decision_json(record).dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pathwise::router::admin
