// SPDX-License-Identifier: Apache-2.0
// Which LSPs must go so that a more important one fits. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pathwise::te {

struct PreemptionCandidate {
  std::uint8_t holding_priority = 7;  // 0 is the best
  std::uint64_t bandwidth = 0;        // what each of its links gets back, in bit/s
  std::vector<std::size_t> links;     // positions in the list of what is missing
};

inline constexpr std::size_t kMaxExactPreemption = 64;      // candidates
inline constexpr std::size_t kMaxPreemptionSteps = 50'000;  // of the exact choice

// The positions of the candidates to preempt, ascending; nullopt: not even all of them are enough. In this
// order (RFC 4829 discusses these criteria): the more important an LSP the fewer of it are preempted, then
// the least bandwidth in sum. Choosing them is a covering problem, NP-hard over several links: branch and bound
// up to kMaxExactPreemption candidates and kMaxPreemptionSteps steps. Beyond, greedy: the least important level
// first, in it whoever frees most of what is missing; then nobody is preempted without need.
[[nodiscard]] std::optional<std::vector<std::size_t>> choose_preempted(std::span<const std::uint64_t> missing,
                                                                       std::span<const PreemptionCandidate> candidates);

}  // namespace pathwise::te
