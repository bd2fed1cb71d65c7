// SPDX-License-Identifier: Apache-2.0
// Sessions and the database of the Pce. What happens to one LSP is in pce_lsp.cc.
#include "pcep/pce/pce.h"

#include <algorithm>
#include <tuple>

#include "base/format.h"
#include "base/log.h"
#include "pce_state.h"

namespace pathwise::pcep {

Pce::Pce(PceOptions config, PceDeps deps) : config_(std::move(config)), deps_(std::move(deps)) {
  config_.session.role = Role::kPce;
  Capabilities& capabilities = config_.session.capabilities;
  capabilities.stateful = capabilities.update = capabilities.srv6 = true;
  capabilities.associations = {kAssociationSrPolicy};
}

Pce::~Pce() = default;

Peer* Pce::accept(const std::string& address) {
  if (connections_.size() >= config_.max_connections) {
    log::warning("pce", "too many connections: refused", {{"peer", address}});
    return nullptr;
  }
  const std::size_t id = next_connection_++;
  PeerHandler& handler = *this;
  auto connection = std::make_unique<Connection>(config_.session, handler, id, address, deps_.clock.wall_now());
  Peer* peer = &connection->peer;
  connections_.emplace(id, std::move(connection));
  return peer;
}

void Pce::drop(Peer& peer) {
  connections_.erase(peer.id());
}

void Pce::on_up(Peer& peer, const SessionUp& up) {
  Connection& connection = *connections_.at(peer.id());
  const std::string name = up.peer.speaker.empty() ? connection.address : up.peer.speaker;
  std::unique_ptr<Pcc>& pcc = pccs_[name];
  if (!pcc) pcc = std::make_unique<Pcc>(Pcc{.name = name});
  if (pcc->peer != nullptr) {  // RFC 5440 section 4.2.1: the session that exists stays
    log::warning("pce", "second session refused", {{"pcc", name}, {"peer", connection.address}});
    peer.reject(errors::kSecondSession, deps_.clock.now());
    return;
  }
  log::info("pce", "session up", {{"pcc", name}, {"peer", connection.address}});
  connection.pcc = pcc.get();
  connection.since = deps_.clock.wall_now();
  pcc->peer = &peer;
  pcc->synced = false;
  pcc->forget_at.reset();
  for (auto& [id, lsp] : pcc->lsps) lsp.reported = lsp.answered = false;
}

void Pce::on_down(Peer& peer, const std::string& reason) {
  Connection& connection = *connections_.at(peer.id());
  Pcc* pcc = std::exchange(connection.pcc, nullptr);
  if (pcc == nullptr) return;
  log::warning("pce", "session down", {{"pcc", pcc->name}, {"reason", reason}});
  pcc->peer = nullptr;
  pcc->synced = false;
  pcc->forget_at = deps_.clock.now() + config_.state_timeout;
}

void Pce::on_message(Peer& peer, Message message) {
  Pcc* pcc = connections_.at(peer.id())->pcc;
  if (pcc == nullptr) return;
  if (message.type == MessageType::kPcRpt) {
    for (std::expected<StateReport, RequestError>& report : parse_reports(message)) {
      if (report) {
        handle_report(peer, *pcc, std::move(*report));
      } else {
        peer.send_error(report.error(), deps_.clock.now());
      }
    }
  } else if (message.type == MessageType::kPcReq) {
    // Stateless requests are not served here: delegate the LSP instead.
    peer.send_error({errors::kCapabilityNotSupported, {}, {}}, deps_.clock.now());
  } else if (const auto* error = find<ErrorObject>(message)) {
    const auto* srp = find<SrpObject>(message);
    for (auto& [id, lsp] : pcc->lsps)
      if (srp != nullptr && lsp.pending_srp == srp->srp_id)
        lsp.reason = formatted("refused by the PCC: {}", to_string(error->code));
    log::warning("pce", "the PCC reports an error",
                 {{"pcc", pcc->name},
                  {"type", static_cast<unsigned>(error->code.type)},
                  {"value", static_cast<unsigned>(error->code.value)},
                  {"meaning", to_string(error->code)}});
  }
}

// RFC 8231 section 5.6: what was not reported again is gone.
void Pce::end_of_sync(Pcc& pcc) {
  if (pcc.synced) return;
  pcc.synced = true;
  std::vector<std::uint32_t> gone;
  for (const auto& [id, lsp] : pcc.lsps)
    if (!lsp.reported) gone.push_back(id);
  for (const std::uint32_t id : gone) forget(pcc, id);
  log::info("pce", "synchronised", {{"pcc", pcc.name}, {"lsps", pcc.lsps.size()}});
  compute_all(pcc, "delegated");
}

void Pce::forget(Pcc& pcc, std::uint32_t plsp_id) {
  reservations_.release({pcc.name, plsp_id});
  pcc.lsps.erase(plsp_id);
}

void Pce::topology_changed(const std::string& reason) {
  std::vector<std::tuple<std::uint8_t, LspKey, Pcc*>> order;
  for (const auto& [name, pcc] : pccs_)
    for (const auto& [id, lsp] : pcc->lsps)
      if (pcc->peer != nullptr && pcc->synced)
        order.emplace_back(lsp.request.setup_priority, lsp.request.key, pcc.get());
  std::ranges::sort(order);
  for (const auto& [priority, key, pcc] : order) {
    // An earlier update may have ended the session, or the LSP.
    const auto lsp = pcc->lsps.find(key.plsp_id);
    if (pcc->peer != nullptr && lsp != pcc->lsps.end()) compute(*pcc, lsp->second, reason);
  }
}

void Pce::expire() {
  const SteadyTime now = deps_.clock.now();
  std::vector<Peer*> due;
  for (const auto& [id, connection] : connections_)
    if (const auto deadline = connection->peer.next_deadline(); deadline && *deadline <= now)
      due.push_back(&connection->peer);
  for (Peer* peer : due) peer->expire(now);
  std::erase_if(pccs_, [&](const auto& entry) {
    Pcc& pcc = *entry.second;
    if (!pcc.forget_at || *pcc.forget_at > now) return false;
    while (!pcc.lsps.empty()) forget(pcc, pcc.lsps.begin()->first);
    return true;
  });
}

std::optional<SteadyTime> Pce::next_deadline() const {
  std::optional<SteadyTime> earliest;
  const auto consider = [&earliest](const std::optional<SteadyTime>& deadline) {
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  };
  for (const auto& [id, connection] : connections_) consider(connection->peer.next_deadline());
  for (const auto& [name, pcc] : pccs_) consider(pcc->forget_at);
  return earliest;
}

std::vector<PceLspView> Pce::lsps() const {
  std::vector<PceLspView> views;
  for (const auto& [name, pcc] : pccs_) {
    for (const auto& [id, lsp] : pcc->lsps) {
      views.push_back({.request = lsp.request,
                       .state = lsp.state,
                       .delegated = lsp.delegated,
                       .stale = pcc->peer == nullptr,
                       .path = lsp.path,
                       .updates = lsp.updates,
                       .last_update = lsp.last_update,
                       .last_computation = lsp.last_computation,
                       .last_reason = lsp.reason});
    }
  }
  return views;
}

std::vector<PceSessionView> Pce::sessions() const {
  std::vector<PceSessionView> views;
  for (const auto& [id, connection] : connections_) {
    const Pcc* pcc = connection->pcc;
    const bool named = pcc != nullptr && pcc->name != connection->address;
    views.push_back({named ? formatted("{} ({})", connection->address, pcc->name) : connection->address,
                     connection->peer.session().state(), connection->since, pcc == nullptr ? 0 : pcc->lsps.size()});
  }
  return views;
}

}  // namespace pathwise::pcep
