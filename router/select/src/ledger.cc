// SPDX-License-Identifier: Apache-2.0
#include "router/select/ledger.h"

namespace pathwise::router::select {

namespace {

// The number of `key`, the next one if it is new; nullopt when `limit` numbers are given out.
template <typename Key, typename Id>
std::optional<Id> number_of(std::map<Key, Id>& table, Key key, std::size_t limit) {
  if (const auto found = table.find(key); found != table.end()) return found->second;
  if (table.size() >= limit) return std::nullopt;
  const Id id = static_cast<Id>(table.size());
  table.emplace(std::move(key), id);
  return id;
}

}  // namespace

std::optional<TargetId> Ledger::target(const SiteName& site, const RouterName& router) {
  return number_of(targets_, std::pair(site, router), kMaxTargets);
}

std::optional<ModelId> Ledger::model(const ModelName& name) {
  return number_of(models_, name, kMaxModels);
}

LoadCells& Ledger::cells(ModelId model) {
  if (cells_.size() <= model) cells_.resize(model + std::size_t{1});
  if (!cells_[model]) cells_[model] = std::make_unique<LoadCells>();
  return *cells_[model];
}

}  // namespace pathwise::router::select
