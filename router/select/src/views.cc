// SPDX-License-Identifier: Apache-2.0
#include "router/select/views.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "base/format.h"

namespace pathwise::router::select {

namespace {

std::uint32_t site_index_of(const policy::PolicySnapshot& policy, const SiteName& site) {
  const auto& sites = policy.sites();
  const auto found = std::ranges::lower_bound(sites, site);
  return found == sites.end() || *found != site ? kNoSite : static_cast<std::uint32_t>(found - sites.begin());
}

std::uint32_t router_number_of(const policy::PolicySnapshot& policy, const SiteName& site, const RouterName& router) {
  const policy::SiteConfig* config = policy.config().site(site);
  if (config == nullptr) return 1;
  const auto found = std::ranges::find(config->routers, router);
  return found == config->routers.end() ? 1 : static_cast<std::uint32_t>(found - config->routers.begin()) + 1;
}

// Collects the offers of each model while targets are added.
class LoadBuilder {
 public:
  LoadBuilder(const LoadInput& input, Ledger& ledger, const LoadView* previous)
      : input_(input), ledger_(ledger), previous_(previous), view_(std::make_shared<LoadView>()) {
    for (std::uint32_t i = 0; previous_ != nullptr && i < previous_->targets.size(); ++i) {
      before_.emplace(previous_->targets[i].id, i);
    }
  }

  void add_target(Target target, const std::vector<fabric::ModelState>& models) {
    const auto id = ledger_.target(target.site, target.router);
    if (!id) return;
    target.id = *id;
    target.site_index = site_index_of(*input_.policy, target.site);
    if (target.site_index == kNoSite) return;  // not of this fabric, or not any more
    target.router_number = router_number_of(*input_.policy, target.site, target.router);
    const auto index = static_cast<std::uint32_t>(view_->targets.size());
    for (const fabric::ModelState& state : models) add_offer(index, target, state);
    view_->states.push_back({target.received, target.site_index, target.id, target.local, target.admission});
    view_->targets.push_back(std::move(target));
  }

  std::shared_ptr<const LoadView> finish() {
    view_->fabric = input_.fabric;
    view_->local = input_.local.models;
    view_->version = previous_ != nullptr ? previous_->version + 1 : 1;
    for (auto& [name, offers] : models_) view_->models.push_back(std::move(offers));
    for (std::uint32_t i = 0; i < view_->models.size(); ++i) {
      fill_rates(view_->models[i]);
      index_model(i);
    }
    return view_;
  }

 private:
  void add_offer(std::uint32_t index, const Target& target, const fabric::ModelState& state) {
    const auto id = ledger_.model(state.model);
    if (!id) return;
    ModelOffers& offers = models_[state.model];
    offers.name = state.model;
    offers.id = *id;
    LoadCells& cells = ledger_.cells(*id);
    offers.cells = &cells;
    Offer offer{.target = index,
                .context_tokens = context_of(state),
                .itl = state.itl_seconds,
                .price_per_token = state.price_per_million_tokens / 1e6,
                .itl_slope = static_cast<float>(state.itl_slope_seconds),
                .capacity = static_cast<float>(state.capacity),
                .running = static_cast<float>(state.running),
                .waiting = static_cast<float>(state.waiting),
                .prefill_tokens = static_cast<float>(state.in_flight_prefill_tokens),
                .prefill_rate = static_cast<float>(state.prefill_tokens_per_second),
                .adapter_load_s = static_cast<float>(state.adapter_load_seconds),
                .state = &state,
                .cell = &cells[target.id]};
    carry_own_counts(target, offer);
    offers.offers.push_back(offer);
  }

  // The least of what the runtime says and what the policy sets; 0: neither does.
  [[nodiscard]] std::uint32_t context_of(const fabric::ModelState& state) const {
    const policy::ModelConfig* model = input_.policy->model(state.model.str());
    const std::uint32_t set = model != nullptr ? model->context_tokens : 0;
    if (set == 0 || state.context_tokens == 0) return std::max(set, state.context_tokens);
    return std::min(set, state.context_tokens);
  }

  static void fill_rates(ModelOffers& model) {
    model.filters.resize(model.offers.size());
    for (std::size_t i = 0; i < model.offers.size(); ++i) {
      model.columns.add(model.offers[i]);
      for (const std::uint64_t block : model.offers[i].state->prefix_blocks) model.filters.add(i, block);
    }
  }

  // A digest knows what we had sent when it came; one that has not been renewed knows what it knew.
  void carry_own_counts(const Target& target, Offer& offer) const {
    offer.own_requests = offer.cell->requests.load(std::memory_order_relaxed);
    offer.own_prefill_tokens = offer.cell->prefill_tokens.load(std::memory_order_relaxed);
    const auto before = before_.find(target.id);
    if (before == before_.end() || previous_->targets[before->second].received != target.received) return;
    const ModelOffers* model = previous_->model(offer.state->model.str());
    if (model == nullptr) return;
    const auto old = std::ranges::lower_bound(model->offers, before->second, {}, &Offer::target);
    if (old == model->offers.end() || old->target != before->second) return;
    offer.own_requests = old->own_requests;
    offer.own_prefill_tokens = old->own_prefill_tokens;
  }

  void index_model(std::uint32_t i) {
    const ModelOffers& model = view_->models[i];
    view_->by_name.emplace(model.name.str(), i);
    for (const Offer& offer : model.offers) {
      for (const std::string& adapter : offer.state->adapters_loaded) view_->by_adapter.emplace(adapter, i);
      for (const std::string& adapter : offer.state->adapters_loadable) view_->by_adapter.emplace(adapter, i);
    }
  }

  const LoadInput& input_;
  Ledger& ledger_;
  const LoadView* previous_;
  std::unordered_map<TargetId, std::uint32_t> before_;  // → index in the previous view
  std::shared_ptr<LoadView> view_;
  std::map<ModelName, ModelOffers> models_;
};

std::string describe(const te::CandidatePathState& path) {
  std::string text(te::to_string(path.origin));
  if (path.origin == te::PathOrigin::kFlexAlgo) text += formatted(" {}", path.algorithm.value());
  const char* separator = " via ";
  for (const NodeName& node : path.nodes) {
    text += separator + node.str();
    separator = " ";
  }
  separator = " [";
  for (const Ipv6Address& segment : path.segments) {
    text += separator + segment.to_string();
    separator = " ";
  }
  if (!path.segments.empty()) text += "]";
  return text;
}

// The same string object while the text is the same: records of many decisions share it.
std::shared_ptr<const std::string> shared_text(std::string text, const std::shared_ptr<const std::string>& before) {
  if (before && *before == text) return before;
  return std::make_shared<const std::string>(std::move(text));
}

PathTerms terms_of(const te::PathState& path, const PathTerms* before) {
  PathTerms terms;
  const te::CandidatePathState* active = path.active_candidate();
  if (path.status == te::PathStatus::kDown || active == nullptr) {
    terms.why_not = shared_text(path.reason.empty() ? "no candidate path is alive" : path.reason,
                                before != nullptr ? before->why_not : nullptr);
    return terms;
  }
  terms.up = true;
  terms.measured = active->measured.known();
  const Microseconds computed = 2 * active->computed_delay.value_or(Microseconds{0});
  terms.rtt_s = Seconds(terms.measured ? active->measured.rtt_p50 : computed).count();
  if (active->reserved_bandwidth) terms.bytes_per_second = active->reserved_bandwidth->bytes_per_second();
  terms.label = shared_text(describe(*active), before != nullptr ? before->label : nullptr);
  return terms;
}

}  // namespace

void BlockFilters::depths(std::span<const std::uint64_t> blocks, std::vector<std::uint64_t>& left,
                          std::vector<std::uint16_t>& depth) const {
  depth.assign(offers_, 0);
  left.assign(words_, ~std::uint64_t{0});
  for (const std::uint64_t block : blocks) {
    std::uint64_t any = 0;
    for (std::size_t word = 0; word < words_; ++word) {
      for (std::size_t hash = 0; hash < kHashes; ++hash) left[word] &= rows_[row_of(block, hash) * words_ + word];
      for (std::uint64_t bits = left[word]; bits != 0; bits &= bits - 1) {
        ++depth[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))];
      }
      any |= left[word];
    }
    if (any == 0) return;
  }
}

const ModelOffers* LoadView::model(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &models[found->second];
}

const ModelOffers* LoadView::model_of_adapter(std::string_view adapter) const {
  const auto found = by_adapter.find(adapter);
  return found == by_adapter.end() ? nullptr : &models[found->second];
}

std::shared_ptr<const LoadView> build_load_view(const LoadInput& input, Ledger& ledger, const LoadView* previous) {
  LoadBuilder builder(input, ledger, previous);
  if (input.local.models) {
    builder.add_target({.site = input.local.site,
                        .router = input.local.router,
                        .local = true,
                        .admission = input.local.admission,
                        .received = input.now},
                       *input.local.models);
  }
  for (std::size_t i = 0; input.fabric && i < input.fabric->size(); ++i) {
    if (input.fabric->site[i] == input.local.site) continue;  // our own digest, or our neighbour's
    builder.add_target({.site = input.fabric->site[i],
                        .router = input.fabric->router[i],
                        .admission = input.fabric->admission[i],
                        .received = input.fabric->received[i]},
                       input.fabric->models[i]);
  }
  return builder.finish();
}

std::shared_ptr<const PathView> build_path_view(const policy::PolicySnapshot& policy, const SiteName& own,
                                                te::PathSnapshotPtr paths, const PathView* previous) {
  static const auto kLocal = std::make_shared<const std::string>("local");
  static const auto kNoTe = std::make_shared<const std::string>("pathwise-te has not reported any path");
  static const auto kUnknown = std::make_shared<const std::string>("pathwise-te knows no path to it");
  auto view = std::make_shared<PathView>();
  const auto& tiers = policy.config().tiers;
  const auto& sites = policy.sites();
  view->terms.resize(tiers.size());
  for (std::size_t t = 0; t < tiers.size(); ++t) {
    auto& row = view->terms[t];
    row.resize(sites.size());
    for (std::size_t s = 0; s < sites.size(); ++s) {
      const bool known = previous != nullptr && t < previous->terms.size() && s < previous->terms[t].size();
      const PathTerms* before = known ? &previous->terms[t][s] : nullptr;
      if (sites[s] == own) {
        row[s] = {.up = true, .measured = true, .label = kLocal};
      } else if (!paths) {
        row[s].why_not = kNoTe;
      } else if (const te::PathState* path = paths->find(sites[s], tiers[t].name)) {
        row[s] = terms_of(*path, before);
      } else {
        row[s].why_not = kUnknown;
      }
    }
  }
  for (const auto& row : view->terms) {
    auto& costs = view->costs.emplace_back();
    for (const PathTerms& path : row) {
      costs.push_back(
          {.rtt_s = static_cast<float>(path.rtt_s),
           .seconds_per_byte = path.bytes_per_second > 0 ? static_cast<float>(1 / path.bytes_per_second) : 0,
           .up = path.up});
    }
  }
  view->paths = std::move(paths);
  view->version = previous != nullptr ? previous->version + 1 : 1;
  return view;
}

}  // namespace pathwise::router::select
