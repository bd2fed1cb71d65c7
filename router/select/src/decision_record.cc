// SPDX-License-Identifier: Apache-2.0
#include "router/select/decision_record.h"

#include <algorithm>
#include <utility>

#include "base/format.h"

namespace pathwise::router::select {

namespace {

std::string rule_of(const RemovedTarget& removed, const Request& request, const Views& views) {
  const Target& target = views.load->targets[removed.target];
  switch (removed.reason) {
    case Removed::kPolicy:
      return request.policy->sites[target.site_index].rule;
    case Removed::kPath: {
      const PathTerms& path = views.paths->terms[request.tier_index][target.site_index];
      return path.why_not ? *path.why_not : std::string{};
    }
    case Removed::kAdapter:
      return formatted("adapter {} is not there", request.adapter);
    default:
      return {};
  }
}

void copy_alternatives(const Decision& decision, const Request& request, const Views& views, DecisionRecord& record) {
  record.alternatives.resize(decision.alternatives.size());
  for (std::size_t k = 0; k < decision.alternatives.size(); ++k) {
    const Alternative& from = decision.alternatives[k];
    const Target& target = views.load->targets[from.target];
    RecordedAlternative& to = record.alternatives[k];
    to.site = target.site;
    to.router = target.router;
    to.path = views.paths->terms[request.tier_index][target.site_index].label;
    to.terms = from.terms;
    to.headroom = from.headroom;
    to.age_s = from.age_s;
    to.near_best = from.near_best;
  }
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  static constexpr std::array<std::string_view, kOutcomes> kNames = {
      "ok", "client_error", "no_capacity", "upstream_error", "broken", "client_gone"};
  return kNames[static_cast<std::size_t>(outcome)];
}

void DecisionRecord::clear() {
  DecisionRecord fresh;
  for (std::string DecisionRecord::* text :
       {&DecisionRecord::decision, &DecisionRecord::trace, &DecisionRecord::tenant, &DecisionRecord::tier,
        &DecisionRecord::model, &DecisionRecord::adapter, &DecisionRecord::labels, &DecisionRecord::runtime,
        &DecisionRecord::policy_hash, &DecisionRecord::error}) {
    (this->*text).clear();
    std::swap(this->*text, fresh.*text);
  }
  alternatives.clear();
  removed.clear();
  attempts.clear();
  std::swap(alternatives, fresh.alternatives);
  std::swap(removed, fresh.removed);
  std::swap(attempts, fresh.attempts);
  *this = std::move(fresh);
}

void record_decision(const Decision& decision, const Request& request, const Views& views, DecisionRecord& record) {
  record.prompt_tokens = decision.prompt_tokens;
  record.output_tokens = decision.output_tokens;
  record.alternatives_total = static_cast<std::uint32_t>(decision.alternatives_total);
  record.removed_total = static_cast<std::uint32_t>(decision.removed.size());
  record.how = decision.how;
  record.policy_revision = views.policy->revision();
  record.policy_hash = views.policy->hash();
  record.load_version = views.load->version;
  record.path_version = views.paths->version;
  copy_alternatives(decision, request, views, record);
  record.removed.resize(std::min(decision.removed.size(), DecisionRecord::kMaxRemovals));
  for (std::size_t i = 0; i < record.removed.size(); ++i) {
    const RemovedTarget& from = decision.removed[i];
    record.removed[i] = {views.load->targets[from.target].site, from.reason, rule_of(from, request, views)};
  }
  if (decision.chosen == nullptr) return;
  const Target& target = views.load->targets[decision.chosen->target];
  record.site = target.site;
  record.router = target.router;
  record.predicted_ttft_s = decision.chosen->terms.ttft;
}

bool RecordRing::push(DecisionRecord& record) {
  const std::uint64_t at = written_.load(std::memory_order_relaxed);
  if (at - read_.load(std::memory_order_acquire) >= slots_.size()) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  std::swap(slots_[at % slots_.size()], record);
  written_.store(at + 1, std::memory_order_release);
  return true;
}

bool RecordRing::pop(DecisionRecord& record) {
  const std::uint64_t at = read_.load(std::memory_order_relaxed);
  if (at == written_.load(std::memory_order_acquire)) return false;
  std::swap(slots_[at % slots_.size()], record);
  read_.store(at + 1, std::memory_order_release);
  return true;
}

}  // namespace pathwise::router::select
