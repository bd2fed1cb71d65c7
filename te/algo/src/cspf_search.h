// SPDX-License-Identifier: Apache-2.0
// The label-setting search over a CspfProblem, again and again with other prefixes: k shortest paths ask for
// the best path that starts so and does not go on so. The look-ahead of the whole problem holds for each of
// them: a part of the network has no shorter way.
//
// Without hops to include the best path visits no node twice: leaving a loop out makes no sum larger. With
// hops it may want to, and the search becomes one for elementary paths. It starts as if loops were allowed;
// while the best path has one, the nodes that it visits twice become critical, labels remember which
// critical nodes they have seen, and one dominates another only if it has seen no more (decremental state
// space relaxation: Righini and Salani, "New dynamic programming algorithms for the resource constrained
// elementary shortest path problem", Networks 51, 2008). One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "cspf_problem.h"

namespace pathwise::te {

class CspfSearch {
 public:
  // Both are referred to until the next prepare(). Errors: kInvalidArgument.
  [[nodiscard]] Result<void> prepare(const TopologySnapshot& snapshot, const CspfRequest& request);

  // The best path that begins with the links of `prefix`, which must be the beginning of a path found before,
  // and does not go on over one of `banned`. False: there is none. kResourceExhausted.
  [[nodiscard]] Result<bool> search(std::span<const LinkIndex> prefix = {}, std::span<const LinkIndex> banned = {});

  // Of the path that the last search() found.
  [[nodiscard]] ComputedPath path() const { return problem_.path_of(path_links_); }
  // The sums of the problem's columns, then the number of hops: paths are preferred in this order.
  [[nodiscard]] const std::vector<std::uint64_t>& rank() const { return rank_; }

  // Work since prepare().
  [[nodiscard]] std::uint64_t labels_made() const { return labels_made_; }
  [[nodiscard]] std::uint64_t comparisons_made() const { return comparisons_made_; }
  [[nodiscard]] CspfProblem& problem() { return problem_; }

 private:
  struct Label {
    std::uint64_t seen = 0;  // critical nodes
    std::uint32_t state = 0;
    LinkIndex link = kNoLink;  // that led here
    std::uint32_t parent = 0;  // index of the label before; meaningless for the first
    std::uint32_t hops = 0;
    std::uint32_t next = 0;  // settled labels of the same state that it does not dominate
  };
  struct Queued {
    std::uint64_t cost;  // the first column's sum, what is left included
    std::uint32_t label;
  };

  [[nodiscard]] Result<bool> start(std::span<const LinkIndex> prefix);
  [[nodiscard]] Result<bool> settle_until_found(std::span<const LinkIndex> banned);
  void clear();
  void extend(std::uint32_t parent, std::span<const LinkIndex> banned);
  void add(std::uint32_t parent, LinkIndex link, NodeIndex node, std::size_t stage);
  void push(Label label, const std::uint64_t* sums);
  [[nodiscard]] bool is_dominated(const Label& label, const std::uint64_t* sums);
  void settle(std::uint32_t label);
  [[nodiscard]] bool no_more(const std::uint64_t* a, const std::uint64_t* b) const;
  [[nodiscard]] bool after(const Queued& a, const Queued& b) const;
  [[nodiscard]] bool exhausted() const;
  // True if the path of the label visits a node twice; such nodes are critical from now on.
  [[nodiscard]] Result<bool> note_loops(std::uint32_t label);
  void take(std::uint32_t label, std::span<const LinkIndex> prefix);
  [[nodiscard]] NodeIndex node_of(const Label& label) const {
    return static_cast<NodeIndex>(label.state % problem_.snapshot().nodes.size());
  }
  [[nodiscard]] const std::uint64_t* sums(std::uint32_t label) const { return &sums_[label * problem_.columns()]; }

  CspfProblem problem_;
  std::vector<Label> labels_;
  std::vector<std::uint64_t> sums_;     // labels × columns; of the least whole path through the label
  std::vector<Queued> queue_;           // a heap by after()
  std::vector<std::uint32_t> front_;    // by state: the first of its settled labels
  std::vector<std::uint8_t> blocked_;   // by node: on the prefix
  std::vector<std::uint8_t> critical_;  // by node: 1 + its bit in `seen`
  std::vector<std::uint8_t> visits_;    // by node; all 0 between uses
  std::uint32_t found_ = 0;
  unsigned criticals_ = 0;
  std::uint64_t labels_made_ = 0;
  std::uint64_t comparisons_made_ = 0;
  std::uint64_t labels_before_ = 0;  // this search
  std::uint64_t comparisons_before_ = 0;
  std::vector<LinkIndex> path_links_;
  std::vector<std::uint64_t> rank_;
};

}  // namespace pathwise::te
