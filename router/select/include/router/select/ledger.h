// SPDX-License-Identifier: Apache-2.0
// Stable small numbers for the names that selection counts by, and what this router itself has sent
// and not yet had answered: the correction of every digest, which is always a little old.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"

namespace pathwise::router::select {

using TargetId = std::uint16_t;  // one (site, router)
using ModelId = std::uint16_t;
inline constexpr std::size_t kMaxTargets = 4096;  // sites × routers; more are ignored, and logged by the caller
inline constexpr std::size_t kMaxModels = 4096;

// Requests of this router to one (target, model). All request threads count in it; relaxed: the
// figures steer, nothing depends on them being of one moment.
struct LoadCell {
  std::atomic<std::int32_t> requests{0};        // sent, not finished
  std::atomic<std::int32_t> prefill_tokens{0};  // sent, no first token yet
};
// A model's cells, by TargetId: side by side, because a decision reads them all. 32 KiB.
using LoadCells = std::array<LoadCell, kMaxTargets>;

// Numbers are never given back: a site that returns is the same site. One thread (control) asks for
// ids and cells; cells live as long as the Ledger, and any thread may count in them.
class Ledger {
 public:
  // nullopt when the table is full.
  [[nodiscard]] std::optional<TargetId> target(const SiteName& site, const RouterName& router);
  [[nodiscard]] std::optional<ModelId> model(const ModelName& name);
  [[nodiscard]] LoadCells& cells(ModelId model);

 private:
  std::map<std::pair<SiteName, RouterName>, TargetId> targets_;
  std::map<ModelName, ModelId> models_;
  std::vector<std::unique_ptr<LoadCells>> cells_;  // by ModelId; nullptr: nobody asked
};

}  // namespace pathwise::router::select
