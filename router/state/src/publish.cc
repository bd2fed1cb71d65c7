// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "router/state/state.h"
#include "text.h"

namespace pathwise::router {
namespace {

using gnmi::Path;
using gnmi::PathElem;
using Leaves = std::vector<std::pair<Path, gnmi::Value>>;

Path leaf(const Path& list, std::initializer_list<const char*> names) {
  Path path = list;
  for (const char* name : names) path.elems.push_back({name, {}});
  return path;
}

gnmi::Value micros(Microseconds duration) {
  return static_cast<std::uint64_t>(duration.count());
}

void add_candidate(Leaves& leaves, Path list, const te::CandidatePathState& candidate) {
  list.elems.push_back({"candidates", {}});
  list.elems.push_back({"candidate", {{"preference", std::to_string(candidate.preference)}}});
  leaves.emplace_back(leaf(list, {"state", "origin"}), std::string(te::to_string(candidate.origin)));
  leaves.emplace_back(leaf(list, {"state", "valid"}), candidate.valid);
  leaves.emplace_back(leaf(list, {"state", "alive"}), candidate.alive);
  leaves.emplace_back(leaf(list, {"state", "reason"}), candidate.reason);
  leaves.emplace_back(leaf(list, {"state", "segment-list"}), spaced(candidate.segments));
  if (candidate.measured.known())
    leaves.emplace_back(leaf(list, {"state", "rtt-p50"}), micros(candidate.measured.rtt_p50));
}

void add_active(Leaves& leaves, const Path& list, const te::CandidatePathState& active) {
  leaves.emplace_back(leaf(list, {"state", "active-origin"}), std::string(te::to_string(active.origin)));
  leaves.emplace_back(leaf(list, {"state", "segment-list"}), spaced(active.segments));
  leaves.emplace_back(leaf(list, {"state", "nodes"}), spaced(active.nodes));
  if (active.computed_delay)
    leaves.emplace_back(leaf(list, {"state", "computed-delay"}), micros(*active.computed_delay));
  // What was never measured has no leaf.
  if (!active.measured.known()) return;
  leaves.emplace_back(leaf(list, {"state", "rtt-min"}), micros(active.measured.rtt_min));
  leaves.emplace_back(leaf(list, {"state", "rtt-p50"}), micros(active.measured.rtt_p50));
  leaves.emplace_back(leaf(list, {"state", "rtt-p99"}), micros(active.measured.rtt_p99));
  leaves.emplace_back(leaf(list, {"state", "jitter"}), micros(active.measured.jitter));
  leaves.emplace_back(leaf(list, {"state", "loss"}), active.measured.loss);
}

void add_path(Leaves& leaves, const te::PathState& path) {
  const Path list{{PathElem{"path", {{"site", path.site.str()}, {"tier", path.tier.str()}}}}};
  leaves.emplace_back(leaf(list, {"state", "color"}), std::uint64_t{path.color.value()});
  leaves.emplace_back(leaf(list, {"state", "status"}), std::string(te::to_string(path.status)));
  leaves.emplace_back(leaf(list, {"state", "transitions"}), path.transitions);
  leaves.emplace_back(leaf(list, {"state", "reason"}), path.reason);
  if (const auto* active = path.active_candidate()) add_active(leaves, list, *active);
  for (const te::CandidatePathState& candidate : path.candidates) add_candidate(leaves, list, candidate);
}

// An LSP is a candidate path of origin PCEP; its name is the one that the PCC gives it.
void add_lsp(Leaves& leaves, const te::PathState& path, const te::CandidatePathState& candidate) {
  const Path list{{PathElem{"lsp", {{"name", path.site.str() + "-" + path.tier.str()}}}}};
  leaves.emplace_back(leaf(list, {"state", "oper-status"}), std::string(!candidate.valid  ? "down"
                                                                        : candidate.alive ? "active"
                                                                                          : "up"));
  leaves.emplace_back(leaf(list, {"state", "segment-list"}), spaced(candidate.segments));
  leaves.emplace_back(leaf(list, {"state", "nodes"}), spaced(candidate.nodes));
  if (candidate.computed_delay) {
    leaves.emplace_back(leaf(list, {"state", "computed-delay"}), micros(*candidate.computed_delay));
  }
  if (candidate.reserved_bandwidth) {
    leaves.emplace_back(leaf(list, {"state", "reserved-bandwidth"}), candidate.reserved_bandwidth->value());
  }
}

void add_model(Leaves& leaves, Path list, const fabric::ModelState& model) {
  list.elems.push_back({"models", {}});
  list.elems.push_back({"model", {{"name", model.model.str()}}});
  const auto count = [](std::uint32_t value) { return gnmi::Value(std::uint64_t{value}); };
  leaves.emplace_back(leaf(list, {"state", "capacity"}), count(model.capacity));
  leaves.emplace_back(leaf(list, {"state", "running"}), count(model.running));
  leaves.emplace_back(leaf(list, {"state", "waiting"}), count(model.waiting));
  leaves.emplace_back(leaf(list, {"state", "in-flight-prefill-tokens"}), count(model.in_flight_prefill_tokens));
  leaves.emplace_back(leaf(list, {"state", "kv-used"}), model.kv_used);
  leaves.emplace_back(leaf(list, {"state", "prefill-rate"}), model.prefill_tokens_per_second);
}

Path root(const char* name) {
  return Path{{PathElem{name, {}}}};
}

}  // namespace

void publish_paths(gnmi::Tree& tree, const te::PathSnapshot& paths) {
  Leaves path_leaves;
  Leaves lsp_leaves;
  for (const te::PathState& path : paths.paths) {
    add_path(path_leaves, path);
    for (const te::CandidatePathState& candidate : path.candidates) {
      if (candidate.origin == te::PathOrigin::kPcep) add_lsp(lsp_leaves, path, candidate);
    }
  }
  tree.replace(root("paths"), path_leaves);
  tree.replace(root("lsps"), lsp_leaves);
  Leaves sessions;
  for (const te::PcepSessionState& session : paths.pcep_sessions) {
    const Path list{{PathElem{"session", {{"address", session.address}}}}};
    sessions.emplace_back(leaf(list, {"state", "status"}), session.state);
    sessions.emplace_back(leaf(list, {"state", "reason"}), session.reason);
  }
  tree.replace(root("pcep-sessions"), sessions);
}

void publish_sites(gnmi::Tree& tree, const fabric::FabricSnapshot& sites, SteadyTime now) {
  Leaves leaves;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const Path list{{PathElem{"site", {{"name", sites.site[i].str()}, {"router", sites.router[i].str()}}}}};
    const auto age = std::chrono::duration_cast<Milliseconds>(now - sites.received[i]).count();
    leaves.emplace_back(leaf(list, {"state", "admission"}), std::string(admission_name(sites.admission[i])));
    leaves.emplace_back(leaf(list, {"state", "age"}), static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0)));
    for (const fabric::ModelState& model : sites.models[i]) add_model(leaves, list, model);
  }
  tree.replace(root("sites"), leaves);
}

void publish_requests(gnmi::Tree& tree, std::span<const TierCounters> tiers) {
  Leaves leaves;
  for (const TierCounters& tier : tiers) {
    const Path list{{PathElem{"tier", {{"name", tier.tier.str()}}}}};
    leaves.emplace_back(leaf(list, {"state", "total"}), tier.total);
    leaves.emplace_back(leaf(list, {"state", "local"}), tier.local);
    leaves.emplace_back(leaf(list, {"state", "forwarded"}), tier.forwarded);
    leaves.emplace_back(leaf(list, {"state", "refused"}), tier.refused);
    leaves.emplace_back(leaf(list, {"state", "failed"}), tier.failed);
  }
  tree.replace(root("requests"), leaves);
}

}  // namespace pathwise::router
