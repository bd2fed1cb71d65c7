// SPDX-License-Identifier: Apache-2.0
// SR policies (RFC 9256): for each (peer site, tier) which candidate path is active, and the routes
// that follow. Pure state and arithmetic: what is measured, computed and signalled comes in, the
// desired FIB and the PathSnapshot come out. One thread.
//
// The active path is the valid and alive candidate of the highest preference. Away from a path that
// fails the engine moves at once; back to a better one only when that has been usable without
// interruption for the hold-down. A change of path is a change of one route's segments, so that the
// FIB can replace a nexthop in place. Of a path with several segment lists each list is measured by itself; one
// that dies carries nothing from then on, and comes back after the hold-down.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "te/fib/fib_state.h"
#include "te/policy/intent.h"
#include "te/policy/network_view.h"
#include "te/snapshot/path_history.h"
#include "te/snapshot/path_snapshot.h"
#include "te/srv6/sid_map.h"

namespace pathwise::te {

struct CandidateKey {
  SiteName site;
  TierName tier;
  std::size_t index = 0;  // in the intent's order
  std::size_t list = 0;   // of an explicit path's segment lists
  friend auto operator<=>(const CandidateKey&, const CandidateKey&) = default;
};

// A candidate's STAMP session.
struct ProbeState {
  bool alive = false;
  Measurement measured;
  std::string reason;  // when not alive
};

// A PCEP LSP that the PCE gave a path.
struct LspState {
  std::vector<Ipv6Address> segments;  // carriers, the endpoint's uDT6 included; empty: no path
  std::optional<Microseconds> computed_delay;
  std::optional<BitsPerSecond> reserved;
  std::string reason;  // when there is no path
  friend bool operator==(const LspState&, const LspState&) = default;
};

// What is known now.
struct EngineInputs {
  std::map<CandidateKey, ProbeState> probes;
  std::map<std::string, LspState> lsps;             // by lsp_name()
  std::map<Ipv6Prefix, std::string> not_installed;  // routes that the kernel does not have, and why
  std::vector<PcepSessionState> pcep_sessions;
  NetworkView* network = nullptr;  // null: no topology
  std::string topology_state = "none";
  std::uint64_t topology_version = 0;
};

struct EngineTime {
  SteadyTime steady;
  SystemTime wall;
};

// Where to send probes: every valid candidate, all the time.
struct ProbeTarget {
  Ipv6Address local;
  Ipv6Address remote;
  std::vector<Ipv6Address> segments;  // another list: old delays mean nothing
  friend bool operator==(const ProbeTarget&, const ProbeTarget&) = default;
};

struct EngineOutput {
  DesiredFib fib;
  std::map<CandidateKey, ProbeTarget> probes;
  PathSnapshotPtr snapshot;
  std::vector<std::string> transitions;  // one line each, for the log
  std::optional<SteadyTime> wake;        // step again then, at the latest (a hold-down ends)
  // False while a tier still rides on an adopted route: the snapshot says "down" of what was not judged
  // yet, and whoever has an older one knows better.
  bool settled = true;
};

struct EngineParams {
  Milliseconds hold_down{1000};
  Milliseconds adoption{3000};  // how long adopted routes stay, from the first step with an intent
};

class PolicyEngine {
 public:
  explicit PolicyEngine(EngineParams params = {}) : params_(params) {}

  // Paths that the new intent still has keep their state. Errors (validate(), SidMap) leave the old intent.
  [[nodiscard]] Result<void> set_intent(TeIntent intent);
  [[nodiscard]] const std::optional<TeIntent>& intent() const { return intent_; }
  [[nodiscard]] const std::optional<SidMap>& sid_map() const { return sids_; }

  // Routes that an earlier te left in the kernel. A tier keeps its own until one of its candidates is
  // measured alive, so that a restart under traffic loses nothing.
  void adopt(std::map<Ipv6Prefix, FibPath> routes) { adopted_ = std::move(routes); }

  [[nodiscard]] EngineOutput step(const EngineInputs& inputs, EngineTime now);

  // Of each policy of the intent, by (site, tier). An intent that keeps a policy keeps its history.
  [[nodiscard]] std::vector<PathHistory> history() const;

 private:
  struct ListMemory {
    std::optional<SteadyTime> alive_since;
    bool used = false;
  };
  struct Candidate {
    std::optional<SteadyTime> usable_since;
    std::vector<ListMemory> lists;
    std::vector<Ipv6Address> segments;
    SystemTime installed{};
    bool was_valid = false;
  };
  struct Policy {
    std::optional<std::size_t> active;
    SystemTime since{};
    std::string reason = "no path is alive yet";
    std::uint64_t transitions = 0;
    std::deque<PathTransition> history;  // at most kPathHistory, oldest first
    std::string replaced;                // the path that was active until a new intent took it away
    std::vector<Candidate> candidates;
  };
  struct Step;  // one step's working state
  using PolicyKey = std::pair<SiteName, TierName>;

  [[nodiscard]] CandidatePathState evaluate(const PeerTierIntent& peer, std::size_t index, const Step& step) const;
  void check_validity(const PeerTierIntent& peer, std::size_t index, const Step& step, CandidatePathState& state) const;
  void check_algorithm(const PeerTierIntent& peer, const Step& step, CandidatePathState& state) const;
  void check_lsp(const PeerTierIntent& peer, std::size_t index, const Step& step, CandidatePathState& state) const;
  void check_explicit(const PeerTierIntent& peer, const ExplicitIntent& path, const Step& step,
                      CandidatePathState& state) const;
  void check_liveness(const PeerTierIntent& peer, std::size_t index, const Step& step, CandidatePathState& state) const;
  void check_lists(const PeerTierIntent& peer, std::size_t index, const Step& step, CandidatePathState& state) const;
  void use_lists(Candidate& candidate, CandidatePathState& state, Step& step) const;
  void remember(Policy& policy, PathState& path, const PeerTierIntent& peer, const Step& step);
  void choose(Policy& policy, const PeerTierIntent& peer, const PathState& path, Step& step);
  void move(Policy& policy, std::optional<std::size_t> to, const PathState& path, Step& step);
  void add_routes(const PeerTierIntent& peer, const PathState& path, Step& step);
  void add_probe(const CandidateKey& key, const ProbePair& pair, const FibPath& way, Step& step) const;
  void add_list_probes(const PeerTierIntent& peer, std::size_t index, const CandidatePathState& state,
                       Step& step) const;
  [[nodiscard]] FibRoute route_over(const FibPath& way, const Ipv6Address& source) const;
  void age_adopted(EngineTime now);
  void add_own_side(DesiredFib& fib) const;
  [[nodiscard]] Ipv6Address own_probe_address(const PeerTierIntent& peer, std::size_t index) const;

  EngineParams params_;
  std::optional<TeIntent> intent_;
  std::optional<SidMap> sids_;
  std::map<PolicyKey, Policy> policies_;
  std::map<Ipv6Prefix, FibPath> adopted_;
  std::optional<SteadyTime> adopted_until_;
  std::uint64_t version_ = 0;
};

}  // namespace pathwise::te
