// SPDX-License-Identifier: Apache-2.0
#include "router/select/learned.h"

#include <algorithm>

namespace pathwise::router::select {

namespace {

constexpr double kGain = 0.1;  // of each observation
constexpr double kMinRatio = 0.25, kMaxRatio = 4;
constexpr double kNoiseFloor = 0.005;  // s: below this a ratio says nothing
constexpr double kMinBytesPerToken = 0.5, kMaxBytesPerToken = 16;
constexpr double kFirstOutputTokens = 200;

void blend(double& value, double observed) {
  value = value == 0 ? observed : value + kGain * (observed - value);
}

}  // namespace

Learned::ModelRow& Learned::row(ModelId model) {
  if (model >= rows_.size()) rows_.resize(model + 1u);
  return rows_[model];
}

const Learned::ModelRow* Learned::find(ModelId model) const {
  return model < rows_.size() ? &rows_[model] : nullptr;
}

double Learned::ratio(TargetId target, ModelId model) const {
  const ModelRow* row = find(model);
  if (row == nullptr || target >= row->ratio.size() || row->ratio[target] == 0) return 1;
  return row->ratio[target];
}

std::span<const float> Learned::ratios(ModelId model) const {
  const ModelRow* row = find(model);
  return row == nullptr ? std::span<const float>{} : row->ratio;
}

void Learned::observe_ttft(TargetId target, ModelId model, double predicted_s, double observed_s) {
  const double seen = std::clamp((observed_s + kNoiseFloor) / (predicted_s + kNoiseFloor), kMinRatio, kMaxRatio);
  ModelRow& mine = row(model);
  if (target >= mine.ratio.size()) mine.ratio.resize(target + 1u, 0);
  double value = mine.ratio[target] == 0 ? 1 : mine.ratio[target];
  blend(value, seen);
  mine.ratio[target] = static_cast<float>(value);
}

double Learned::bytes_per_token(ModelId model, double first_guess) const {
  const ModelRow* row = find(model);
  return row == nullptr || row->bytes_per_token == 0 ? first_guess : row->bytes_per_token;
}

void Learned::observe_prompt(ModelId model, double bytes, double tokens) {
  if (bytes <= 0 || tokens <= 0) return;
  blend(row(model).bytes_per_token, std::clamp(bytes / tokens, kMinBytesPerToken, kMaxBytesPerToken));
}

double Learned::output_tokens(ModelId model) const {
  const ModelRow* row = find(model);
  return row == nullptr || row->output_tokens == 0 ? kFirstOutputTokens : row->output_tokens;
}

void Learned::observe_output(ModelId model, double tokens) {
  if (tokens > 0) blend(row(model).output_tokens, tokens);
}

PrefixMemory::PrefixMemory(std::size_t sets) : entries_(sets * kWays), mask_(sets - 1) {}

std::uint64_t PrefixMemory::key(std::uint64_t block, ModelId model) const {
  const std::uint64_t mixed = block ^ (0x9E3779B97F4A7C15ull * (model + 1u));
  return mixed == 0 ? 1 : mixed;  // 0 marks a free entry
}

void PrefixMemory::remember(std::span<const std::uint64_t> blocks, ModelId model, TargetId target) {
  ++stamp_;
  for (const std::uint64_t block : blocks) {
    const std::uint64_t wanted = key(block, model);
    Entry* const set = &entries_[(wanted & mask_) * kWays];
    Entry* entry = std::find_if(set, set + kWays, [&](const Entry& each) { return each.block == wanted; });
    if (entry == set + kWays) {
      entry = std::min_element(set, set + kWays, [](const Entry& a, const Entry& b) { return a.stamp < b.stamp; });
      *entry = Entry{.block = wanted};
    }
    entry->stamp = stamp_;
    const auto end = entry->targets.begin() + entry->count;
    const auto known = std::find(entry->targets.begin(), end, target);
    if (known == end && entry->count < kTargetsPerBlock) ++entry->count;
    // The newest goes first; if it was not there, the oldest falls off the end.
    const auto last = known == end ? entry->targets.begin() + entry->count - 1 : known;
    std::move_backward(entry->targets.begin(), last, last + 1);
    entry->targets[0] = target;
  }
}

const PrefixMemory::Entry* PrefixMemory::find(std::uint64_t block, ModelId model) const {
  const std::uint64_t wanted = key(block, model);
  const Entry* const set = &entries_[(wanted & mask_) * kWays];
  const Entry* entry = std::find_if(set, set + kWays, [&](const Entry& each) { return each.block == wanted; });
  return entry == set + kWays ? nullptr : entry;
}

}  // namespace pathwise::router::select
