// SPDX-License-Identifier: Apache-2.0
// Bandwidth that LSPs hold on links, by holding priority, and preemption (RFC 3209 section 4.7.3; 0 is the best
// priority, 7 the worst). An LSP may take what is held with a priority worse than that which it sets up with.
// Keys of links and LSPs are the caller's: both need an order. A value; one thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "te/algo/preemption.h"

namespace pathwise::te {

inline constexpr std::uint8_t kWorstPriority = 7;

template <typename LinkId, typename LspId>
class ReservationTable {
 public:
  struct Claim {
    std::vector<LinkId> links;  // each once
    BitsPerSecond bandwidth;    // 0: nothing is held
    std::uint8_t holding_priority = kWorstPriority;
    // RFC 3209: never better than the holding priority, or two LSPs preempt each other for ever. If it is, the
    // LSP holds with it.
    std::uint8_t setup_priority = kWorstPriority;
  };

  // Replaces what the LSP held, whether there is room or not; an empty claim releases it.
  void claim(const LspId& lsp, Claim claim) {
    release(lsp);
    if (claim.bandwidth.value() == 0 || claim.links.empty()) return;
    claim.setup_priority = std::min(claim.setup_priority, kWorstPriority);
    claim.holding_priority = std::min(claim.holding_priority, claim.setup_priority);
    for (const LinkId& link : claim.links) {
      OnLink& on = links_[link];
      on.held[claim.holding_priority] += claim.bandwidth.value();
      on.lsps.insert(lsp);
    }
    claims_.emplace(lsp, std::move(claim));
  }

  void release(const LspId& lsp) {
    const auto old = claims_.find(lsp);
    if (old == claims_.end()) return;
    for (const LinkId& link : old->second.links) {
      const auto on = links_.find(link);
      on->second.held[old->second.holding_priority] -= old->second.bandwidth.value();
      on->second.lsps.erase(lsp);
      if (on->second.lsps.empty()) links_.erase(on);
    }
    claims_.erase(old);
  }

  // The claim if there is room on every link, counting as free what the LSP held and what it may preempt.
  // `capacity`: the maximum reservable bandwidth of each of the claim's links. Returns whom it takes the
  // bandwidth from (choose_preempted()): they hold nothing any more, and the caller finds them another path.
  // kResourceExhausted: no room; nothing changes. kInvalidArgument: not one capacity a link.
  Result<std::vector<LspId>> admit(const LspId& lsp, Claim claim, std::span<const BitsPerSecond> capacity) {
    if (capacity.size() != claim.links.size()) {
      return fail(ErrorCode::kInvalidArgument, "reservation: {} links with {} capacities", claim.links.size(),
                  capacity.size());
    }
    std::vector<std::uint64_t> missing;
    std::map<LspId, PreemptionCandidate> candidates;
    for (std::size_t i = 0; i < claim.links.size(); ++i) {
      const std::uint64_t free =
          capacity[i].value() - std::min(capacity[i], held(claim.links[i], kWorstPriority, lsp)).value();
      if (free >= claim.bandwidth.value()) continue;
      missing.push_back(claim.bandwidth.value() - free + overbooked(claim.links[i], capacity[i], lsp));
      add_candidates(claim.links[i], missing.size() - 1, {lsp, claim.setup_priority}, candidates);
    }
    std::vector<LspId> lsps;
    std::vector<PreemptionCandidate> choices;
    for (auto& [candidate, choice] : candidates) {
      lsps.push_back(candidate);
      choices.push_back(std::move(choice));
    }
    const auto chosen = choose_preempted(missing, choices);
    if (!chosen)
      return fail(ErrorCode::kResourceExhausted, "reservation: a link has no room for {}", to_human(claim.bandwidth));
    std::vector<LspId> preempted;
    for (const std::size_t i : *chosen) preempted.push_back(lsps[i]);
    for (const LspId& victim : preempted) release(victim);
    this->claim(lsp, std::move(claim));
    return preempted;
  }

  // What an LSP of this setup priority cannot have on the link, besides what `except` itself holds.
  [[nodiscard]] BitsPerSecond held(const LinkId& link, std::uint8_t setup_priority, const LspId& except) const {
    const auto on = links_.find(link);
    if (on == links_.end()) return {};
    std::uint64_t sum = 0;
    for (std::size_t priority = 0; priority <= std::min(setup_priority, kWorstPriority); ++priority) {
      sum += on->second.held[priority];
    }
    const auto own = on->second.lsps.contains(except) ? claims_.find(except) : claims_.end();
    if (own != claims_.end() && own->second.holding_priority <= setup_priority) sum -= own->second.bandwidth.value();
    return BitsPerSecond(sum);
  }

  // Unreserved bandwidth by priority (RFC 5305 section 3.6): what an LSP that sets up with it can have.
  [[nodiscard]] std::array<BitsPerSecond, 8> unreserved(const LinkId& link, BitsPerSecond capacity) const {
    std::array<BitsPerSecond, 8> free;
    free.fill(capacity);
    const auto on = links_.find(link);
    if (on == links_.end()) return free;
    std::uint64_t sum = 0;
    for (std::size_t priority = 0; priority < free.size(); ++priority) {
      sum += on->second.held[priority];
      free[priority] = BitsPerSecond(capacity.value() - std::min(capacity.value(), sum));
    }
    return free;
  }

  [[nodiscard]] const std::map<LspId, Claim>& claims() const { return claims_; }
  // Calls visit(link) for each link on which something is held.
  template <typename Visit>
  void for_each_link(Visit visit) const {
    for (const auto& [link, on] : links_) visit(link);
  }

 private:
  struct OnLink {
    std::array<std::uint64_t, 8> held{};  // bit/s by holding priority
    std::set<LspId> lsps;
  };
  struct Taker {
    const LspId& lsp;
    std::uint8_t setup_priority;
  };

  // A link that became smaller than what is held on it lacks that much more.
  [[nodiscard]] std::uint64_t overbooked(const LinkId& link, BitsPerSecond capacity, const LspId& except) const {
    const std::uint64_t all = held(link, kWorstPriority, except).value();
    return all > capacity.value() ? all - capacity.value() : 0;
  }

  void add_candidates(const LinkId& link, std::size_t position, const Taker& taker,
                      std::map<LspId, PreemptionCandidate>& candidates) const {
    const auto on = links_.find(link);
    if (on == links_.end()) return;
    for (const LspId& lsp : on->second.lsps) {
      const Claim& claim = claims_.at(lsp);
      if (lsp == taker.lsp || claim.holding_priority <= taker.setup_priority) continue;
      PreemptionCandidate& candidate = candidates[lsp];
      candidate.holding_priority = claim.holding_priority;
      candidate.bandwidth = claim.bandwidth.value();
      candidate.links.push_back(position);
    }
  }

  std::map<LinkId, OnLink> links_;
  std::map<LspId, Claim> claims_;
};

}  // namespace pathwise::te
