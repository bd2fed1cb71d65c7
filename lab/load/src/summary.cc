// SPDX-License-Identifier: Apache-2.0
#include "lab/load/summary.h"

#include <nlohmann/json.hpp>

#include "base/format.h"

namespace pathwise::lab {

std::string to_json(const RequestRecord& record) {
  nlohmann::ordered_json json{
      {"sequence", record.sequence},
      {"tier", record.tier.str()},
      {"result", record.failure == Failure::kNone ? "ok" : to_string(record.failure)},
      {"status", record.status},
      {"request_id", record.request_id.str()},
      {"site", record.site.str()},
      {"served_tier", record.served_tier.str()},
      {"decision", record.decision},
      {"started_us", std::chrono::duration_cast<Microseconds>(record.started.time_since_epoch()).count()},
      {"ttft_us", record.ttft.count()},
      {"e2e_us", record.e2e.count()},
      {"tokens", record.tokens},
      {"cached_tokens", record.cached_tokens}};
  if (!record.session.empty()) json["session"] = record.session;
  if (!record.labels.empty()) json["labels"] = record.labels;
  if (!record.error.empty()) json["error"] = record.error;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void TierSummary::add(const RequestRecord& record) {
  ++requests;
  tokens += record.tokens;
  if (record.failure != Failure::kNone) {
    ++failures[record.failure];
    return;
  }
  ++succeeded;
  ttft.record(record.ttft);
  e2e.record(record.e2e);
  const bool room = sites.size() < kMaxSites || sites.contains(record.site);
  ++sites[room ? record.site : SiteName("(other)")];
}

std::uint64_t TierSummary::broken() const {
  const auto refused = failures.find(Failure::kRefused);
  return requests - succeeded - (refused == failures.end() ? 0 : refused->second);
}

namespace {

std::string row(const std::string& name, const TierSummary& tier) {
  std::string sites;
  for (const auto& [site, count] : tier.sites) {
    sites += formatted("{}{}:{}", sites.empty() ? "" : " ", site.empty() ? "-" : site.str(), count);
  }
  std::string failures;
  for (const auto& [failure, count] : tier.failures) failures += formatted(" {}:{}", to_string(failure), count);
  return formatted("{:<12} {:>9} {:>9} {:>8} {:>9} {:>9} {:>9} {:>9}  {}{}\n", name, tier.requests, tier.succeeded,
                   tier.requests - tier.succeeded, to_human(tier.ttft.quantile(0.5)), to_human(tier.ttft.quantile(0.9)),
                   to_human(tier.ttft.quantile(0.99)), to_human(tier.e2e.quantile(0.5)), sites, failures);
}

}  // namespace

std::string LoadSummary::table() const {
  std::string out = formatted("{:<12} {:>9} {:>9} {:>8} {:>9} {:>9} {:>9} {:>9}  {}\n", "tier", "requests", "ok",
                              "failed", "ttft p50", "p90", "p99", "e2e p50", "sites, failures");
  for (const auto& [tier, values] : tiers) out += row(tier.empty() ? "(default)" : tier.str(), values);
  if (tiers.size() > 1) out += row("total", total);
  const double seconds = Seconds(elapsed).count();
  out += formatted("{:.1f} s, {:.1f} requests/s, {:.0f} tokens/s, {} shed\n", seconds,
                   seconds > 0 ? static_cast<double>(total.requests) / seconds : 0,
                   seconds > 0 ? static_cast<double>(total.tokens) / seconds : 0, shed);
  return out;
}

}  // namespace pathwise::lab
