// SPDX-License-Identifier: Apache-2.0
// A CspfRequest in the form that the search reads: for each link one weight a metric that matters, the bounds
// of their sums, and for each stage (the next hop to include) and node the least that is left to the
// destination in every metric. Kept and refilled from one request to the next; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/error.h"
#include "distances.h"
#include "te/algo/cspf.h"

namespace pathwise::te {

inline constexpr std::size_t kMaxColumns = 6;  // penalties, the objective and four bounded metrics
inline constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();

class CspfProblem {
 public:
  // Both are referred to until the next load(). Errors: kInvalidArgument.
  Result<void> load(const TopologySnapshot& snapshot, const CspfRequest& request);

  [[nodiscard]] const TopologySnapshot& snapshot() const { return *snapshot_; }
  [[nodiscard]] const CspfRequest& request() const { return *request_; }
  // The first column is what is minimised; all columns together, in order, are the preference.
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t cost_column() const { return request_->penalties.empty() ? 0 : 1; }
  [[nodiscard]] std::uint64_t bound(std::size_t column) const { return bounds_[column]; }
  [[nodiscard]] WeightTable weights() const { return {weights_, columns_}; }

  // Stages 0 .. include().size(); the last one has nothing left to include.
  [[nodiscard]] const std::vector<IncludeHop>& include() const { return request_->include; }
  [[nodiscard]] std::size_t states() const { return (include().size() + 1) * snapshot_->nodes.size(); }
  [[nodiscard]] std::size_t state(std::size_t stage, NodeIndex node) const {
    return stage * snapshot_->nodes.size() + node;
  }
  // columns() sums; the first is kUnreachable if no path within the bounds goes on from here.
  [[nodiscard]] const std::uint64_t* left(std::size_t state) const { return &left_[state * columns_]; }
  // The stage after arriving at `node` in `stage` by `link` (kNoLink: it is the source).
  [[nodiscard]] std::size_t next_stage(std::size_t stage, LinkIndex link, NodeIndex node) const;
  // Whether `link` may be taken out of `from` in `stage`: a strict hop leaves no choice, nor does the near end
  // of a link that is to be used.
  [[nodiscard]] bool may_take(std::size_t stage, NodeIndex from, LinkIndex link) const;
  // Whether a node is to be visited after `stage`: not yet, then.
  [[nodiscard]] bool comes_later(std::size_t stage, NodeIndex node) const;

  // The links as a path from the source, and whether it keeps to the bounds.
  [[nodiscard]] ComputedPath path_of(std::vector<LinkIndex> links) const;
  [[nodiscard]] bool within_bounds(const std::vector<LinkIndex>& links) const;

  // Why there is no path. Slow: for the message.
  [[nodiscard]] std::unexpected<Error> no_path();

 private:
  [[nodiscard]] Result<void> check() const;
  void choose_columns();
  void weigh_links();
  [[nodiscard]] bool allowed(LinkIndex index) const;
  [[nodiscard]] std::optional<std::uint32_t> metric_of(CspfObjective metric, LinkIndex index) const;
  void look_ahead();
  void look_ahead(std::size_t stage);
  // The sums from the hop of `stage` to the destination, from the stages behind.
  [[nodiscard]] std::array<std::uint64_t, kMaxColumns> left_behind(std::size_t stage) const;
  [[nodiscard]] NodeIndex target(std::size_t stage) const;
  [[nodiscard]] std::optional<std::uint64_t> bound_on(CspfObjective metric) const;
  [[nodiscard]] std::uint64_t least_sum(std::size_t column);
  [[nodiscard]] std::string constraints() const;

  const TopologySnapshot* snapshot_ = nullptr;
  const CspfRequest* request_ = nullptr;
  std::size_t columns_ = 1;
  std::array<std::optional<CspfObjective>, kMaxColumns> metrics_{};  // nullopt: penalties
  std::array<std::uint64_t, kMaxColumns> bounds_{};
  std::vector<std::uint32_t> srlgs_;          // excluded, ascending
  std::vector<std::uint8_t> excluded_nodes_;  // by node
  std::vector<std::uint32_t> weights_;        // links × columns; the first is kPruned on what is not used
  std::vector<std::uint64_t> left_;           // states × columns
  std::vector<std::uint8_t> alive_;           // nodes that no column has ruled out yet
  Distances distances_;
};

// The text of a sum: "12.4ms" for a delay, else the number.
[[nodiscard]] std::string metric_text(CspfObjective metric, std::uint64_t sum);

}  // namespace pathwise::te
