// SPDX-License-Identifier: Apache-2.0
#include "router/admin/decision_store.h"

#include <algorithm>
#include <utility>

namespace pathwise::router::admin {

void DecisionStore::add(select::DecisionRecord& record) {
  select::DecisionRecord& slot = slots_[next_ % slots_.size()];
  if (next_ >= slots_.size()) {
    const auto old = by_id_.find(slot.id.str());
    if (old != by_id_.end() && old->second == next_ - slots_.size()) by_id_.erase(old);
  }
  std::swap(slot, record);
  by_id_[slot.id.str()] = next_++;
}

const select::DecisionRecord* DecisionStore::find(std::string_view request_id) const {
  const auto found = by_id_.find(std::string(request_id));
  return found == by_id_.end() ? nullptr : &slots_[found->second % slots_.size()];
}

std::vector<const select::DecisionRecord*> DecisionStore::latest(std::size_t count) const {
  std::vector<const select::DecisionRecord*> records;
  const std::uint64_t kept = std::min<std::uint64_t>(next_, slots_.size());
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, kept); ++i) {
    records.push_back(&slots_[(next_ - 1 - i) % slots_.size()]);
  }
  return records;
}

}  // namespace pathwise::router::admin
