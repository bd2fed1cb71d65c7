// SPDX-License-Identifier: Apache-2.0
#include "queries.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <random>
#include <utility>

#include "te/algo/node_ids.h"
#include "te/verify/verifier.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kPoll{20};  // how late a caller that is gone is noticed
constexpr std::chrono::seconds kTimeout{5};     // of a question that te's thread answers at once
constexpr std::chrono::seconds kGrace{2};       // a verification keeps its deadline itself
constexpr std::uint8_t kLinkPrefix = 64;

// Waits for te's thread.
template <typename T>
Result<T> wait_for(std::future<Result<T>>& answer, const TeQueries::Cancelled& cancelled, Milliseconds timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  while (!cancelled() && std::chrono::steady_clock::now() < deadline) {
    if (answer.wait_for(kPoll) == std::future_status::ready) return answer.get();
  }
  return fail(ErrorCode::kUnavailable, "te is stopping or too busy");
}

// What a verification is about, once it is known on te's thread.
struct Verification {
  VerifyNetwork network;
  std::vector<VerifiedPath> paths;  // in the snapshot's order
  std::vector<VerifyTarget> targets;
  std::vector<std::size_t> probed;    // of each target: its index in `paths`
  std::vector<PathObservation> seen;  // of each target
};

}  // namespace

SidNames sid_names(const TeIntent& intent, const SidMap& map, const TopologySnapshot* topology) {
  SidNames names{.blocks = map.blocks(),
                 .udt6_function = map.udt6_function(),
                 .ua_function = intent.srv6 ? intent.srv6->ua_function : SidMap::kDefaultUaFunction};
  if (topology != nullptr) {
    const NodeIds ids = NodeIds::from_locators(*topology, map);
    for (NodeIndex node = 0; node < topology->nodes.size(); ++node) {
      if (const auto id = ids.id(node)) names.nodes.emplace(*id, topology->nodes[node].name);
    }
  }
  if (intent.srv6) names.nodes.emplace(intent.srv6->edge_node_id, intent.srv6->edge);
  for (const PeerTierIntent& peer : intent.peers) {
    if (!peer.edge.empty()) names.nodes.emplace(peer.edge_node_id, peer.edge);
  }
  return names;
}

struct Queries::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, const QuerySources& from) : io(context), sources(from) {}

  // Runs `look` on te's thread and waits for what it gives.
  template <typename T>
  Result<T> ask(Result<T> (State::*look)(), const TeQueries::Cancelled& cancelled) {
    const auto promise = std::make_shared<std::promise<Result<T>>>();
    auto answer = promise->get_future();
    asio::post(io, [self = shared_from_this(), promise, look] {
      promise->set_value(self->open ? (self.get()->*look)() : fail(ErrorCode::kUnavailable, "te is stopping"));
    });
    return wait_for(answer, cancelled, kTimeout);
  }

  Result<TopologyReport> topology() {
    TopologyReport report{
        .topology = sources.topology, .state = sources.topology_state, .detail = sources.topology_detail};
    if (sources.engine.sid_map()) {
      report.sids = sid_names(*sources.engine.intent(), *sources.engine.sid_map(), sources.topology.get());
    }
    return report;
  }

  Result<std::vector<PathHistory>> history() { return sources.engine.history(); }

  Result<std::vector<VerifiedPath>> verify(const VerifyOrder& order, const TeQueries::Cancelled& cancelled) {
    using Answer = Result<std::shared_ptr<Verification>>;
    const auto promise = std::make_shared<std::promise<Answer>>();
    auto answer = promise->get_future();
    asio::post(io, [self = shared_from_this(), promise, order] {
      auto begun = self->open ? self->begin(order, promise) : fail(ErrorCode::kUnavailable, "te is stopping");
      if (!begun) promise->set_value(std::unexpected(begun.error()));
    });
    auto done = wait_for(answer, cancelled, order.deadline + kGrace);
    if (!done) {
      asio::post(io, [self = shared_from_this(), promise] {
        if (self->waiting == promise) self->end();
      });
      return std::unexpected(done.error());
    }
    return judged(**done);
  }

  // The promise is kept when the probes are done.
  Result<void> begin(const VerifyOrder& order,
                     const std::shared_ptr<std::promise<Result<std::shared_ptr<Verification>>>>& promise) {
    if (verifier) return fail(ErrorCode::kFailedPrecondition, "another verification is under way");
    if (!sources.engine.intent()) return fail(ErrorCode::kFailedPrecondition, "te has no intent yet");
    auto verification = std::make_shared<Verification>();
    verification->network = network();
    for (const PathState& path : sources.paths->paths) {
      if (order.selection.takes(path.site, path.tier)) add(path, *verification);
    }
    if (verification->paths.empty()) {
      return fail(ErrorCode::kNotFound, "no path to site '{}' for tier '{}'", order.selection.site,
                  order.selection.tier);
    }
    VerifierOptions options{.stamp_port = sources.stamp_port, .seed = std::random_device{}()};
    options.params.deadline = order.deadline;
    auto started = Verifier::start(io, verification->targets, options,
                                   [this, promise, verification](std::vector<PathObservation> seen) {
                                     verification->seen = std::move(seen);
                                     end();
                                     promise->set_value(verification);
                                   });
    if (!started) return std::unexpected(started.error());
    verifier = std::move(*started);
    waiting = promise;
    return {};
  }
  void end() {
    waiting.reset();
    verifier.reset();
  }

  [[nodiscard]] VerifyNetwork network() const {
    VerifyNetwork result{.topology = sources.topology, .sids = sources.engine.sid_map()};
    if (const auto& srv6 = sources.engine.intent()->srv6) {
      result.definitions = srv6->flex_algos;
      result.edge = srv6->edge;
    }
    return result;
  }

  // Every candidate path is in the answer; those that carry a route of their own are probed.
  void add(const PathState& path, Verification& to) {
    const auto& peers = sources.engine.intent()->peers;
    const auto peer = std::ranges::find_if(
        peers, [&](const PeerTierIntent& each) { return each.site == path.site && each.tier == path.tier; });
    if (peer == peers.end() || peer->candidates.size() != path.candidates.size()) return;  // the intent is newer
    const auto own = std::ranges::find(sources.engine.intent()->own_tiers, path.tier, &OwnTierIntent::tier);
    for (std::size_t i = 0; i < path.candidates.size(); ++i) {
      const CandidatePathState& candidate = path.candidates[i];
      VerifiedPath& out = to.paths.emplace_back(VerifiedPath{.site = path.site,
                                                             .tier = path.tier,
                                                             .candidate = i,
                                                             .name = describe(peer->candidates[i].kind),
                                                             .active = path.active == i,
                                                             .segments = candidate.segments});
      out.judged.detail = candidate.reason.empty() ? "it is not valid" : candidate.reason;
      if (!candidate.valid || peer->candidates[i].probe_address.is_unspecified()) continue;
      const bool mirrored = own != sources.engine.intent()->own_tiers.end() && i < own->probe_addresses.size();
      to.probed.push_back(to.paths.size() - 1);
      VerifyTarget target{.local = mirrored ? own->probe_addresses[i] : peer->local_address,
                          .remote = peer->candidates[i].probe_address};
      if (const auto native = native_towards(candidate.segments)) {
        target.segments = candidate.segments;
        target.native = *native;
        // The edge router's address on the link between is in no topology.
        if (!to.network.attachment) to.network.attachment = Ipv6Prefix::masked(*native, kLinkPrefix);
      }
      to.targets.push_back(std::move(target));
    }
  }

  // Our address on the link that leads to the first segment.
  [[nodiscard]] std::optional<Ipv6Address> native_towards(const std::vector<Ipv6Address>& segments) const {
    if (sources.kernel == nullptr || segments.empty()) return std::nullopt;
    const auto egress = sources.kernel->egress_to(segments.front());
    const auto own = egress ? sources.kernel->address_on(egress->ifindex) : std::unexpected(egress.error());
    return own ? std::optional(*own) : std::nullopt;
  }

  // The asker's thread: nothing of te's state.
  static std::vector<VerifiedPath> judged(Verification& verification) {
    PathJudge judge(std::move(verification.network));
    for (std::size_t i = 0; i < verification.probed.size(); ++i) {
      VerifiedPath& path = verification.paths[verification.probed[i]];
      path.judged = judge.judge(path.segments, verification.seen[i]);
    }
    return std::move(verification.paths);
  }

  asio::io_context& io;
  const QuerySources sources;
  bool open = true;  // te's thread only, as all below
  std::unique_ptr<Verifier> verifier;
  std::shared_ptr<void> waiting;  // the promise of whom the verifier works for
};

Queries::Queries(asio::io_context& io, const QuerySources& sources) : state_(std::make_shared<State>(io, sources)) {}
Queries::~Queries() {
  state_->open = false;
  state_->end();
}

TeQueries Queries::handlers() const {
  return {
      .topology =
          [state = state_](const TeQueries::Cancelled& cancelled) { return state->ask(&State::topology, cancelled); },
      .history = [state = state_](const PolicySelection& selection,
                                  const TeQueries::Cancelled& cancelled) -> Result<std::vector<PathHistory>> {
        auto all = state->ask(&State::history, cancelled);
        if (!all) return all;
        std::erase_if(*all, [&](const PathHistory& each) { return !selection.takes(each.site, each.tier); });
        if (!all->empty()) return all;
        return fail(ErrorCode::kNotFound, "no path to site '{}' for tier '{}'", selection.site, selection.tier);
      },
      .verify = [state = state_](const VerifyOrder& order,
                                 const TeQueries::Cancelled& cancelled) { return state->verify(order, cancelled); }};
}

}  // namespace pathwise::te
