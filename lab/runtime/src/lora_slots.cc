// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/lora_slots.h"

#include <algorithm>

namespace pathwise::lab {

LoraSlots::LoraSlots(const LoraConfig& config)
    : max_(config.max), load_time_(config.load_time), known_(config.adapters.begin(), config.adapters.end()) {}

Result<void> LoraSlots::add(const AdapterName& adapter) {
  if (max_ == 0) return fail(ErrorCode::kFailedPrecondition, "this engine has no LoRA slots (lora.max is 0)");
  if (!known_.insert(adapter).second) return fail(ErrorCode::kAlreadyExists, "{}", adapter);
  return {};
}

Result<void> LoraSlots::remove(const AdapterName& adapter) {
  if (known_.erase(adapter) == 0) return fail(ErrorCode::kNotFound, "{}", adapter);
  return {};
}

bool LoraSlots::ready(const AdapterName& adapter, SteadyTime now) {
  if (const Slot* slot = find(adapter)) return slot->ready_at <= now;
  const Slot fresh{.adapter = adapter, .ready_at = now + load_time_, .last_used = now};
  if (slots_.size() < max_) {
    slots_.push_back(fresh);
  } else if (Slot* victim = least_recently_used(now)) {
    *victim = fresh;
  } else {
    return false;  // every slot is busy or loading
  }
  ++loads_;
  return load_time_.count() == 0;
}

void LoraSlots::acquire(const AdapterName& adapter, SteadyTime now) {
  Slot* slot = find(adapter);
  ++slot->users;
  slot->last_used = now;
}

void LoraSlots::release(const AdapterName& adapter) {
  --find(adapter)->users;
}

std::optional<SteadyTime> LoraSlots::next_ready(SteadyTime now) const {
  std::optional<SteadyTime> earliest;
  for (const Slot& slot : slots_) {
    if (slot.ready_at > now && (!earliest || slot.ready_at < *earliest)) earliest = slot.ready_at;
  }
  return earliest;
}

std::vector<AdapterName> LoraSlots::resident(SteadyTime now) const {
  std::vector<AdapterName> names;
  for (const Slot& slot : slots_) {
    if (slot.ready_at <= now) names.push_back(slot.adapter);
  }
  std::ranges::sort(names);
  return names;
}

LoraSlots::Slot* LoraSlots::find(const AdapterName& adapter) {
  const auto found = std::ranges::find(slots_, adapter, &Slot::adapter);
  return found == slots_.end() ? nullptr : &*found;
}

LoraSlots::Slot* LoraSlots::least_recently_used(SteadyTime now) {
  Slot* oldest = nullptr;
  for (Slot& slot : slots_) {
    if (slot.users > 0 || slot.ready_at > now) continue;
    if (oldest == nullptr || slot.last_used < oldest->last_used) oldest = &slot;
  }
  return oldest;
}

}  // namespace pathwise::lab
