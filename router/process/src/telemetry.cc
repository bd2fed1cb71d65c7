// SPDX-License-Identifier: Apache-2.0
#include "router/process/telemetry.h"

#include <utility>
#include <vector>

#include "base/format.h"

namespace pathwise::router::process {

namespace {

using gnmi::Path;
using gnmi::Value;
using Leaves = std::vector<std::pair<Path, Value>>;

Path path_of(std::string name, std::map<std::string, std::string> keys = {}) {
  return Path{{{std::move(name), std::move(keys)}}};
}

// Adds leaves below one list entry's container.
class Container {
 public:
  Container(Leaves& leaves, Path base) : leaves_(leaves), base_(std::move(base)) {}
  void leaf(std::string name, Value value) { leaves_.emplace_back(base_ / path_of(std::move(name)), std::move(value)); }
  void microseconds(std::string name, Microseconds value) {
    leaf(std::move(name), static_cast<std::uint64_t>(value.count()));
  }

 private:
  Leaves& leaves_;
  Path base_;
};

template <typename Items>
std::string joined(const Items& items) {
  std::string text;
  for (const auto& item : items) text += formatted("{}{}", text.empty() ? "" : " ", item);
  return text;
}

void add_candidate(Leaves& leaves, const Path& base, const te::CandidatePathState& candidate) {
  Container state(leaves, base / path_of("candidates") /
                              path_of("candidate", {{"preference", std::to_string(candidate.preference)}}) /
                              path_of("state"));
  state.leaf("origin", std::string(te::to_string(candidate.origin)));
  state.leaf("valid", candidate.valid);
  state.leaf("alive", candidate.alive);
  state.leaf("reason", candidate.reason);
  state.leaf("segment-list", joined(candidate.segments));
  if (candidate.measured.known()) state.microseconds("rtt-p50", candidate.measured.rtt_p50);
}

void add_active(Container& state, const te::CandidatePathState& active) {
  state.leaf("active-origin", std::string(te::to_string(active.origin)));
  state.leaf("segment-list", joined(active.segments));
  state.leaf("nodes", joined(active.nodes));
  if (active.computed_delay) state.microseconds("computed-delay", *active.computed_delay);
  if (!active.measured.known()) return;
  state.microseconds("rtt-min", active.measured.rtt_min);
  state.microseconds("rtt-p50", active.measured.rtt_p50);
  state.microseconds("rtt-p99", active.measured.rtt_p99);
  state.microseconds("jitter", active.measured.jitter);
  state.leaf("loss", active.measured.loss);
}

void add_path(Leaves& leaves, const te::PathState& path) {
  const Path base = path_of("path", {{"site", path.site.str()}, {"tier", path.tier.str()}});
  Container state(leaves, base / path_of("state"));
  state.leaf("color", std::uint64_t{path.color.value()});
  state.leaf("status", std::string(te::to_string(path.status)));
  state.leaf("transitions", path.transitions);
  state.leaf("reason", path.reason);
  if (const te::CandidatePathState* active = path.active_candidate()) add_active(state, *active);
  for (const te::CandidatePathState& candidate : path.candidates) add_candidate(leaves, base, candidate);
}

// An LSP is what a PCE answered for a tier's path.
void add_lsp(Leaves& leaves, const te::PathState& path, const te::CandidatePathState& candidate) {
  Container state(leaves, path_of("lsp", {{"name", formatted("{}-{}", path.site, path.tier)}}) / path_of("state"));
  state.leaf("oper-status", std::string(!candidate.valid ? "down" : candidate.alive ? "active" : "up"));
  state.leaf("segment-list", joined(candidate.segments));
  state.leaf("nodes", joined(candidate.nodes));
  if (candidate.computed_delay) state.microseconds("computed-delay", *candidate.computed_delay);
  if (candidate.reserved_bandwidth) state.leaf("reserved-bandwidth", candidate.reserved_bandwidth->value());
}

std::string admission_name(fabric::Admission admission) {
  if (admission == fabric::Admission::kOpen) return "open";
  return admission == fabric::Admission::kBusy ? "busy" : "closed";
}

void add_model(Leaves& leaves, const Path& base, const select::ModelOffers& model, const select::Offer& offer) {
  Container state(leaves, base / path_of("models") / path_of("model", {{"name", model.name.str()}}) / path_of("state"));
  state.leaf("capacity", static_cast<std::uint64_t>(offer.capacity));
  state.leaf("running", static_cast<std::uint64_t>(offer.running));
  state.leaf("waiting", static_cast<std::uint64_t>(offer.waiting));
  state.leaf("in-flight-prefill-tokens", static_cast<std::uint64_t>(offer.prefill_tokens));
  state.leaf("kv-used", offer.state->kv_used);
  state.leaf("prefill-rate", double{offer.prefill_rate});
}

}  // namespace

void Telemetry::publish(const forward::State& state) {
  const te::PathSnapshotPtr& paths = state.views.paths->paths;
  if (paths && state.views.paths->version != paths_version_) publish_paths(*paths);
  paths_version_ = state.views.paths->version;
  if (state.views.load->version != load_version_) publish_sites(*state.views.load);
  load_version_ = state.views.load->version;
}

void Telemetry::publish_paths(const te::PathSnapshot& paths) {
  Leaves path_leaves, lsps, sessions;
  for (const te::PathState& path : paths.paths) {
    add_path(path_leaves, path);
    for (const te::CandidatePathState& candidate : path.candidates) {
      if (candidate.origin == te::PathOrigin::kPcep) add_lsp(lsps, path, candidate);
    }
  }
  for (const te::PcepSessionState& session : paths.pcep_sessions) {
    Container state(sessions, path_of("session", {{"address", session.address}}) / path_of("state"));
    state.leaf("status", session.state);
    state.leaf("reason", session.reason);
  }
  tree_.replace(path_of("paths"), path_leaves);
  tree_.replace(path_of("lsps"), lsps);
  tree_.replace(path_of("pcep-sessions"), sessions);
}

void Telemetry::publish_sites(const select::LoadView& load) {
  Leaves leaves;
  const SteadyTime now = clock_.now();
  std::vector<Path> bases;
  for (const select::Target& target : load.targets) {
    bases.push_back(path_of("site", {{"name", target.site.str()}, {"router", target.router.str()}}));
    Container state(leaves, bases.back() / path_of("state"));
    state.leaf("admission", admission_name(target.admission));
    const auto age = target.local ? Milliseconds{0} : std::chrono::duration_cast<Milliseconds>(now - target.received);
    state.leaf("age", static_cast<std::uint64_t>(age.count()));
  }
  for (const select::ModelOffers& model : load.models) {
    for (const select::Offer& offer : model.offers) add_model(leaves, bases[offer.target], model, offer);
  }
  tree_.replace(path_of("sites"), leaves);
}

void Telemetry::count(const select::DecisionRecord& record) {
  if (record.tier.empty()) return;
  Requests& requests = requests_[record.tier];
  ++requests.total;
  if (record.outcome == select::Outcome::kOk) ++(record.site == record.ingress ? requests.local : requests.forwarded);
  if (record.outcome == select::Outcome::kNoCapacity || record.outcome == select::Outcome::kClientError)
    ++requests.refused;
  if (record.outcome == select::Outcome::kUpstreamError || record.outcome == select::Outcome::kBroken)
    ++requests.failed;
  const Path base = path_of("requests") / path_of("tier", {{"name", record.tier}}) / path_of("state");
  tree_.set(base / path_of("total"), requests.total);
  tree_.set(base / path_of("local"), requests.local);
  tree_.set(base / path_of("forwarded"), requests.forwarded);
  tree_.set(base / path_of("refused"), requests.refused);
  tree_.set(base / path_of("failed"), requests.failed);
}

}  // namespace pathwise::router::process
