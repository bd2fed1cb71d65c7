// SPDX-License-Identifier: Apache-2.0
// Constrained shortest path: the least sum of one metric under upper bounds on the sums of any others,
// with constraints that prune links (bandwidth, affinities, shared risks, exclusions) and hops to be
// visited in order. Exact: label setting with dominance on all bounded sums at once (Desrochers and Soumis,
// "A generalized permanent labelling algorithm for the shortest path problem with time windows", INFOR 26,
// 1988, for one bound; Martins, "On a multicriteria shortest path problem", EJOR 16, 1984, for several), in
// the order of the least that a whole path through a label can cost, which reverse shortest paths of every
// metric tell (the look-ahead of SAMCRA: Van Mieghem and Kuipers, "Concepts of exact QoS routing
// algorithms", IEEE/ACM ToN 12, 2004). The problem is NP-hard with a bound: labels and comparisons are
// limited. Pure; any thread (one thread per Cspf).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "te/algo/flex_algo.h"
#include "te/topology/topology.h"

namespace pathwise::te {

// What a path's links add up to. Delay: the average unidirectional one (RFC 8233 section 3.1: Path Delay).
enum class CspfObjective : std::uint8_t { kIgp, kTe, kDelay, kHops, kPrice };

// A hop that the path must take, as a subobject of an IRO (RFC 5440 section 7.12, ordered and with the L
// bit as RFC 7896 has it): a node to visit, or a link to use.
struct IncludeHop {
  NodeIndex node = kNoNode;
  LinkIndex link = kNoLink;  // set: the link, and `node` is not looked at
  bool strict = false;       // directly behind the hop before, or the source
};

struct CspfRequest {
  NodeIndex source = kNoNode;
  NodeIndex destination = kNoNode;
  CspfObjective optimise = CspfObjective::kDelay;
  // Inclusive bounds on the sums.
  std::optional<Microseconds> max_delay;
  std::optional<std::uint64_t> max_igp;
  std::optional<std::uint64_t> max_te;
  std::optional<std::uint64_t> max_hops;
  std::optional<std::uint64_t> max_price;
  std::optional<BitsPerSecond> bandwidth;
  // What is free on each link (index as in snapshot.links). Empty: each link's maximum reservable
  // bandwidth. Not used without `bandwidth`.
  std::span<const BitsPerSecond> available;
  // The price of each link, in the caller's unit; kPruned (te/algo/spf.h): it has none. Needed to optimise
  // or bound the price.
  std::span<const std::uint32_t> prices;
  // Soft exclusion (the X bit of an XRO's subobjects, RFC 5521): if there are any, the least sum of these comes
  // first, then the objective.
  std::span<const std::uint32_t> penalties;
  AdminGroups exclude_any;
  AdminGroups include_any;  // empty: no constraint
  AdminGroups include_all;
  std::vector<std::uint32_t> exclude_srlgs;
  std::vector<NodeIndex> exclude_nodes;
  std::vector<LinkIndex> exclude_links;  // one direction each
  std::vector<IncludeHop> include;       // in this order; no node is visited twice for it
};

struct ComputedPath {
  NodeIndex source = kNoNode;
  std::vector<LinkIndex> links;       // empty: the source is the destination
  std::uint64_t cost = 0;             // sum of the objective
  std::optional<Microseconds> delay;  // nullopt: a link of the path has no delay
  friend bool operator==(const ComputedPath&, const ComputedPath&) = default;
};

// More for one computation is a refusal: memory stays bounded (56 bytes a label and 8 for each bound), and so
// does time.
inline constexpr std::size_t kMaxCspfLabels = 2'000'000;
inline constexpr std::uint64_t kMaxCspfComparisons = 100'000'000;  // a second or two
inline constexpr std::size_t kMaxIncludeHops = 64;

// Links without the objective's metric, or without a metric that is bounded, or without a known bandwidth if
// one is asked for, are not used. Of equal costs the path of the smaller bounded sums wins (delay first, then
// IGP, TE, hops, price), then of fewer hops, then a fixed one for the same snapshot.
// Errors: kInvalidArgument (no such node or link, a span of another size, an excluded end), kNotFound (no
// path; says which constraint is in the way), kResourceExhausted.
[[nodiscard]] Result<ComputedPath> compute_cspf(const TopologySnapshot& snapshot, const CspfRequest& request);

// The same with a workspace that is kept: after the first computations of a size the result is all that
// is allocated. One thread.
class CspfSearch;
class Cspf {
 public:
  Cspf();
  ~Cspf();
  Cspf(Cspf&&) noexcept;
  Cspf& operator=(Cspf&&) noexcept;
  [[nodiscard]] Result<ComputedPath> compute(const TopologySnapshot& snapshot, const CspfRequest& request);

 private:
  std::unique_ptr<CspfSearch> search_;
};

}  // namespace pathwise::te
