// SPDX-License-Identifier: Apache-2.0
// Choosing the site: hard filters, the cost of what is left, and a pick among the near-best. Pure:
// views, request, time and chance in, decision out. The request path, `explain` and the benchmarks
// all call this.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "policy/policy_snapshot.h"
#include "router/select/cost.h"
#include "router/select/learned.h"
#include "router/select/quick_cost.h"
#include "router/select/views.h"

namespace pathwise::router::select {

enum class Removed : std::uint8_t {
  kPolicy,   // residency: the verdict names the rule
  kAdapter,  // neither loaded nor loadable there
  kContext,  // the prompt does not fit
  kPath,     // no path of this tier is up
  kAddress,  // no address for this tier
  kClosed,   // the site admits nothing now
  kStale,    // nothing heard from it for too long
  kRefused,  // it refused, or failed, this very request
  kRemote,   // the request may not leave this site (hop limit)
};
[[nodiscard]] std::string_view to_string(Removed reason);

// Tuning, the same for all decisions. Seconds where not said otherwise.
struct Tuning {
  double near_best = 0.05;         // relative band that counts as equal
  double near_best_slack = 0.002;  // s: never finer than this
  double fresh_age = 0.6;          // digests younger than this are taken as they are
  double stale_age = 4.0;          // from here on: power of two only
  double dead_age = 15.0;          // a site not heard from for this long is out
  double power_of_two_band = 1.0;  // relative band of its candidates
};

struct Request {
  const policy::PolicyDecision* policy = nullptr;  // tier, model and verdict by site
  std::uint32_t tier_index = 0;                    // in config().tiers
  const ModelOffers* offers = nullptr;
  std::string_view adapter;  // empty: the base model
  std::span<const std::uint64_t> prefix_blocks;
  double block_bytes = 512;
  double prompt_bytes = 0;
  double body_bytes = 0;
  double max_tokens = 0;               // 0: not said
  std::span<const TargetId> excluded;  // tried already
  bool local_only = false;
};

struct Alternative {
  std::uint32_t target = 0;  // index into LoadView::targets
  CostTerms terms;
  double headroom = 0;     // 0..1
  double age_s = 0;        // of what is known of it
  bool near_best = false;  // among those that the pick took for equal
};
// At 500 sites nobody reads them all, and their terms cost more than the comparison.
inline constexpr std::size_t kMaxAlternatives = 8;
struct RemovedTarget {
  std::uint32_t target = 0;
  Removed reason = Removed::kPolicy;
};

enum class PickedBy : std::uint8_t { kNone, kOnly, kNearBest, kPowerOfTwo };
[[nodiscard]] std::string_view to_string(PickedBy how);

// Valid until the next call with the same workspace.
struct Decision {
  const Alternative* chosen = nullptr;  // nullptr: no site is left
  PickedBy how = PickedBy::kNone;
  double prompt_tokens = 0;
  double output_tokens = 0;
  std::span<const Alternative> alternatives;  // the best first: kMaxAlternatives, and the chosen if it is none of them
  std::size_t alternatives_total = 0;         // that were compared
  std::span<const RemovedTarget> removed;
  // No site is left, and the prompt is longer than the context of every one that policy allows and that
  // has the adapter: the longest of these contexts, in tokens. 0: that is not the reason.
  std::uint32_t longest_context = 0;
};

// Buffers that are kept between decisions: none is allocated in steady state. One thread.
class Workspace {
 public:
  Workspace();

 private:
  friend class Selector;
  // By offer of the request's model, or indexes into its offers.
  SiteColumns sites_;
  std::vector<float> objective_;     // infinite: removed
  std::vector<std::uint32_t> best_;  // the least, ascending
  std::vector<std::uint32_t> near_;
  std::vector<std::uint32_t> wide_;
  std::vector<Alternative> alternatives_;
  std::vector<RemovedTarget> removed_;
  std::vector<std::uint64_t> left_;        // scratch of BlockFilters
  std::vector<std::uint16_t> told_depth_;  // leading blocks that each offer's digest names
  std::vector<std::uint16_t> depth_;       // leading blocks known at a target, by TargetId
  std::vector<TargetId> touched_;          // whose depth_ is not zero
};

// What a decision reads besides the request. References: the caller's, one thread.
struct Context {
  const Views& views;
  const Learned& learned;
  const PrefixMemory& memory;
  SteadyTime now;
};

class Selector {
 public:
  explicit Selector(Tuning tuning = {}) : tuning_(tuning) {}
  Decision choose(const Request& request, const Context& context, Random& random, Workspace& workspace) const;
  [[nodiscard]] const Tuning& tuning() const { return tuning_; }

 private:
  struct Common;
  static void score(const Common& common, Workspace& workspace);
  static void keep_best(Workspace& workspace);
  static void keep_up_to(float limit, std::span<const float> objective, std::vector<std::uint32_t>& out);
  void pick(const Common& common, Decision& decision, Random& random, Workspace& workspace) const;

  Tuning tuning_;
};

}  // namespace pathwise::router::select
