// SPDX-License-Identifier: Apache-2.0
// The best paths of a request in their order, without loops: Yen ("Finding the k shortest loopless paths in a
// network", Management Science 17, 1971) with Lawler's partition (Management Science 18, 1972), so that no path
// is found twice. Every constraint of the request holds for every path; the reverse shortest paths of the
// CSPF are computed once for all. Pure; one thread per object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "te/algo/cspf.h"
#include "te/topology/topology.h"

namespace pathwise::te {

inline constexpr std::size_t kMaxShortestPaths = 1'000;
// Of all the searches for one request together: some ten seconds.
inline constexpr std::uint64_t kMaxShortestPathsLabels = 20'000'000;
inline constexpr std::uint64_t kMaxShortestPathsComparisons = 1'000'000'000;

// One path after the other, for callers who do not know yet how many they need.
class KShortestPaths {
 public:
  // Refers to both for its whole life. Errors of next(), then.
  KShortestPaths(const TopologySnapshot& snapshot, const CspfRequest& request);
  ~KShortestPaths();
  KShortestPaths(const KShortestPaths&) = delete;
  KShortestPaths& operator=(const KShortestPaths&) = delete;

  // The best path that was not returned yet, in the order of compute_cspf(); nullopt: that was all. A pair of
  // paths over parallel links is two paths. Errors: those of compute_cspf() (kNotFound only if there is not even
  // one); kResourceExhausted also after kMaxShortestPaths paths, kMaxShortestPathsLabels labels or as many
  // comparisons as are allowed.
  [[nodiscard]] Result<std::optional<ComputedPath>> next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Up to `k` paths, the best first; fewer if there are no more. Errors: as next(); kInvalidArgument: `k` is 0 or
// more than kMaxShortestPaths.
[[nodiscard]] Result<std::vector<ComputedPath>> k_shortest_paths(const TopologySnapshot& snapshot,
                                                                 const CspfRequest& request, std::size_t k);

}  // namespace pathwise::te
