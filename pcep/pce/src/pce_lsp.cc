// SPDX-License-Identifier: Apache-2.0
// One LSP of the Pce: from its report to its update.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "pce_state.h"

namespace pathwise::pcep {
namespace {

MetricType optimised(const Attributes& wanted) {
  for (const MetricObject& metric : wanted.metrics)
    if (!metric.is_bound() && (metric.type == MetricType::kTe || metric.type == MetricType::kPathDelay ||
                               metric.type == MetricType::kHopCount))
      return metric.type;
  return MetricType::kIgp;
}

// An upper bound of the metric object; nullopt: no number.
std::optional<std::uint64_t> bound_of(const MetricObject& metric) {
  if (!(metric.value >= 0 && metric.value < 1e12F)) return std::nullopt;
  return static_cast<std::uint64_t>(std::floor(metric.value));
}

void read_bounds(const Attributes& wanted, LspRequest& request) {
  request.max_delay.reset();
  request.max_igp.reset();
  request.max_te.reset();
  request.max_hops.reset();
  for (const MetricObject& metric : wanted.metrics) {
    if (!metric.is_bound()) continue;
    const std::optional<std::uint64_t> bound = bound_of(metric);
    if (metric.type == MetricType::kPathDelay && bound) request.max_delay = Microseconds(std::llround(metric.value));
    if (metric.type == MetricType::kIgp) request.max_igp = bound;
    if (metric.type == MetricType::kTe) request.max_te = bound;
    if (metric.type == MetricType::kHopCount) request.max_hops = bound;
  }
}

// The constraints of a report; metrics that are no numbers are none.
LspRequest request_of(const StateReport& report, LspRequest request) {
  const Attributes& wanted = report.intended;
  request.optimise = optimised(wanted);
  read_bounds(wanted, request);
  request.bandwidth.reset();
  if (wanted.bandwidth && wanted.bandwidth->bytes_per_second > 0 && wanted.bandwidth->bytes_per_second < 1e15F)
    request.bandwidth = BitsPerSecond(
        static_cast<std::uint64_t>(std::llround(8.0 * static_cast<double>(wanted.bandwidth->bytes_per_second))));
  const LspaObject lspa = wanted.lspa.value_or(LspaObject{});
  request.exclude_any = lspa.exclude_any;
  request.include_any = lspa.include_any;
  request.include_all = lspa.include_all;
  request.setup_priority = lspa.setup_priority;
  request.holding_priority = lspa.holding_priority;
  return request;
}

}  // namespace

void Pce::handle_report(Peer& peer, Pcc& pcc, StateReport report) {
  if (report.lsp.plsp_id == 0) {
    if (report.ends_sync()) return end_of_sync(pcc);
    return peer.send_error({errors::kReportNotProcessed, report.srp, report.lsp}, deps_.clock.now());
  }
  const std::uint32_t plsp_id = report.lsp.plsp_id;
  if (report.lsp.removed()) {
    forget(pcc, plsp_id);
    return;
  }
  const bool fresh = !pcc.lsps.contains(plsp_id);
  Lsp& lsp = pcc.lsps[plsp_id];
  lsp.request.key = {pcc.name, plsp_id};
  const LspRequest before = lsp.request;
  const bool was_delegated = std::exchange(lsp.delegated, report.lsp.delegated());
  if (const std::optional<ErrorCodePoint> error = learn(lsp, report)) {
    if (fresh) pcc.lsps.erase(plsp_id);
    return peer.send_error({*error, report.srp, report.lsp}, deps_.clock.now());
  }
  if (!was_delegated) lsp.answered = false;  // whatever it follows now, it is ours to say again
  const bool wanted = lsp.delegated && (fresh || !was_delegated || before != lsp.request);
  if (wanted && pcc.synced) compute(pcc, lsp, was_delegated ? "constraints changed" : "delegated");
}

std::optional<ErrorCodePoint> Pce::learn(Lsp& lsp, const StateReport& report) {
  if (const auto* name = find<SymbolicPathNameTlv>(report.lsp.tlvs)) lsp.request.name = name->name;
  if (lsp.request.name.empty()) return errors::kSymbolicNameMissing;
  const auto* identifiers = find<Ipv6LspIdentifiersTlv>(report.lsp.tlvs);
  if (identifiers == nullptr) return errors::kLspIdentifiersMissing;
  lsp.srv6 = report.srp && report.srp->setup_type() == PathSetupType::kSrv6;
  if (!lsp.srv6) return has_srv6(report.ero.hops) ? errors::kSrv6NotAdvertised : errors::kUnsupportedSetupType;
  if (is_mixed(report.ero.hops)) return errors::kEroMixed;
  if (report.rro && is_mixed(report.rro->hops)) return errors::kRroMixed;
  lsp.request.source = identifiers->source;
  lsp.request.destination = identifiers->destination;
  lsp.request = request_of(report, std::move(lsp.request));
  lsp.state = report.lsp.operational();
  lsp.reported = true;
  if (report.srp->srp_id != 0 && report.srp->srp_id == lsp.pending_srp && lsp.state != Operational::kGoingUp)
    lsp.pending_srp = 0;
  if (const auto* error = find<LspErrorCodeTlv>(report.lsp.tlvs))
    lsp.reason = formatted("the PCC could not install the path: LSP error {}", static_cast<unsigned>(error->code));
  return std::nullopt;
}

void Pce::compute_all(Pcc& pcc, const std::string& reason) {
  std::vector<std::pair<std::uint8_t, std::uint32_t>> order;
  order.reserve(pcc.lsps.size());
  for (const auto& [id, lsp] : pcc.lsps) order.emplace_back(lsp.request.setup_priority, id);
  std::sort(order.begin(), order.end());
  for (const auto& [priority, id] : order)
    if (const auto lsp = pcc.lsps.find(id); pcc.peer != nullptr && lsp != pcc.lsps.end())
      compute(pcc, lsp->second, reason);
}

void Pce::compute(Pcc& pcc, Lsp& lsp, const std::string& reason) {
  if (!lsp.delegated || !lsp.srv6) return;
  const SteadyTime start = deps_.clock.now();
  Result<ComputedLsp> path = deps_.compute(lsp.request, reservations_);
  lsp.last_computation = std::chrono::duration_cast<std::chrono::microseconds>(deps_.clock.now() - start);
  if (path) {
    found(pcc, lsp, std::move(*path), reason);
  } else {
    not_found(pcc, lsp, path.error());
  }
}

// Whom it preempts is computed again at once, after its own update went out.
void Pce::found(Pcc& pcc, Lsp& lsp, ComputedLsp path, const std::string& reason) {
  const std::string name = lsp.request.name;
  const Result<std::vector<LspKey>> preempted = reserve(lsp.request, path);
  if (!preempted) return not_found(pcc, lsp, preempted.error());
  const bool tell = worth_telling(lsp, path);
  if (!tell) path.delay = lsp.path->delay;  // small steps add up to one that is worth telling
  lsp.path = std::move(path);
  if (tell) {
    lsp.reason = reason;
    send_update(pcc, lsp);
  }
  for (const LspKey& key : *preempted) replace(key, formatted("preempted by {}", name));
}

Result<std::vector<LspKey>> Pce::reserve(const LspRequest& request, const ComputedLsp& path) {
  Reservations::Claim claim{path.links, request.bandwidth.value_or(BitsPerSecond{}), request.holding_priority,
                            request.setup_priority};
  if (!request.bandwidth || path.capacities.empty()) {
    reservations_.claim(request.key, std::move(claim));
    return {};
  }
  return reservations_.admit(request.key, std::move(claim), path.capacities);
}

// The LSP has lost its reservation. It is computed again, and preempts only what holds with a worse priority than
// that which it lost: this ends.
void Pce::replace(const LspKey& key, const std::string& reason) {
  const auto pcc = pccs_.find(key.pcc);
  if (pcc == pccs_.end()) return;
  const auto lsp = pcc->second->lsps.find(key.plsp_id);
  if (lsp == pcc->second->lsps.end()) return;
  log::info("pce", "preempted", {{"pcc", key.pcc}, {"lsp", lsp->second.request.name}, {"reason", reason}});
  if (pcc->second->peer != nullptr && pcc->second->synced) {
    compute(*pcc->second, lsp->second, reason);
  } else {
    lsp->second.path.reset();  // said when its PCC is back
    lsp->second.reason = reason;
  }
}

bool Pce::worth_telling(const Lsp& lsp, const ComputedLsp& path) const {
  if (!lsp.answered || !lsp.path || lsp.path->segments != path.segments) return true;
  if (lsp.path->delay.has_value() != path.delay.has_value()) return true;
  if (!path.delay) return false;
  const auto before = static_cast<double>(lsp.path->delay->count());
  const double change = std::abs(static_cast<double>(path.delay->count()) - before);
  return change > static_cast<double>(config_.delay_change.count()) && change > config_.delay_change_ratio * before;
}

// An empty ERO takes the path away: te then uses the next candidate path. The LSP stays delegated and
// is tried again with each topology.
void Pce::not_found(Pcc& pcc, Lsp& lsp, const Error& error) {
  reservations_.release(lsp.request.key);
  const bool tell = !lsp.answered || lsp.path.has_value();
  lsp.path.reset();
  lsp.reason = "no path: " + error.message;
  if (!tell) return;
  log::warning("pce", "no path", {{"pcc", pcc.name}, {"lsp", lsp.request.name}, {"reason", error.message}});
  send_update(pcc, lsp);
}

void Pce::send_update(Pcc& pcc, Lsp& lsp) {
  UpdateRequest update;
  lsp.pending_srp = pcc.next_srp;
  pcc.next_srp = pcc.next_srp >= 0xFFFFFFFE ? 1 : pcc.next_srp + 1;  // RFC 8231 section 7.2: 0 and ~0 are reserved
  update.srp.srp_id = lsp.pending_srp;
  update.srp.tlvs.emplace_back(PathSetupTypeTlv{PathSetupType::kSrv6});
  update.lsp.plsp_id = lsp.request.key.plsp_id;
  update.lsp.flags = kLspDelegate | kLspAdministrative;
  if (lsp.path) {
    for (const Srv6Subobject& hop : lsp.path->segments) update.ero.hops.emplace_back(hop);
    if (lsp.request.bandwidth)
      update.attributes.bandwidth = BandwidthObject{static_cast<float>(lsp.request.bandwidth->bytes_per_second())};
    if (lsp.path->delay)
      update.attributes.metrics.push_back({.flags = kMetricComputed,
                                           .type = MetricType::kPathDelay,
                                           .value = static_cast<float>(lsp.path->delay->count())});
    if (lsp.path->metric && lsp.request.optimise != MetricType::kPathDelay)
      update.attributes.metrics.push_back(
          {.flags = kMetricComputed, .type = lsp.request.optimise, .value = static_cast<float>(*lsp.path->metric)});
  }
  lsp.answered = true;
  ++lsp.updates;
  lsp.last_update = deps_.clock.wall_now();
  Message message{.type = MessageType::kPcUpd};
  append(message, update);
  if (const Result<void> sent = pcc.peer->send(message, deps_.clock.now()); !sent)
    log::error("pce", "update not sent", {{"lsp", lsp.request.name}, {"error", sent.error().message}});
}

}  // namespace pathwise::pcep
