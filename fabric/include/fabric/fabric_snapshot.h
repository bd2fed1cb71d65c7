// SPDX-License-Identifier: Apache-2.0
// The load and the models of every site, as the digests tell: what selection reads. Structure of
// arrays: entry i of each array belongs to (site, router) i; entries are sorted by (site, router).
// Immutable; each thread holds its own pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace pathwise::fabric {

enum class Admission : std::uint8_t { kOpen = 1, kBusy = 2, kClosed = 3 };

// Load and abilities of one model at one (site, router). Rates are per second, for the whole entry.
struct ModelState {
  ModelName model;
  std::uint32_t capacity = 0;  // concurrent sequences
  std::uint32_t running = 0;
  std::uint32_t waiting = 0;
  std::uint32_t in_flight_prefill_tokens = 0;
  double kv_used = 0;  // 0..1
  double prefill_tokens_per_second = 0;
  double itl_seconds = 0;  // at the present concurrency
  double itl_slope_seconds = 0;
  double price_per_million_tokens = 0;
  std::uint32_t context_tokens = 0;
  double adapter_load_seconds = 0;
  std::vector<std::string> adapters_loaded, adapters_loadable;
  std::vector<std::uint64_t> prefix_blocks;  // sorted xxh3 hashes of hot prefix blocks
};

struct FabricSnapshot {
  std::uint64_t version = 0;
  std::vector<SiteName> site;
  std::vector<RouterName> router;
  std::vector<Admission> admission;
  std::vector<SteadyTime> received;             // local time of the newest digest: age = now − received
  std::vector<std::vector<ModelState>> models;  // sorted by model name
  std::vector<std::string> policy_hash;         // of the peer; differing ones are shown
  [[nodiscard]] std::size_t size() const { return site.size(); }
  [[nodiscard]] const ModelState* find_model(std::size_t entry, const ModelName& model) const;
};
using FabricSnapshotPtr = std::shared_ptr<const FabricSnapshot>;

}  // namespace pathwise::fabric
