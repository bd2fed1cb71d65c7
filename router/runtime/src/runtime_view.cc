// SPDX-License-Identifier: Apache-2.0
#include "router/runtime/runtime_view.h"

#include <algorithm>
#include <map>
#include <set>

namespace pathwise::router::runtime {

namespace {

constexpr double kDefaultPrefillRate = 4000;  // tokens/s, until declared
constexpr double kDefaultCapacity = 64;       // vLLM's max_num_seqs is 256 or 1024; a safe start
constexpr double kDefaultItl = 0.03;          // s
constexpr double kTypicalOutput = 200;        // tokens of a sequence whose place is waited for
constexpr double kQueueShare = 0.25;          // of capacity that may wait before peers are refused
constexpr double kLeastQueue = 2;
constexpr double kAdapterLoad = 1.0;  // s, of an adapter that is registered and not on the GPU
constexpr double kItlGain = 0.3;

double rate_of(const RuntimeState& runtime) {
  return runtime.prefill_rate > 0 ? runtime.prefill_rate : kDefaultPrefillRate;
}

double prefill_tokens_of(const RuntimeState& runtime) {
  return static_cast<double>(
      std::max<std::int64_t>(0, runtime.counters->prefill_tokens.load(std::memory_order_relaxed)));
}

double slot_wait(const RuntimeState& runtime) {
  const double beyond = runtime.sequences() + 1 - runtime.capacity;
  const double service = kTypicalOutput * (runtime.itl > 0 ? runtime.itl : kDefaultItl);
  return beyond > 0 ? beyond / runtime.capacity * service : 0;
}

bool excluded(std::span<const std::size_t> list, std::size_t index) {
  return std::ranges::find(list, index) != list.end();
}

// Sums what the runtimes of one model say.
struct Sum {
  fabric::ModelState state;
  std::set<std::string> loaded, loadable;
  std::set<std::uint64_t> blocks;
  double capacity = 0, sequences = 0, prefill = 0, rate = 0, kv = 0, itl = 0;
  int runtimes = 0;

  void add(const RuntimeState& runtime, const ServedModel& model) {
    capacity += runtime.capacity;
    sequences += runtime.sequences();
    prefill += prefill_tokens_of(runtime);
    rate += rate_of(runtime);
    kv = std::max(kv, runtime.metrics.kv_used);
    itl += runtime.itl > 0 ? runtime.itl : kDefaultItl;
    ++runtimes;
    if (state.context_tokens == 0 || model.context_tokens < state.context_tokens) {
      state.context_tokens = model.context_tokens;
    }
    for (const ServedModel& each : runtime.models) {
      if (each.parent == model.id) loadable.insert(each.id);
    }
    loaded.insert(runtime.metrics.running_adapters.begin(), runtime.metrics.running_adapters.end());
    for (const std::uint64_t block : runtime.counters->hot_blocks()) blocks.insert(block);
  }

  fabric::ModelState finish() {
    const double running = std::min(sequences, capacity);
    state.capacity = static_cast<std::uint32_t>(capacity);
    state.running = static_cast<std::uint32_t>(running);
    state.waiting = static_cast<std::uint32_t>(sequences - running);
    state.in_flight_prefill_tokens = static_cast<std::uint32_t>(prefill);
    state.kv_used = kv;
    state.prefill_tokens_per_second = rate;
    state.itl_seconds = itl / runtimes;
    std::erase_if(loaded, [&](const std::string& name) { return !loadable.contains(name); });
    std::erase_if(loadable, [&](const std::string& name) { return loaded.contains(name); });
    state.adapters_loaded.assign(loaded.begin(), loaded.end());
    state.adapters_loadable.assign(loadable.begin(), loadable.end());
    state.adapter_load_seconds = loadable.empty() ? 0 : kAdapterLoad;
    state.prefix_blocks.assign(blocks.begin(), blocks.end());
    if (state.prefix_blocks.size() > RuntimeCounters::kHotBlocks)
      state.prefix_blocks.resize(RuntimeCounters::kHotBlocks);
    return std::move(state);
  }
};

double price_of(const policy::FabricConfig& config, const SiteName& site, const std::string& model) {
  const auto found = std::ranges::find(config.models, model, [](const auto& each) { return each.name.str(); });
  if (found == config.models.end()) return 0;
  const auto& prices = found->price_per_million_tokens;
  if (const auto own = prices.find(site); own != prices.end()) return own->second;
  const auto common = prices.find(SiteName{});
  return common == prices.end() ? 0 : common->second;
}

}  // namespace

void RuntimeCounters::remember(std::span<const std::uint64_t> blocks) {
  for (const std::uint64_t block : blocks.first(std::min(blocks.size(), kBlocksOfAPrompt))) {
    blocks_[block % kHotBlocks].store(block, std::memory_order_relaxed);
  }
}

std::size_t RuntimeCounters::depth(std::span<const std::uint64_t> blocks) const {
  const auto known = [&](std::uint64_t block) {
    return blocks_[block % kHotBlocks].load(std::memory_order_relaxed) == block;
  };
  return static_cast<std::size_t>(std::ranges::find_if_not(blocks, known) - blocks.begin());
}

std::vector<std::uint64_t> RuntimeCounters::hot_blocks() const {
  std::vector<std::uint64_t> blocks;
  for (const auto& slot : blocks_) {
    if (const std::uint64_t block = slot.load(std::memory_order_relaxed); block != 0) blocks.push_back(block);
  }
  std::ranges::sort(blocks);
  return blocks;
}

bool RuntimeState::serves(std::string_view model) const {
  return std::ranges::find(models, model, &ServedModel::id) != models.end();
}

double RuntimeState::sequences() const {
  const auto own = static_cast<double>(counters->requests.load(std::memory_order_relaxed));
  const double others = std::max(0.0, metrics.running + metrics.waiting - static_cast<double>(own_requests));
  return std::max(0.0, own) + others;
}

std::optional<std::size_t> choose_runtime(const RuntimeView& view, const RuntimeQuery& query) {
  std::optional<std::size_t> best;
  double best_cost = 0;
  for (std::size_t i = 0; i < view.runtimes.size(); ++i) {
    const RuntimeState& runtime = view.runtimes[i];
    if (!runtime.up || excluded(query.excluded, i) || !runtime.serves(query.model)) continue;
    const double cached = static_cast<double>(runtime.counters->depth(query.prefix_blocks)) * query.tokens_per_block;
    const double prefill = prefill_tokens_of(runtime) + std::max(0.0, query.prompt_tokens - cached);
    // Equal otherwise: the emptier one, by the little that a further sequence slows the batch.
    const double cost = prefill / rate_of(runtime) + slot_wait(runtime) + 1e-4 * runtime.sequences();
    if (!best || cost < best_cost) {
      best = i;
      best_cost = cost;
    }
  }
  return best;
}

bool saturated(const RuntimeView& view, std::string_view model, std::optional<Microseconds> most_wait) {
  for (const RuntimeState& runtime : view.runtimes) {
    if (!runtime.up || !runtime.serves(model)) continue;
    if (most_wait) {
      if (prefill_tokens_of(runtime) / rate_of(runtime) + slot_wait(runtime) <= Seconds(*most_wait).count())
        return false;
    } else if (runtime.sequences() < runtime.capacity + std::max(kLeastQueue, kQueueShare * runtime.capacity)) {
      return false;
    }
  }
  return true;
}

std::vector<fabric::ModelState> local_models(const RuntimeView& view, const policy::FabricConfig& config,
                                             const SiteName& site) {
  std::map<std::string, Sum> sums;
  for (const RuntimeState& runtime : view.runtimes) {
    if (!runtime.up) continue;
    for (const ServedModel& model : runtime.models) {
      if (!model.parent.empty()) continue;
      Sum& sum = sums[model.id];
      sum.state.model = ModelName{model.id};
      sum.state.price_per_million_tokens = price_of(config, site, model.id);
      sum.add(runtime, model);
    }
  }
  std::vector<fabric::ModelState> models;
  for (auto& [name, sum] : sums) models.push_back(sum.finish());
  return models;
}

void RuntimeBoard::configure(const std::vector<policy::RuntimeConfig>& runtimes,
                             const std::vector<Endpoint>& endpoints) {
  std::vector<RuntimeState> next;
  for (std::size_t i = 0; i < runtimes.size(); ++i) {
    const auto before = std::ranges::find(states_, runtimes[i].url, &RuntimeState::url);
    RuntimeState state;
    if (before != states_.end()) {
      state = *before;
    } else {
      state.counters = std::make_shared<RuntimeCounters>();
      state.reason = "not scraped yet";
    }
    state.url = runtimes[i].url;
    state.endpoint = endpoints[i];
    state.capacity = runtimes[i].max_num_seqs > 0 ? runtimes[i].max_num_seqs : kDefaultCapacity;
    state.prefill_rate = runtimes[i].prefill_tokens_per_second;
    next.push_back(std::move(state));
  }
  states_ = std::move(next);
}

void RuntimeBoard::scraped(std::size_t index, Scrape scrape, SteadyTime now) {
  RuntimeState& state = states_[index];
  const double tokens = scrape.metrics.itl_count - state.metrics.itl_count;
  const double time = scrape.metrics.itl_sum - state.metrics.itl_sum;
  if (state.up && tokens > 0 && time > 0) {  // counters that went back: the runtime has restarted
    const double seen = time / tokens;
    state.itl = state.itl == 0 ? seen : state.itl + kItlGain * (seen - state.itl);
  }
  state.up = true;
  state.reason.clear();
  state.metrics = std::move(scrape.metrics);
  state.models = std::move(scrape.models);
  state.own_requests = state.counters->requests.load(std::memory_order_relaxed);
  state.scraped = now;
}

void RuntimeBoard::failed(std::size_t index, std::string reason) {
  states_[index].up = false;
  states_[index].reason = std::move(reason);
}

RuntimeViewPtr RuntimeBoard::view() {
  auto view = std::make_shared<RuntimeView>();
  view->runtimes = states_;
  view->version = ++version_;
  return view;
}

}  // namespace pathwise::router::runtime
