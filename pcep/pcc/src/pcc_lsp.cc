// SPDX-License-Identifier: Apache-2.0
// One LSP of the Pcc: its reports and its life between PCUpd and the answer of te.
#include <algorithm>
#include <cmath>

#include "lsp_state.h"
#include "pcep/pcc/check_update.h"

namespace pathwise::pcep {
namespace {

MetricType metric_type(Optimise optimise) {
  switch (optimise) {
    case Optimise::kIgp:
      return MetricType::kIgp;
    case Optimise::kTe:
      return MetricType::kTe;
    case Optimise::kDelay:
      return MetricType::kPathDelay;
  }
  return MetricType::kIgp;
}

SrpObject srp_of(std::uint32_t srp_id) {
  SrpObject srp{.srp_id = srp_id};
  srp.tlvs.emplace_back(PathSetupTypeTlv{PathSetupType::kSrv6});
  return srp;
}

// What we ask for: optimised metric with C (compute and return it), the bound, bandwidth, affinities.
Attributes wanted(const LspIntent& intent) {
  Attributes attributes;
  attributes.lspa = LspaObject{.exclude_any = intent.exclude_any,
                               .include_any = intent.include_any,
                               .include_all = intent.include_all,
                               .setup_priority = intent.setup_priority,
                               .holding_priority = intent.holding_priority};
  if (intent.bandwidth)
    attributes.bandwidth = BandwidthObject{static_cast<float>(intent.bandwidth->bytes_per_second())};
  attributes.metrics.push_back({.flags = kMetricComputed, .type = metric_type(intent.optimise)});
  if (intent.max_delay)
    attributes.metrics.push_back({.flags = kMetricBound,
                                  .type = MetricType::kPathDelay,
                                  .value = static_cast<float>(intent.max_delay->count())});
  return attributes;
}

Attributes measured(const LspUpdate& path) {
  Attributes attributes;
  if (path.bandwidth) attributes.bandwidth = BandwidthObject{static_cast<float>(path.bandwidth->bytes_per_second())};
  for (const PathMetric& metric : path.metrics)
    if (metric.origin == PathMetric::Origin::kComputed)
      attributes.metrics.push_back({.flags = kMetricComputed, .type = metric.type, .value = metric.value});
  return attributes;
}

// RFC 9862 section 4.2: the SR policy of the LSP, and which candidate path of it the LSP is.
AssociationObject association_of(const LspIntent& intent, std::uint32_t plsp_id) {
  AssociationObject association{.type = kAssociationSrPolicy, .id = 1, .source = intent.source};
  association.tlvs.emplace_back(sr_policy_id(intent.color, intent.destination));
  association.tlvs.emplace_back(SrPolicyCpathIdTlv{
      .protocol_origin = kOriginConfiguration, .originator = intent.source, .discriminator = plsp_id});
  association.tlvs.emplace_back(SrPolicyCpathNameTlv{intent.name});
  association.tlvs.emplace_back(SrPolicyCpathPreferenceTlv{intent.preference});
  return association;
}

PathMetric judge(const MetricObject& metric, const LspIntent& intent) {
  PathMetric judged{metric.type, metric.value, PathMetric::Origin::kComputed};
  if (metric.is_bound()) {
    judged.origin = PathMetric::Origin::kBound;
  } else if (metric.type == MetricType::kPathDelay && intent.max_delay &&
             metric.value == static_cast<float>(intent.max_delay->count())) {
    judged.origin = PathMetric::Origin::kSuspectedEcho;
  }
  return judged;
}

}  // namespace

std::optional<Microseconds> LspUpdate::computed_delay() const {
  for (const PathMetric& metric : metrics)
    if (metric.type == MetricType::kPathDelay && metric.origin == PathMetric::Origin::kComputed)
      return Microseconds(std::llround(metric.value));
  return std::nullopt;
}

StateReport Pcc::state_report(const Lsp& lsp, const Peer& peer, std::uint32_t srp_id) const {
  StateReport report;
  report.srp = srp_of(is_delegate(peer) ? srp_id : 0);
  report.lsp.plsp_id = lsp.plsp_id;
  report.lsp.flags = kLspAdministrative;
  if (is_delegate(peer) && !lsp.returned) report.lsp.flags |= kLspDelegate;
  const bool going_up = lsp.pending && lsp.state == Operational::kDown;
  report.lsp.set_operational(going_up ? Operational::kGoingUp : lsp.state);
  report.lsp.tlvs.emplace_back(SymbolicPathNameTlv{lsp.intent.name});
  report.lsp.tlvs.emplace_back(Ipv6LspIdentifiersTlv{.source = lsp.intent.source,
                                                     .lsp_id = lsp.lsp_id,
                                                     .tunnel_id = static_cast<std::uint16_t>(lsp.plsp_id),
                                                     .extended_tunnel_id = lsp.intent.source,
                                                     .destination = lsp.intent.destination});
  if (lsp.error) report.lsp.tlvs.emplace_back(LspErrorCodeTlv{*lsp.error});
  const std::vector<std::uint16_t>& associations = peer.session().peer_capabilities().associations;
  if (lsp.intent.color.value() != 0 && std::ranges::find(associations, kAssociationSrPolicy) != associations.end())
    report.associations.push_back(association_of(lsp.intent, lsp.plsp_id));
  if (lsp.current) {
    RroObject rro;
    for (const Srv6Subobject& hop : lsp.current->segments) {
      report.ero.hops.emplace_back(hop);
      rro.hops.emplace_back(hop);
    }
    report.actual = measured(*lsp.current);
    report.rro = std::move(rro);
  }
  report.intended = wanted(lsp.intent);
  return report;
}

void Pcc::report(const Lsp& lsp, std::uint32_t srp_id) {
  for (const auto& peer : peers_) {
    if (!peer->is_up()) continue;
    Message message{.type = MessageType::kPcRpt};
    append(message, state_report(lsp, *peer, srp_id));
    static_cast<void>(peer->send(message, deps_.clock.now()));  // up, and far smaller than a message may be
  }
}

void Pcc::handle_update(Peer& peer, UpdateRequest request) {
  Lsp* lsp = find_plsp(request.lsp.plsp_id);
  const bool srv6 = config_.session.capabilities.srv6 && peer.session().peer_capabilities().srv6;
  const UpdateContext context{.known = lsp != nullptr,
                              .delegated = lsp != nullptr && is_delegate(peer) && !lsp->returned,
                              .srv6_agreed = srv6,
                              .max_segments = config_.max_segments};
  if (const std::optional<ErrorCodePoint> error = check_update(request, context)) {
    peer.send_error({*error, std::move(request.srp), std::move(request.lsp)}, deps_.clock.now());
    return;
  }
  ++lsp->updates;
  lsp->error.reset();
  if (!request.lsp.delegated()) {  // RFC 8231 section 5.7.2.3: the PCE returns the delegation
    lsp->returned = true;
    lsp->reason = "the PCE returned the delegation";
    report(*lsp, request.srp.srp_id);
  } else if (request.ero.hops.empty() || !request.lsp.administrative()) {
    withdraw(*lsp, request.srp.srp_id, "the PCE has no path");
  } else {
    accept_update(peer, *lsp, request);
  }
}

void Pcc::accept_update(Peer& peer, Lsp& lsp, const UpdateRequest& request) {
  LspUpdate update;
  update.name = lsp.intent.name;
  for (const Subobject& hop : request.ero.hops) update.segments.push_back(std::get<Srv6Subobject>(hop));
  for (const MetricObject& metric : request.attributes.metrics) update.metrics.push_back(judge(metric, lsp.intent));
  if (request.attributes.bandwidth)
    update.bandwidth = BitsPerSecond(
        static_cast<std::uint64_t>(8.0 * static_cast<double>(request.attributes.bandwidth->bytes_per_second)));
  update.srp_id = request.srp.srp_id;
  update.pce = config_.pces[peer.id()].name;
  lsp.pending = update;
  ++lsp.lsp_id;
  if (lsp.state == Operational::kDown) report(lsp, update.srp_id);  // going up
  deps_.observer.on_update(update);
}

void Pcc::withdraw(Lsp& lsp, std::uint32_t srp_id, const std::string& reason) {
  lsp.pending.reset();
  lsp.current.reset();
  lsp.state = Operational::kDown;
  lsp.reason = reason;
  report(lsp, srp_id);
  const std::string name = lsp.intent.name;
  deps_.observer.on_withdrawn(name, reason);
}

void Pcc::installed(std::string_view name, std::uint32_t srp_id, Operational state) {
  const auto at = lsps_.find(name);
  if (at == lsps_.end()) return;
  Lsp& lsp = *at->second;
  if (lsp.pending && lsp.pending->srp_id == srp_id) {
    lsp.current = std::exchange(lsp.pending, std::nullopt);
    lsp.reason = "installed";
  } else if (lsp.pending || !lsp.current || lsp.current->srp_id != srp_id || lsp.state == state) {
    return;  // overtaken, or nothing new
  } else {
    srp_id = 0;  // up became active, or back: no request is answered
  }
  lsp.state = state;
  report(lsp, srp_id);
}

void Pcc::failed(std::string_view name, std::uint32_t srp_id, LspErrorCode code) {
  const auto at = lsps_.find(name);
  if (at == lsps_.end()) return;
  Lsp& lsp = *at->second;
  if (!lsp.pending || lsp.pending->srp_id != srp_id) return;
  lsp.pending.reset();
  lsp.error = code;
  lsp.reason = "the path could not be installed";
  report(lsp, srp_id);  // the state that it really has: down, or up on the path before
}

}  // namespace pathwise::pcep
