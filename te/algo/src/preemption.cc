// SPDX-License-Identifier: Apache-2.0
#include "te/algo/preemption.h"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <numeric>
#include <utility>

namespace pathwise::te {
namespace {

// What a choice costs: numbers by holding priority, the most important first.
struct Harm {
  std::array<std::uint32_t, 8> lsps{};
  std::uint64_t bandwidth = 0;
  void add(const PreemptionCandidate& candidate) {
    ++lsps[candidate.holding_priority & 7U];
    bandwidth += candidate.bandwidth;
  }
  void remove(const PreemptionCandidate& candidate) {
    --lsps[candidate.holding_priority & 7U];
    bandwidth -= candidate.bandwidth;
  }
  friend auto operator<=>(const Harm&, const Harm&) = default;
};

class Choice {
 public:
  Choice(std::span<const std::uint64_t> missing, std::span<const PreemptionCandidate> candidates)
      : candidates_(candidates),
        missing_(missing.begin(), missing.end()),
        freed_(missing.size()),
        taken_(candidates.size()),
        ruled_out_(candidates.size()),
        on_link_(missing.size()) {
    // Whom to try first: the least important, of those the largest.
    std::vector<std::size_t> order(candidates.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
      return std::pair(candidates[b].holding_priority, candidates[b].bandwidth) <
             std::pair(candidates[a].holding_priority, candidates[a].bandwidth);
    });
    for (const std::size_t candidate : order) {
      for (const std::size_t link : candidates[candidate].links) on_link_[link].push_back(candidate);
    }
  }

  [[nodiscard]] bool possible() const {
    for (std::size_t link = 0; link < missing_.size(); ++link) {
      std::uint64_t all = 0;
      for (const std::size_t candidate : on_link_[link]) all += candidates_[candidate].bandwidth;
      if (all < missing_[link]) return false;
    }
    return true;
  }

  std::vector<std::size_t> run() {
    greedy();
    drop_needless();
    best_ = taken();
    best_harm_ = harm_;
    if (candidates_.size() > kMaxExactPreemption) return best_;
    for (const std::size_t candidate : best_) give_back(candidate);
    branch();
    return best_;
  }

 private:
  [[nodiscard]] std::uint64_t still_missing(std::size_t link) const {
    return missing_[link] > freed_[link] ? missing_[link] - freed_[link] : 0;
  }
  [[nodiscard]] std::uint64_t relief(std::size_t candidate) const {
    std::uint64_t sum = 0;
    for (const std::size_t link : candidates_[candidate].links) {
      sum += std::min(still_missing(link), candidates_[candidate].bandwidth);
    }
    return sum;
  }
  [[nodiscard]] std::vector<std::size_t> taken() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (taken_[i]) all.push_back(i);
    }
    return all;
  }
  void take(std::size_t candidate) {
    taken_[candidate] = true;
    harm_.add(candidates_[candidate]);
    for (const std::size_t link : candidates_[candidate].links) freed_[link] += candidates_[candidate].bandwidth;
  }
  void give_back(std::size_t candidate) {
    taken_[candidate] = false;
    harm_.remove(candidates_[candidate]);
    for (const std::size_t link : candidates_[candidate].links) freed_[link] -= candidates_[candidate].bandwidth;
  }

  void greedy() {
    for (int priority = 7; priority >= 0; --priority) {
      for (;;) {
        std::size_t best = candidates_.size();
        std::uint64_t most = 0;
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
          if (taken_[i] || candidates_[i].holding_priority != priority) continue;
          const std::uint64_t frees = relief(i);
          if (frees <= most) continue;
          best = i;
          most = frees;
        }
        if (most == 0) break;
        take(best);
      }
    }
  }

  // The most important first, of those the smallest.
  void drop_needless() {
    std::vector<std::size_t> order = taken();
    std::ranges::stable_sort(
        order, {}, [&](std::size_t i) { return std::pair(candidates_[i].holding_priority, candidates_[i].bandwidth); });
    for (const std::size_t candidate : order) {
      give_back(candidate);
      const auto& links = candidates_[candidate].links;
      if (std::ranges::any_of(links, [&](std::size_t link) { return still_missing(link) > 0; })) take(candidate);
    }
  }

  // The link with the fewest left to choose from; missing_.size(): nothing is missing.
  [[nodiscard]] std::size_t tightest() const {
    std::size_t tightest = missing_.size();
    std::size_t fewest = candidates_.size() + 1;
    for (std::size_t link = 0; link < missing_.size(); ++link) {
      if (still_missing(link) == 0) continue;
      std::size_t left = 0;
      for (const std::size_t i : on_link_[link]) left += !taken_[i] && !ruled_out_[i] ? 1 : 0;
      if (left >= fewest) continue;
      tightest = link;
      fewest = left;
    }
    return tightest;
  }

  // Some candidate of the tightest link goes: the first, or else the second without the first, and so on.
  void branch() {
    if (++steps_ > kMaxPreemptionSteps || harm_ >= best_harm_) return;
    const std::size_t link = tightest();
    if (link == missing_.size()) {
      best_ = taken();
      best_harm_ = harm_;
      return;
    }
    std::vector<std::size_t> tried;
    for (const std::size_t candidate : on_link_[link]) {
      if (taken_[candidate] || ruled_out_[candidate]) continue;
      take(candidate);
      branch();
      give_back(candidate);
      ruled_out_[candidate] = true;
      tried.push_back(candidate);
    }
    for (const std::size_t candidate : tried) ruled_out_[candidate] = false;
  }

  std::span<const PreemptionCandidate> candidates_;
  std::vector<std::uint64_t> missing_;
  std::vector<std::uint64_t> freed_;
  std::vector<bool> taken_;
  std::vector<bool> ruled_out_;
  std::vector<std::vector<std::size_t>> on_link_;
  Harm harm_;
  std::vector<std::size_t> best_;
  Harm best_harm_;
  std::size_t steps_ = 0;
};

}  // namespace

std::optional<std::vector<std::size_t>> choose_preempted(std::span<const std::uint64_t> missing,
                                                         std::span<const PreemptionCandidate> candidates) {
  Choice choice(missing, candidates);
  if (!choice.possible()) return std::nullopt;
  return choice.run();
}

}  // namespace pathwise::te
