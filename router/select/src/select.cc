// SPDX-License-Identifier: Apache-2.0
#include "router/select/select.h"

#include <algorithm>
#include <array>
#include <optional>

namespace pathwise::router::select {

namespace {

constexpr double kFullSiteWeight = 0.01;  // of a site without headroom: rarely, not never

double seconds_between(SteadyTime earlier, SteadyTime later) {
  return std::chrono::duration<double>(later - earlier).count();
}

// Everything of a request that is the same for each site.
struct Common {
  const Request& request;
  const Context& context;
  const std::vector<PathTerms>& paths;  // of the tier, by site
  CostInput cost;
  double tokens_per_block = 0;
  double dead_age = 0;
};

enum class AdapterState : std::uint8_t { kReady, kMustLoad, kAbsent };

AdapterState adapter_state(const Offer& offer, std::string_view adapter) {
  if (adapter.empty()) return AdapterState::kReady;
  if (std::ranges::find(offer.state->adapters_loaded, adapter) != offer.state->adapters_loaded.end()) {
    return AdapterState::kReady;
  }
  const auto& loadable = offer.state->adapters_loadable;
  return std::ranges::find(loadable, adapter) != loadable.end() ? AdapterState::kMustLoad : AdapterState::kAbsent;
}

// The rule that removes the target, if one does. Policy first: nothing overrides it, and the reason
// that a record shows is the strongest one.
std::optional<Removed> removed_by(const Common& common, const Offer& offer, const TargetState& target, double age) {
  const auto& verdicts = common.request.policy->sites;
  if (target.site_index < verdicts.size() && !verdicts[target.site_index].allowed) return Removed::kPolicy;
  if (std::ranges::find(common.request.excluded, target.id) != common.request.excluded.end()) return Removed::kRefused;
  if (common.request.local_only && !target.local) return Removed::kRemote;
  if (!common.paths[target.site_index].up) return Removed::kPath;
  if (target.admission == fabric::Admission::kClosed) return Removed::kClosed;
  if (!target.local && age > common.dead_age) return Removed::kStale;
  if (offer.context_tokens != 0 && common.cost.prompt_tokens > offer.context_tokens) return Removed::kContext;
  if (adapter_state(offer, common.request.adapter) == AdapterState::kAbsent) return Removed::kAdapter;
  return std::nullopt;
}

double headroom_of(const Offer& offer) {
  if (offer.capacity <= 0) return 1;
  return std::clamp(1 - present_load(offer).sequences / offer.capacity, 0.0, 1.0);
}

// Leading blocks that the target names in its digest.
std::size_t depth_in_digest(const Offer& offer, const BlockFilter& filter, std::span<const std::uint64_t> blocks) {
  if (blocks.empty() || !filter.may_have(blocks[0])) return 0;
  std::size_t depth = 0;
  for (const std::uint64_t block : blocks) {
    if (!std::ranges::binary_search(offer.state->prefix_blocks, block)) break;
    ++depth;
  }
  return depth;
}

// Draws an index with a chance proportional to `weight(item)`.
template <typename Items, typename Weight>
std::uint32_t draw(const Items& items, Weight weight, Random& random) {
  double total = 0;
  for (const auto item : items) total += weight(item);
  double at = random.uniform() * total;
  for (const auto item : items) {
    at -= weight(item);
    if (at < 0) return item;
  }
  return items.back();
}

}  // namespace

std::string_view to_string(Removed reason) {
  static constexpr std::array<std::string_view, 9> kNames = {"residency", "adapter", "context", "path",  "address",
                                                             "closed",    "stale",   "refused", "remote"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string_view to_string(PickedBy how) {
  static constexpr std::array<std::string_view, 4> kNames = {"none", "only", "near-best", "power-of-two"};
  return kNames[static_cast<std::size_t>(how)];
}

Workspace::Workspace() : depth_(kMaxTargets, 0) {
  alternatives_.reserve(kMaxTargets);
  removed_.reserve(kMaxTargets);
  near_.reserve(kMaxTargets);
  wide_.reserve(kMaxTargets);
  touched_.reserve(kMaxTargets);
}

namespace {

// How many leading blocks each target was sent by us lately.
void measure_depths(const Request& request, const Context& context, std::vector<std::uint16_t>& depth,
                    std::vector<TargetId>& touched) {
  for (const TargetId id : touched) depth[id] = 0;
  touched.clear();
  for (std::size_t i = 0; i < request.prefix_blocks.size(); ++i) {
    const PrefixMemory::Entry* entry = context.memory.find(request.prefix_blocks[i], request.offers->id);
    if (entry == nullptr) return;
    for (std::size_t k = 0; k < entry->count; ++k) {
      const TargetId id = entry->targets[k];
      if (depth[id] != i) continue;  // an earlier block is missing there
      if (i == 0) touched.push_back(id);
      ++depth[id];
    }
  }
}

CostInput common_cost(const Request& request, const Context& context) {
  const policy::TierConfig& tier = *request.policy->tier;
  const ModelId model = request.offers->id;
  const double per_token = context.learned.bytes_per_token(model, request.policy->model->bytes_per_token);
  CostInput cost;
  cost.prompt_tokens = request.prompt_bytes / per_token;
  cost.output_tokens = context.learned.output_tokens(model);
  if (request.max_tokens > 0) cost.output_tokens = std::min(cost.output_tokens, request.max_tokens);
  cost.body_bytes = request.body_bytes;
  cost.objective = tier.objective;
  cost.budget_s = Seconds(tier.budget).count();
  return cost;
}

// `known`: leading blocks of the prompt that the target has.
Alternative assess(const Common& common, const Offer& offer, const TargetState& target, std::size_t known) {
  CostInput cost = common.cost;
  cost.cached_tokens = static_cast<double>(known) * common.tokens_per_block;
  cost.ratio = common.context.learned.ratio(target.id, common.request.offers->id);
  if (adapter_state(offer, common.request.adapter) == AdapterState::kMustLoad) {
    cost.adapter_load = offer.adapter_load_s;
  }
  return {.target = offer.target,
          .terms = cost_of(offer, common.paths[target.site_index], cost),
          .headroom = headroom_of(offer),
          .age_s = target.local ? 0 : seconds_between(target.received, common.context.now)};
}

}  // namespace

Decision Selector::choose(const Request& request, const Context& context, Random& random, Workspace& space) const {
  const LoadView& load = *context.views.load;
  Common common{.request = request,
                .context = context,
                .paths = context.views.paths->terms[request.tier_index],
                .cost = common_cost(request, context),
                .dead_age = tuning_.dead_age};
  common.tokens_per_block =
      request.prompt_bytes > 0 ? common.cost.prompt_tokens * request.block_bytes / request.prompt_bytes : 0;
  measure_depths(request, context, space.depth_, space.touched_);
  space.alternatives_.clear();
  space.removed_.clear();
  for (std::size_t i = 0; i < request.offers->offers.size(); ++i) {
    const Offer& offer = request.offers->offers[i];
    const TargetState& target = load.states[offer.target];
    if (const auto reason = removed_by(common, offer, target, seconds_between(target.received, context.now))) {
      space.removed_.push_back({offer.target, *reason});
      continue;
    }
    const std::size_t told = depth_in_digest(offer, request.offers->filters[i], request.prefix_blocks);
    space.alternatives_.push_back(assess(common, offer, target, std::max<std::size_t>(told, space.depth_[target.id])));
  }
  return pick({.prompt_tokens = common.cost.prompt_tokens, .output_tokens = common.cost.output_tokens}, random, space);
}

Decision Selector::pick(Decision decision, Random& random, Workspace& space) const {
  const auto& all = space.alternatives_;
  space.near_.clear();
  space.wide_.clear();
  decision.alternatives = all;
  decision.removed = space.removed_;
  if (all.empty()) return decision;
  const auto by_objective = [](const Alternative& a, const Alternative& b) {
    return a.terms.objective < b.terms.objective;
  };
  const Alternative& best = *std::ranges::min_element(all, by_objective);
  // The slack is time; a cost objective counts money, of which its tie-break makes time a millionth.
  const double slack = tuning_.near_best_slack * (best.terms.objective < best.terms.ttft ? 0 : 1);
  const double near = best.terms.objective * (1 + tuning_.near_best) + slack;
  const double wide = best.terms.objective * (1 + tuning_.power_of_two_band) + slack;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].terms.objective <= near) space.near_.push_back(i);
    if (all[i].terms.objective <= wide) space.wide_.push_back(i);
  }
  decision.near_best = space.near_;
  const double age = best.age_s;
  const double staleness = std::clamp((age - tuning_.fresh_age) / (tuning_.stale_age - tuning_.fresh_age), 0.0, 1.0);
  if (all.size() == 1) {
    decision.how = PickedBy::kOnly;
    decision.chosen = all.data();
  } else if (staleness > 0 && random.uniform() < staleness) {
    const std::uint32_t one = space.wide_[random.below(space.wide_.size())];
    const std::uint32_t two = space.wide_[random.below(space.wide_.size())];
    decision.how = PickedBy::kPowerOfTwo;
    decision.chosen = &all[by_objective(all[one], all[two]) ? one : two];
  } else {
    const auto weight = [&](std::uint32_t i) { return all[i].headroom + kFullSiteWeight; };
    decision.how = PickedBy::kNearBest;
    decision.chosen = &all[draw(space.near_, weight, random)];
  }
  return decision;
}

}  // namespace pathwise::router::select
