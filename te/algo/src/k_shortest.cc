// SPDX-License-Identifier: Apache-2.0
#include "te/algo/k_shortest.h"

#include <algorithm>
#include <span>

#include "cspf_search.h"

namespace pathwise::te {
namespace {

// A part of all paths: those that share the first `deviation` links of a path found before and do not go on over
// one of `banned`. The parts are disjoint. Of its best path only the rank is kept: the path itself is searched
// again if it is taken, which happens to one part in many.
struct Part {
  std::vector<std::uint64_t> rank;
  std::size_t number = 0;  // in the order of creation: ties are broken the same way each time
  std::size_t parent = 0;
  std::size_t deviation = 0;
  std::vector<LinkIndex> banned;
};

bool after(const Part& a, const Part& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.number > b.number;
}

}  // namespace

struct KShortestPaths::State {
  const TopologySnapshot& snapshot;
  const CspfRequest& request;
  CspfSearch search;
  std::vector<ComputedPath> paths;
  std::vector<Part> parts;  // a heap by after()
  Part last;                // what paths.back() is the best of; split when another path is asked for
  std::size_t created = 0;
  bool done = false;

  Result<std::optional<ComputedPath>> first();
  Result<std::optional<ComputedPath>> best_of_parts();
  Result<void> split_last();
  [[nodiscard]] std::span<const LinkIndex> prefix(const Part& part) const {
    return std::span(paths[part.parent].links).first(part.deviation);
  }
};

KShortestPaths::KShortestPaths(const TopologySnapshot& snapshot, const CspfRequest& request)
    : state_(new State{.snapshot = snapshot, .request = request}) {}
KShortestPaths::~KShortestPaths() = default;

Result<std::optional<ComputedPath>> KShortestPaths::State::first() {
  if (auto ready = search.prepare(snapshot, request); !ready) return std::unexpected(ready.error());
  const Result<bool> found = search.search();
  if (!found) return std::unexpected(found.error());
  if (!*found) return search.problem().no_path();
  paths.push_back(search.path());
  return paths.back();
}

// The last path is taken out of its part; what is left becomes a part for each link to leave the path at.
Result<void> KShortestPaths::State::split_last() {
  const std::vector<LinkIndex>& links = paths.back().links;
  for (std::size_t at = last.deviation; at < links.size(); ++at) {
    Part rest{.rank = {}, .number = created++, .parent = paths.size() - 1, .deviation = at, .banned = {}};
    if (at == last.deviation) rest.banned = last.banned;
    rest.banned.push_back(links[at]);
    const Result<bool> found = search.search(prefix(rest), rest.banned);
    if (!found) return std::unexpected(found.error());
    if (search.labels_made() > kMaxShortestPathsLabels || search.comparisons_made() > kMaxShortestPathsComparisons) {
      return fail(ErrorCode::kResourceExhausted, "path computation: too much work to go on after {} paths",
                  paths.size());
    }
    if (!*found) continue;
    rest.rank = search.rank();
    parts.push_back(std::move(rest));
    std::ranges::push_heap(parts, after);
  }
  return {};
}

Result<std::optional<ComputedPath>> KShortestPaths::State::best_of_parts() {
  if (parts.empty()) return std::nullopt;
  std::ranges::pop_heap(parts, after);
  last = std::move(parts.back());
  parts.pop_back();
  const Result<bool> found = search.search(prefix(last), last.banned);
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail(ErrorCode::kInternal, "path computation: a path is not found again");
  paths.push_back(search.path());
  return paths.back();
}

Result<std::optional<ComputedPath>> KShortestPaths::next() {
  State& state = *state_;
  if (state.paths.empty()) return state.first();
  if (state.done) return std::nullopt;
  if (state.paths.size() >= kMaxShortestPaths) {
    return fail(ErrorCode::kResourceExhausted, "path computation: more than {} paths", kMaxShortestPaths);
  }
  if (auto split = state.split_last(); !split) return std::unexpected(split.error());
  auto path = state.best_of_parts();
  state.done = path && !*path;
  return path;
}

Result<std::vector<ComputedPath>> k_shortest_paths(const TopologySnapshot& snapshot, const CspfRequest& request,
                                                   std::size_t k) {
  if (k == 0 || k > kMaxShortestPaths) {
    return fail(ErrorCode::kInvalidArgument, "path computation: {} paths; 1 to {} can be asked for", k,
                kMaxShortestPaths);
  }
  KShortestPaths all(snapshot, request);
  std::vector<ComputedPath> paths;
  while (paths.size() < k) {
    auto path = all.next();
    if (!path) return std::unexpected(path.error());
    if (!*path) break;
    paths.push_back(std::move(**path));
  }
  return paths;
}

}  // namespace pathwise::te
