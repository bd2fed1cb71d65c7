// SPDX-License-Identifier: Apache-2.0
#include "router/select/select.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace pathwise::router::select {

namespace {

constexpr float kOut = std::numeric_limits<float>::infinity();
constexpr double kFullSiteWeight = 0.01;  // of a site without headroom: rarely, not never

double seconds_between(SteadyTime earlier, SteadyTime later) {
  return std::chrono::duration<double>(later - earlier).count();
}

enum class AdapterState : std::uint8_t { kReady, kMustLoad, kAbsent };

AdapterState adapter_state(const Offer& offer, std::string_view adapter) {
  if (adapter.empty()) return AdapterState::kReady;
  if (std::ranges::find(offer.state->adapters_loaded, adapter) != offer.state->adapters_loaded.end()) {
    return AdapterState::kReady;
  }
  const auto& loadable = offer.state->adapters_loadable;
  return std::ranges::find(loadable, adapter) != loadable.end() ? AdapterState::kMustLoad : AdapterState::kAbsent;
}

double headroom_of(const Offer& offer) {
  if (offer.capacity <= 0) return 1;
  return std::clamp(1 - present_load(offer).sequences / offer.capacity, 0.0, 1.0);
}

// Draws an item with a chance proportional to `weight(item)`.
template <typename Items, typename Weight>
auto draw(const Items& items, Weight weight, Random& random) {
  double total = 0;
  for (const auto& item : items) total += weight(item);
  double at = random.uniform() * total;
  for (const auto& item : items) {
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
  sites_.resize(kMaxTargets);
  objective_.reserve(kMaxTargets);
  near_.reserve(kMaxTargets);
  wide_.reserve(kMaxTargets);
  best_.reserve(kMaxAlternatives + 1);
  alternatives_.reserve(kMaxAlternatives + 1);
  removed_.reserve(kMaxTargets);
  left_.reserve(kMaxTargets / 64);
  told_depth_.reserve(kMaxTargets);
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

}  // namespace

// Everything of a request that is the same for each site.
struct Selector::Common {
  const Request& request;
  const Context& context;
  const std::vector<PathTerms>& paths;  // of the tier, by site
  const std::vector<PathCost>& path_costs;
  std::span<const float> ratios;  // by TargetId
  CostInput cost;
  float prompt_tokens = 0;
  float tokens_per_block = 0;
  bool rarely = false;     // the request has an adapter, a hop limit, or was refused somewhere
  SteadyTime dead_before;  // what was heard last before this is out

  [[nodiscard]] float ratio(TargetId id) const { return id < ratios.size() && ratios[id] != 0 ? ratios[id] : 1.0F; }

  // Whether removal() could say something: all that most requests need to know of most targets.
  [[nodiscard]] bool in_question(std::size_t offer, const TargetState& target) const {
    const bool remote = !target.local;
    return (static_cast<int>(request.policy->allowed[target.site_index] == 0) |
            static_cast<int>(!path_costs[target.site_index].up) |
            static_cast<int>(target.admission == fabric::Admission::kClosed) |
            static_cast<int>(remote && target.received < dead_before) |
            static_cast<int>(prompt_tokens > request.offers->columns.context_tokens[offer]) |
            static_cast<int>(rarely)) != 0;
  }

  // The rule that removes the target, if one does. Policy first: nothing overrides it, and the reason
  // that a record shows is the strongest one.
  [[nodiscard]] std::optional<Removed> removal(std::size_t offer, const TargetState& target) const {
    if (request.policy->allowed[target.site_index] == 0) return Removed::kPolicy;
    if (std::ranges::contains(request.excluded, target.id)) return Removed::kRefused;
    if (request.local_only && !target.local) return Removed::kRemote;
    if (!path_costs[target.site_index].up) return Removed::kPath;
    if (target.admission == fabric::Admission::kClosed) return Removed::kClosed;
    if (!target.local && target.received < dead_before) return Removed::kStale;
    if (prompt_tokens > request.offers->columns.context_tokens[offer]) return Removed::kContext;
    if (request.adapter.empty()) return std::nullopt;
    const bool absent = adapter_state(request.offers->offers[offer], request.adapter) == AdapterState::kAbsent;
    return absent ? std::optional(Removed::kAdapter) : std::nullopt;
  }

  // See Decision::longest_context. A site that is down and too small as well is no reason to ask again.
  [[nodiscard]] std::uint32_t longest_context() const {
    std::uint32_t longest = 0;
    for (std::size_t i = 0; i < request.offers->offers.size(); ++i) {
      const Offer& offer = request.offers->offers[i];
      if (request.policy->allowed[context.views.load->states[offer.target].site_index] == 0) continue;
      if (adapter_state(offer, request.adapter) == AdapterState::kAbsent) continue;
      if (prompt_tokens <= request.offers->columns.context_tokens[i]) return 0;
      longest = std::max(longest, offer.context_tokens);
    }
    return longest;
  }

  [[nodiscard]] float adapter_load(std::size_t offer) const {
    const Offer& told = request.offers->offers[offer];
    return adapter_state(told, request.adapter) == AdapterState::kMustLoad ? told.adapter_load_s : 0.0F;
  }

  [[nodiscard]] Alternative alternative(std::size_t offer, float cached_tokens) const {
    const Offer& told = request.offers->offers[offer];
    const TargetState& target = context.views.load->states[told.target];
    CostInput input = cost;
    input.cached_tokens = cached_tokens;
    input.ratio = ratio(target.id);
    input.adapter_load = adapter_load(offer);
    return {.target = told.target,
            .terms = cost_of(told, paths[target.site_index], input),
            .headroom = headroom_of(told),
            .age_s = target.local ? 0 : seconds_between(target.received, context.now)};
  }
};

Decision Selector::choose(const Request& request, const Context& context, Random& random, Workspace& space) const {
  Common common{
      .request = request,
      .context = context,
      .paths = context.views.paths->terms[request.tier_index],
      .path_costs = context.views.paths->costs[request.tier_index],
      .ratios = context.learned.ratios(request.offers->id),
      .cost = common_cost(request, context),
      .dead_before = context.now - std::chrono::duration_cast<SteadyTime::duration>(Seconds(tuning_.dead_age))};
  common.prompt_tokens = static_cast<float>(common.cost.prompt_tokens);
  common.rarely = !request.adapter.empty() || request.local_only || !request.excluded.empty();
  if (request.prompt_bytes > 0) {
    common.tokens_per_block =
        static_cast<float>(common.cost.prompt_tokens * request.block_bytes / request.prompt_bytes);
  }
  measure_depths(request, context, space.depth_, space.touched_);
  request.offers->filters.depths(request.prefix_blocks, space.left_, space.told_depth_);
  score(common, space);
  Decision decision{.prompt_tokens = common.cost.prompt_tokens, .output_tokens = common.cost.output_tokens};
  pick(common, decision, random, space);
  return decision;
}

void Selector::score(const Common& common, Workspace& space) {
  const LoadView& load = *common.context.views.load;
  const OfferColumns& offers = common.request.offers->columns;
  const LoadCells& cells = *common.request.offers->cells;
  SiteColumns& sites = space.sites_;
  sites.resize(offers.size());
  space.objective_.resize(offers.size());
  space.removed_.clear();
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const TargetState& target = load.states[offers.target[i]];
    const PathCost& path = common.path_costs[target.site_index];
    sites.rtt_s[i] = path.rtt_s;
    if (common.in_question(i, target)) {
      if (const auto reason = common.removal(i, target)) {
        space.removed_.push_back({offers.target[i], *reason});
        sites.rtt_s[i] = kOut;
      }
    }
    sites.seconds_per_byte[i] = path.seconds_per_byte;
    const LoadCell& own = cells[target.id];
    sites.requests[i] = static_cast<float>(own.requests.load(std::memory_order_relaxed));
    sites.prefill_tokens[i] = static_cast<float>(own.prefill_tokens.load(std::memory_order_relaxed));
    const int depth = std::max(space.told_depth_[i], space.depth_[target.id]);
    sites.cached_tokens[i] = static_cast<float>(depth) * common.tokens_per_block;
    sites.ratio[i] = common.ratio(target.id);
    sites.adapter_load_s[i] = common.rarely ? common.adapter_load(i) : 0.0F;
  }
  quick_costs(common.cost, offers, sites, space.objective_);
}

// The least kMaxAlternatives of those that are left, ascending: few of 500 get past the first comparison.
void Selector::keep_best(Workspace& space) {
  auto& best = space.best_;
  best.clear();
  float worst = kOut;
  for (std::uint32_t i = 0; i < space.objective_.size(); ++i) {
    const float objective = space.objective_[i];
    if (objective >= worst) continue;
    if (best.size() == kMaxAlternatives) best.pop_back();
    best.push_back(i);
    for (std::size_t at = best.size() - 1; at > 0 && objective < space.objective_[best[at - 1]]; --at) {
      std::swap(best[at], best[at - 1]);
    }
    if (best.size() == kMaxAlternatives) worst = space.objective_[best.back()];
  }
}

// The offers of at most `limit`, in order. `out` has room for all.
void Selector::keep_up_to(float limit, std::span<const float> objective, std::vector<std::uint32_t>& out) {
  out.resize(objective.size());
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < objective.size(); ++i) {
    out[count] = i;
    count += objective[i] <= limit ? 1 : 0;
  }
  out.resize(count);
}

void Selector::pick(const Common& common, Decision& decision, Random& random, Workspace& space) const {
  const auto& objective = space.objective_;
  const auto& offers = common.request.offers->offers;
  decision.removed = space.removed_;
  decision.alternatives_total = objective.size() - space.removed_.size();
  space.alternatives_.clear();
  keep_best(space);
  if (space.best_.empty()) {
    decision.longest_context = common.longest_context();
    return;
  }
  // Their full terms come last; what they need is far apart in memory, and there by then.
  for (const std::uint32_t each : space.best_) {
    __builtin_prefetch(&offers[each]);
    __builtin_prefetch(&offers[each].cell);
  }
  const std::uint32_t best = space.best_.front();
  // The slack is time; a cost objective counts money, of which its tie-break makes time a millionth.
  const bool money = common.cost.objective == policy::Objective::kCost;
  const auto slack = static_cast<float>(money ? 0 : tuning_.near_best_slack);
  const float near = objective[best] * static_cast<float>(1 + tuning_.near_best) + slack;
  keep_up_to(near, objective, space.near_);
  const auto target_of = [&](std::uint32_t offer) -> const TargetState& {
    return common.context.views.load->states[offers[offer].target];
  };
  const double age = target_of(best).local ? 0 : seconds_between(target_of(best).received, common.context.now);
  const double staleness = std::clamp((age - tuning_.fresh_age) / (tuning_.stale_age - tuning_.fresh_age), 0.0, 1.0);
  std::uint32_t chosen = best;
  if (decision.alternatives_total == 1) {
    decision.how = PickedBy::kOnly;
  } else if (staleness > 0 && random.uniform() < staleness) {
    keep_up_to(objective[best] * static_cast<float>(1 + tuning_.power_of_two_band) + slack, objective, space.wide_);
    const std::uint32_t one = space.wide_[random.below(space.wide_.size())];
    const std::uint32_t two = space.wide_[random.below(space.wide_.size())];
    decision.how = PickedBy::kPowerOfTwo;
    chosen = objective[one] < objective[two] ? one : two;
  } else {
    decision.how = PickedBy::kNearBest;
    // From the columns, which are at hand: the offers of a wide band are far apart in memory.
    const OfferColumns& columns = common.request.offers->columns;
    const auto weight = [&](std::uint32_t offer) {
      const float sequences = std::max(0.0F, columns.sequences[offer] + space.sites_.requests[offer]);
      return std::max(0.0, 1.0 - double{sequences * columns.per_capacity[offer]}) + kFullSiteWeight;
    };
    chosen = draw(space.near_, weight, random);
  }
  if (!std::ranges::contains(space.best_, chosen)) space.best_.push_back(chosen);
  for (const std::uint32_t each : space.best_) {
    space.alternatives_.push_back(common.alternative(each, space.sites_.cached_tokens[each]));
    space.alternatives_.back().near_best = objective[each] <= near;
    if (each == chosen) decision.chosen = &space.alternatives_.back();
  }
  decision.alternatives = space.alternatives_;
}

}  // namespace pathwise::router::select
