// SPDX-License-Identifier: Apache-2.0
// The runtimes of this site: what the last scrape said and what this router has under way at each.
// A RuntimeView is immutable and posted to the request threads after each scrape; the counters in it
// are shared by all threads and exact.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "fabric/fabric_snapshot.h"
#include "policy/fabric_config.h"
#include "policy/node_config.h"
#include "router/runtime/vllm.h"

namespace pathwise::router::runtime {

// Requests of this router at one runtime. Any thread; relaxed.
class RuntimeCounters {
 public:
  static constexpr std::size_t kHotBlocks = 256;       // remembered; a digest carries them
  static constexpr std::size_t kBlocksOfAPrompt = 64;  // the first ones: a hit is a leading run
  std::atomic<std::int64_t> requests{0};               // sent, not finished
  std::atomic<std::int64_t> prefill_tokens{0};         // sent, no first token yet

  void remember(std::span<const std::uint64_t> blocks);
  // How many leading blocks were sent there lately.
  [[nodiscard]] std::size_t depth(std::span<const std::uint64_t> blocks) const;
  [[nodiscard]] std::vector<std::uint64_t> hot_blocks() const;  // sorted

 private:
  // Direct-mapped: a newer block takes the place of an older one.
  std::array<std::atomic<std::uint64_t>, kHotBlocks> blocks_{};
};

struct RuntimeState {
  std::string url;
  Endpoint endpoint;  // numeric
  std::shared_ptr<RuntimeCounters> counters;
  bool up = false;     // scraped well lately
  std::string reason;  // when not up
  std::vector<ServedModel> models;
  VllmMetrics metrics;            // of the last good scrape
  std::int64_t own_requests = 0;  // of the counters at that scrape
  SteadyTime scraped{};
  double capacity = 0;      // concurrent sequences
  double prefill_rate = 0;  // tokens/s; declared
  double itl = 0;           // s, over the last scrapes that saw tokens

  // True for its base models and adapters.
  [[nodiscard]] bool serves(std::string_view model) const;
  // Sequences there now: the scrape's, corrected by what this router sent and finished since.
  [[nodiscard]] double sequences() const;
};

struct RuntimeView {
  std::vector<RuntimeState> runtimes;
  std::uint64_t version = 0;
};
using RuntimeViewPtr = std::shared_ptr<const RuntimeView>;

struct RuntimeQuery {
  std::string_view model;  // or the adapter
  double prompt_tokens = 0;
  double tokens_per_block = 128;
  std::span<const std::uint64_t> prefix_blocks;
  std::span<const std::size_t> excluded;  // indexes that were tried
};
// The runtime where the first token is expected soonest; nullopt: none is left.
[[nodiscard]] std::optional<std::size_t> choose_runtime(const RuntimeView& view, const RuntimeQuery& query);

// True if no runtime of this site can start the model's next sequence soon: a peer's request is
// refused then. `most_wait`: the tier's queue_timeout, if it has one.
[[nodiscard]] bool saturated(const RuntimeView& view, std::string_view model, std::optional<Microseconds> most_wait);

// The site's models, as its digest tells them, sorted by name.
[[nodiscard]] std::vector<fabric::ModelState> local_models(const RuntimeView& view, const policy::FabricConfig& config,
                                                           const SiteName& site);

// One scrape's result, as the adapter read it.
struct Scrape {
  VllmMetrics metrics;
  std::vector<ServedModel> models;
};
// Keeps the runtimes' states and makes views of them. One thread (control).
class RuntimeBoard {
 public:
  // Counters of a runtime that was configured before are kept.
  void configure(const std::vector<policy::RuntimeConfig>& runtimes, const std::vector<Endpoint>& endpoints);
  void scraped(std::size_t index, Scrape scrape, SteadyTime now);
  void failed(std::size_t index, std::string reason);
  [[nodiscard]] RuntimeViewPtr view();
  [[nodiscard]] std::size_t size() const { return states_.size(); }
  [[nodiscard]] const RuntimeState& state(std::size_t index) const { return states_[index]; }

 private:
  std::vector<RuntimeState> states_;
  std::uint64_t version_ = 0;
};

}  // namespace pathwise::router::runtime
