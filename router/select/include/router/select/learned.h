// SPDX-License-Identifier: Apache-2.0
// What this router learns by watching its own requests. Fixed tables, no allocation after the first
// use of a model. One thread: each request thread learns for itself.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "router/select/ledger.h"

namespace pathwise::router::select {

class Learned {
 public:
  // Observed ÷ predicted time at the site (without the path), per (target, model); 1 until known.
  [[nodiscard]] double ratio(TargetId target, ModelId model) const;
  // ratio() of each target of a model, as far as any is known; 0: nothing seen.
  [[nodiscard]] std::span<const float> ratios(ModelId model) const;
  void observe_ttft(TargetId target, ModelId model, double predicted_s, double observed_s);

  // Bytes of canonical prompt per token, per model.
  [[nodiscard]] double bytes_per_token(ModelId model, double first_guess) const;
  void observe_prompt(ModelId model, double bytes, double tokens);

  // Output tokens per request, per model.
  [[nodiscard]] double output_tokens(ModelId model) const;
  void observe_output(ModelId model, double tokens);

 private:
  struct ModelRow {
    double bytes_per_token = 0;  // 0: nothing seen
    double output_tokens = 0;
    std::vector<float> ratio;  // by target; 0: nothing seen
  };
  ModelRow& row(ModelId model);
  [[nodiscard]] const ModelRow* find(ModelId model) const;
  std::vector<ModelRow> rows_;
};

// Which target was sent which prefix blocks, lately: a set-associative table that forgets the oldest.
class PrefixMemory {
 public:
  static constexpr std::size_t kTargetsPerBlock = 4;
  struct Entry {
    std::uint64_t block = 0;
    std::array<TargetId, kTargetsPerBlock> targets{};
    std::uint8_t count = 0;
    std::uint32_t stamp = 0;
  };
  // `sets` is a power of two; each holds 4 blocks. 16,384 sets: 65,536 blocks, 2 MiB a thread.
  explicit PrefixMemory(std::size_t sets = 16'384);
  void remember(std::span<const std::uint64_t> blocks, ModelId model, TargetId target);
  // nullptr: not known.
  [[nodiscard]] const Entry* find(std::uint64_t block, ModelId model) const;

 private:
  static constexpr std::size_t kWays = 4;
  [[nodiscard]] std::uint64_t key(std::uint64_t block, ModelId model) const;
  std::vector<Entry> entries_;
  std::size_t mask_;
  std::uint32_t stamp_ = 0;
};

}  // namespace pathwise::router::select
