// SPDX-License-Identifier: Apache-2.0
#include "te/daemon/lsp_binding.h"

#include "base/format.h"

namespace pathwise::te {
namespace {

pcep::Optimise to_pcep(IntentObjective objective) {
  switch (objective) {
    case IntentObjective::kIgp:
      return pcep::Optimise::kIgp;
    case IntentObjective::kTe:
      return pcep::Optimise::kTe;
    case IntentObjective::kDelay:
      return pcep::Optimise::kDelay;
  }
  return pcep::Optimise::kIgp;
}

}  // namespace

std::vector<pcep::LspIntent> lsps_of(const TeIntent& intent) {
  std::vector<pcep::LspIntent> lsps;
  for (const PeerTierIntent& peer : intent.peers) {
    for (std::size_t i = 0; i < peer.candidates.size(); ++i) {
      const auto* wanted = std::get_if<PcepIntent>(&peer.candidates[i].kind);
      if (wanted == nullptr || wanted->source.is_unspecified() || peer.edge_address.is_unspecified()) continue;
      lsps.push_back({.name = lsp_name(peer, i),
                      .source = wanted->source,
                      .destination = peer.edge_address,
                      .color = peer.color,
                      .optimise = to_pcep(wanted->optimise),
                      .max_delay = wanted->max_delay,
                      .bandwidth = wanted->bandwidth,
                      .exclude_any = static_cast<std::uint32_t>(wanted->exclude_any),  // PCEP carries bits 0..31
                      .preference = peer.candidates[i].preference});
    }
  }
  return lsps;
}

Result<std::vector<Ipv6Address>> segments_of(const pcep::LspUpdate& update, const SidMap& sids, NodeId edge) {
  std::vector<Ipv6Address> hops;
  for (const pcep::Srv6Subobject& hop : update.segments) {
    if (!hop.sid) return fail(ErrorCode::kInvalidArgument, "LSP {}: a hop has no SID", update.name);
    hops.push_back(*hop.sid);
  }
  const auto segments = segments_to(sids, hops, edge);
  if (!segments) return std::unexpected(segments.error().within(formatted("LSP {}", update.name)));
  return pack_carriers(sids, *segments, true);
}

}  // namespace pathwise::te
