// SPDX-License-Identifier: Apache-2.0
#include "fabric/digest_table.h"

#include <algorithm>

namespace pathwise::fabric {
namespace {

ModelState to_state(const ModelLoad& load, const Record& record) {
  ModelState state{.model = load.model,
                   .capacity = load.capacity,
                   .running = load.running,
                   .waiting = load.waiting,
                   .in_flight_prefill_tokens = load.in_flight_prefill_tokens,
                   .kv_used = load.kv_used,
                   .prefill_tokens_per_second = load.prefill_tokens_per_second,
                   .itl_seconds = load.itl_seconds,
                   .itl_slope_seconds = load.itl_slope_seconds,
                   .prefix_blocks = load.prefix_blocks};
  const auto found = std::ranges::lower_bound(record.models, load.model, {}, &ModelRecord::model);
  if (found != record.models.end() && found->model == load.model) {
    state.price_per_million_tokens = found->price_per_million_tokens;
    state.context_tokens = found->context_tokens;
    state.adapter_load_seconds = found->adapter_load_seconds;
    state.adapters_loaded = found->adapters_loaded;
    state.adapters_loadable = found->adapters_loadable;
  }
  return state;
}

void merge_load(const ModelState& from, ModelLoad& to) {
  to.capacity = from.capacity;
  to.running = from.running;
  to.waiting = from.waiting;
  to.in_flight_prefill_tokens = from.in_flight_prefill_tokens;
  to.kv_used = from.kv_used;
  if (from.prefill_tokens_per_second > 0) to.prefill_tokens_per_second = from.prefill_tokens_per_second;
  if (from.itl_seconds > 0) to.itl_seconds = from.itl_seconds;
  if (from.itl_slope_seconds > 0) to.itl_slope_seconds = from.itl_slope_seconds;
}

}  // namespace

Applied DigestTable::count(Applied applied) {
  switch (applied) {
    case Applied::kChanged:
      ++counters_.changed;
      changed_ = true;
      break;
    case Applied::kOld:
      ++counters_.old;
      break;
    case Applied::kRefused:
      ++counters_.refused;
      break;
  }
  return applied;
}

DigestTable::Entry* DigestTable::admit(const SiteName& certified, const SiteName& site, const RouterName& router) {
  if (site != certified || router.empty() || (sites_ && !sites_->contains(site))) return nullptr;
  const Key key{site, router};
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    found->second.touched = clock_->now();
    return &found->second;
  }
  const auto same_site = [&site](const auto& entry) { return entry.first.first == site; };
  if (entries_.size() >= limits_.entries ||
      static_cast<std::size_t>(std::ranges::count_if(entries_, same_site)) >= limits_.routers_per_site) {
    return nullptr;
  }
  Entry& entry = entries_[key];
  entry.touched = clock_->now();
  return &entry;
}

// A restart has a new epoch and begins its sequence again. Epochs are times of the sender's clock, which
// may have gone back meanwhile: then its new life is believed once the old one has been silent.
bool DigestTable::advance(Version& version, std::uint64_t epoch, std::uint64_t sequence) const {
  const SteadyTime now = clock_->now();
  const bool newer = epoch > version.epoch || (epoch == version.epoch && sequence > version.sequence);
  const bool silent = epoch != version.epoch && now - version.at >= limits_.silent_after;
  if (version.any && !newer && !silent) return false;
  version = {epoch, sequence, now, true};
  return true;
}

Applied DigestTable::apply(const SiteName& certified, const Hello& hello) {
  Entry* entry = admit(certified, hello.site, hello.router);
  if (entry == nullptr) return count(Applied::kRefused);
  if (entry->policy_hash == hello.hashes.policy) return count(Applied::kOld);
  entry->policy_hash = hello.hashes.policy;
  return count(Applied::kChanged);
}

Applied DigestTable::apply(const SiteName& certified, Digest digest) {
  Entry* entry = admit(certified, digest.site, digest.router);
  if (entry == nullptr) return count(Applied::kRefused);
  if (!advance(entry->digest_version, digest.epoch, digest.sequence)) return count(Applied::kOld);
  entry->digest = std::move(digest);
  entry->received = clock_->now();
  return count(Applied::kChanged);
}

Applied DigestTable::apply(const SiteName& certified, Record record) {
  Entry* entry = admit(certified, record.site, record.router);
  if (entry == nullptr) return count(Applied::kRefused);
  if (!advance(entry->record_version, record.epoch, record.sequence)) return count(Applied::kOld);
  if (entry->record.models == record.models) return count(Applied::kOld);
  entry->record = std::move(record);
  return count(Applied::kChanged);
}

bool DigestTable::merge_refusal(const SiteName& site, const RouterName& router, const ModelState& state) {
  const auto found = entries_.find({site, router});
  if (found == entries_.end() || !found->second.digest) return false;
  auto& models = found->second.digest->models;
  const auto model = std::ranges::lower_bound(models, state.model, {}, &ModelLoad::model);
  if (model == models.end() || model->model != state.model) return false;
  merge_load(state, *model);
  found->second.received = clock_->now();
  changed_ = true;
  return true;
}

void DigestTable::set_sites(std::set<SiteName> sites) {
  sites_ = std::move(sites);
  const auto gone = std::erase_if(entries_, [this](const auto& entry) { return !sites_->contains(entry.first.first); });
  counters_.forgotten += gone;
  changed_ = changed_ || gone > 0;
}

bool DigestTable::expire() {
  const SteadyTime now = clock_->now();
  const auto gone =
      std::erase_if(entries_, [&](const auto& entry) { return now - entry.second.touched >= limits_.forget_after; });
  counters_.forgotten += gone;
  changed_ = changed_ || gone > 0;
  return gone > 0;
}

FabricSnapshotPtr DigestTable::snapshot() {
  if (!changed_ && current_ != nullptr) return current_;
  auto next = std::make_shared<FabricSnapshot>();
  next->version = ++version_;
  for (const auto& [key, entry] : entries_) {
    if (!entry.digest) continue;
    next->site.push_back(key.first);
    next->router.push_back(key.second);
    next->admission.push_back(entry.digest->admission);
    next->received.push_back(entry.received);
    next->policy_hash.push_back(entry.policy_hash);
    auto& models = next->models.emplace_back();
    models.reserve(entry.digest->models.size());
    for (const ModelLoad& load : entry.digest->models) models.push_back(to_state(load, entry.record));
  }
  current_ = std::move(next);
  changed_ = false;
  return current_;
}

}  // namespace pathwise::fabric
