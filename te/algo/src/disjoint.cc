// SPDX-License-Identifier: Apache-2.0
#include "te/algo/disjoint.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "cspf_search.h"
#include "suurballe.h"
#include "te/algo/k_shortest.h"

namespace pathwise::te {
namespace {

bool with_nodes(Disjointness disjoint) {
  return disjoint == Disjointness::kNode || disjoint == Disjointness::kNodeAndSrlg;
}

bool with_srlgs(Disjointness disjoint) {
  return disjoint == Disjointness::kSrlg || disjoint == Disjointness::kNodeAndSrlg;
}

// What a path uses, as a second path sees it.
class Footprint {
 public:
  Footprint(const TopologySnapshot& snapshot, const ComputedPath& path)
      : snapshot_(snapshot), links_(snapshot.links.size()), nodes_(snapshot.nodes.size()) {
    for (const LinkIndex link : path.links) {
      links_[link] = links_[snapshot.link_reverse[link]] = true;
      if (link != path.links.back()) nodes_[snapshot.link_to[link]] = true;
      srlgs_.insert(srlgs_.end(), snapshot.links[link].srlgs.begin(), snapshot.links[link].srlgs.end());
    }
    std::ranges::sort(srlgs_);
    srlgs_.erase(std::ranges::unique(srlgs_).begin(), srlgs_.end());
  }

  [[nodiscard]] const std::vector<std::uint32_t>& srlgs() const { return srlgs_; }
  [[nodiscard]] bool has_link(LinkIndex link) const { return links_[link]; }
  // Whether the link leads to a node between the ends.
  [[nodiscard]] bool has_node_behind(LinkIndex link) const { return nodes_[snapshot_.link_to[link]]; }
  [[nodiscard]] bool has_srlg(std::uint32_t srlg) const { return std::ranges::binary_search(srlgs_, srlg); }

  // The request for a path beside this one.
  [[nodiscard]] CspfRequest beside(const DisjointRequest& request, const ComputedPath& path) const {
    CspfRequest second = request.path;
    for (const LinkIndex link : path.links) {
      second.exclude_links.push_back(link);
      second.exclude_links.push_back(snapshot_.link_reverse[link]);
      if (with_nodes(request.disjoint) && link != path.links.back()) {
        second.exclude_nodes.push_back(snapshot_.link_to[link]);
      }
    }
    if (with_srlgs(request.disjoint)) {
      second.exclude_srlgs.insert(second.exclude_srlgs.end(), srlgs_.begin(), srlgs_.end());
    }
    return second;
  }

  // How many elements each link would share.
  [[nodiscard]] std::vector<std::uint32_t> penalties(Disjointness disjoint) const {
    std::vector<std::uint32_t> counts(links_.size());
    for (LinkIndex link = 0; link < counts.size(); ++link) {
      counts[link] = links_[link] ? 1 : 0;
      if (with_nodes(disjoint) && has_node_behind(link)) ++counts[link];
      if (!with_srlgs(disjoint)) continue;
      for (const std::uint32_t srlg : snapshot_.links[link].srlgs) counts[link] += has_srlg(srlg) ? 1 : 0;
    }
    return counts;
  }

 private:
  const TopologySnapshot& snapshot_;
  std::vector<bool> links_;  // in both directions
  std::vector<bool> nodes_;  // between the ends
  std::vector<std::uint32_t> srlgs_;
};

DisjointPair pair_of(const TopologySnapshot& snapshot, ComputedPath one, ComputedPath other) {
  if (other.cost < one.cost) std::swap(one, other);
  DisjointPair pair{.first = std::move(one), .second = std::move(other)};
  const Footprint footprint(snapshot, pair.first);
  std::vector<std::uint32_t> shared;
  for (const LinkIndex link : pair.second.links) {
    pair.shared_links += footprint.has_link(link) ? 1 : 0;
    pair.shared_nodes += footprint.has_node_behind(link) ? 1 : 0;
    for (const std::uint32_t srlg : snapshot.links[link].srlgs) {
      if (footprint.has_srlg(srlg)) shared.push_back(srlg);
    }
  }
  std::ranges::sort(shared);
  pair.shared_srlgs = static_cast<std::size_t>(std::ranges::unique(shared).begin() - shared.begin());
  return pair;
}

std::size_t shared(const DisjointPair& pair, Disjointness disjoint) {
  return pair.shared_links + (with_nodes(disjoint) ? pair.shared_nodes : 0) +
         (with_srlgs(disjoint) ? pair.shared_srlgs : 0);
}

class PairSearch {
 public:
  PairSearch(const TopologySnapshot& snapshot, const DisjointRequest& request)
      : snapshot_(snapshot), request_(request) {}

  Result<DisjointPair> run() {
    if (request_.path.source == request_.path.destination || !request_.path.penalties.empty()) {
      return fail(ErrorCode::kInvalidArgument, "disjoint paths: between two nodes, and without penalties");
    }
    if (auto ready = problem_.load(snapshot_, request_.path); !ready) return std::unexpected(ready.error());
    if (request_.path.include.empty()) {
      if (auto done = relaxation()) return std::move(*done);
    }
    return trials();
  }

 private:
  // Links and nodes alone, without bounds. nullopt: what it found breaks another constraint and is but a bound.
  std::optional<Result<DisjointPair>> relaxation() {
    const auto paths = suurballe(problem_, {with_nodes(request_.disjoint), !request_.strict});
    if (!paths) return none();
    const auto& [one, other] = *paths;
    DisjointPair pair = pair_of(snapshot_, problem_.path_of(one), problem_.path_of(other));
    const std::size_t without_srlgs = pair.shared_links + (with_nodes(request_.disjoint) ? pair.shared_nodes : 0);
    const bool feasible = problem_.within_bounds(one) && problem_.within_bounds(other);
    if (feasible && shared(pair, request_.disjoint) == without_srlgs) return pair;
    least_shared_ = without_srlgs;
    if (feasible && !request_.strict) consider(std::move(pair));
    return std::nullopt;
  }

  Result<DisjointPair> trials() {
    KShortestPaths firsts(snapshot_, request_.path);
    for (std::size_t trial = 0; trial < kMaxDisjointTrials; ++trial) {
      if (labels_ > kMaxShortestPathsLabels || comparisons_ > kMaxShortestPathsComparisons) break;
      const auto first = firsts.next();
      if (!first) return give_up(first.error());
      if (!*first) return finish(true);
      if (best_ && shared(*best_, request_.disjoint) == least_shared_ && 2 * (*first)->cost >= best_->cost()) {
        return finish(true);  // every pair that is left has two paths no cheaper than this one
      }
      ++tried_;
      if (auto tried = try_first(**first, trial == 0); !tried) return give_up(tried.error());
    }
    return finish(false);
  }

  Result<void> try_first(const ComputedPath& first, bool best_of_all) {
    const Footprint footprint(snapshot_, first);
    std::vector<std::uint32_t> penalties;
    CspfRequest request = request_.path;
    if (request_.strict) {
      request = footprint.beside(request_, first);
    } else {
      penalties = footprint.penalties(request_.disjoint);
      request.penalties = penalties;
    }
    auto second = compute(request);
    if (second) {
      consider(pair_of(snapshot_, first, std::move(*second)));
    } else if (second.error().code == ErrorCode::kNotFound) {
      if (best_of_all && with_srlgs(request_.disjoint)) return no_common_risk(footprint);
    } else {
      return std::unexpected(second.error());
    }
    return {};
  }

  Result<ComputedPath> compute(const CspfRequest& request) {
    if (auto ready = search_.prepare(snapshot_, request); !ready) return std::unexpected(ready.error());
    const Result<bool> found = search_.search();
    labels_ += search_.labels_made();
    comparisons_ += search_.comparisons_made();
    if (!found) return std::unexpected(found.error());
    if (!*found) return search_.problem().no_path();
    return search_.path();
  }

  // A risk that every path runs: there is no pair, and no need to try on.
  Result<void> no_common_risk(const Footprint& footprint) {
    for (const std::uint32_t srlg : footprint.srlgs()) {
      CspfRequest without = request_.path;
      without.exclude_srlgs.push_back(srlg);
      const auto path = compute(without);
      if (!path && path.error().code == ErrorCode::kNotFound) {
        return fail(ErrorCode::kNotFound, "no two disjoint paths from {} to {}: all of them are in risk group {}",
                    snapshot_.nodes[request_.path.source].name, snapshot_.nodes[request_.path.destination].name, srlg);
      }
    }
    return {};
  }

  void consider(DisjointPair pair) {
    const auto rank = [&](const DisjointPair& each) {
      return std::tuple(shared(each, request_.disjoint), each.cost());
    };
    if (!best_ || rank(pair) < rank(*best_)) best_ = std::move(pair);
  }

  Result<DisjointPair> finish(bool all) {
    if (best_) {
      // Relaxed risks are not counted exactly: what shares some may not be the least.
      const bool exact = request_.strict || !with_srlgs(request_.disjoint) || shared(*best_, request_.disjoint) == 0;
      best_->proven = all && exact;
      return std::move(*best_);
    }
    if (all) return none();
    return fail(ErrorCode::kResourceExhausted, "disjoint paths: none of the {} best paths has a second beside it",
                tried_);
  }

  // A search ran out of its limits: a pair that was found before is still one.
  Result<DisjointPair> give_up(const Error& error) {
    if (error.code == ErrorCode::kResourceExhausted && best_) return finish(false);
    return std::unexpected(error);
  }

  // Of no path at all the CSPF knows the reason.
  Result<DisjointPair> none() {
    if (auto path = compute(request_.path); !path) return std::unexpected(path.error());
    return fail(ErrorCode::kNotFound, "no two disjoint paths from {} to {}", snapshot_.nodes[request_.path.source].name,
                snapshot_.nodes[request_.path.destination].name);
  }

  const TopologySnapshot& snapshot_;
  const DisjointRequest& request_;
  CspfProblem problem_;
  CspfSearch search_;
  std::size_t tried_ = 0;
  std::uint64_t labels_ = 0;  // of second paths
  std::uint64_t comparisons_ = 0;
  std::size_t least_shared_ = 0;  // no pair shares less
  std::optional<DisjointPair> best_;
};

}  // namespace

Result<DisjointPair> disjoint_pair(const TopologySnapshot& snapshot, const DisjointRequest& request) {
  return PairSearch(snapshot, request).run();
}

}  // namespace pathwise::te
