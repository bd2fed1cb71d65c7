// SPDX-License-Identifier: Apache-2.0
#include "pcep/pcc/pcc.h"

#include <algorithm>
#include <format>
#include <set>
#include <utility>

#include "base/log.h"
#include "lsp_state.h"

namespace pathwise::pcep {
namespace {

constexpr std::size_t kReportsPerMessage = 16;  // of at most about 2 KB each: far under the 64 KB of a message

SessionConfig session_config(const PccConfig& config) {
  SessionConfig session = config.session;
  session.role = Role::kPcc;
  session.capabilities.stateful = true;
  session.capabilities.update = true;
  session.capabilities.srv6 = true;
  session.capabilities.associations = {kAssociationSrPolicy};
  session.capabilities.speaker = config.speaker;
  return session;
}

}  // namespace

Result<std::unique_ptr<Pcc>> Pcc::create(PccConfig config, PccDeps deps) {
  Result<PlspIds> ids = deps.store.load();
  if (!ids) return std::unexpected(ids.error().within("PLSP-IDs"));
  return std::unique_ptr<Pcc>(new Pcc(std::move(config), deps, std::move(*ids)));
}

Pcc::Pcc(PccConfig config, PccDeps deps, PlspIds ids) : config_(std::move(config)), deps_(deps), ids_(std::move(ids)) {
  config_.session = session_config(config_);
  PeerHandler& handler = *this;
  for (std::size_t i = 0; i < config_.pces.size(); ++i)
    peers_.push_back(std::make_unique<Peer>(config_.session, handler, i));
}

Pcc::~Pcc() = default;

Result<void> Pcc::set_lsps(std::vector<LspIntent> intents) {
  PlspIds ids = ids_;
  std::set<std::string> names;
  for (const LspIntent& intent : intents) {
    if (intent.name.empty() || !names.insert(intent.name).second)
      return fail(ErrorCode::kInvalidArgument, "LSP name \"{}\" is empty or used twice", intent.name);
    const Result<std::uint32_t> id = allocate(intent.name, ids);
    if (!id) return std::unexpected(id.error());
    ids[intent.name] = *id;
  }
  std::erase_if(ids, [&](const auto& entry) { return !names.contains(entry.first) && lsps_.contains(entry.first); });
  if (ids != ids_)
    if (Result<void> saved = deps_.store.save(ids); !saved) return saved;
  ids_ = std::move(ids);
  for (auto at = lsps_.begin(); at != lsps_.end();) {
    const bool wanted = names.contains(at->first);
    if (!wanted) remove(*at->second);
    at = wanted ? std::next(at) : lsps_.erase(at);
  }
  for (LspIntent& intent : intents) {
    std::unique_ptr<Lsp>& lsp = lsps_[intent.name];
    if (lsp && lsp->intent == intent) continue;
    if (!lsp) lsp = std::make_unique<Lsp>();
    lsp->plsp_id = ids_.at(intent.name);
    lsp->intent = std::move(intent);
    report(*lsp, 0);
  }
  return {};
}

Result<std::uint32_t> Pcc::allocate(const std::string& name, PlspIds& ids) const {
  if (const auto known = ids.find(name); known != ids.end()) return known->second;
  std::set<std::uint32_t> used;
  for (const auto& [other, id] : ids) used.insert(id);
  for (const auto& [other, lsp] : lsps_) used.insert(lsp->plsp_id);
  for (std::uint32_t id = 1; id <= kMaxPlspId; ++id)
    if (!used.contains(id)) return id;
  return fail(ErrorCode::kResourceExhausted, "all {} PLSP-IDs are in use", kMaxPlspId);
}

void Pcc::remove(Lsp& lsp) {
  lsp.state = Operational::kDown;
  lsp.current.reset();
  lsp.pending.reset();
  for (const auto& peer : peers_) {
    if (!peer->is_up()) continue;
    StateReport report = state_report(lsp, *peer, 0);
    report.lsp.flags |= kLspRemove;  // RFC 8231 section 5.5.1
    report.lsp.flags &= static_cast<std::uint16_t>(~kLspDelegate);
    Message message{.type = MessageType::kPcRpt};
    append(message, report);
    static_cast<void>(peer->send(message, deps_.clock.now()));
  }
}

void Pcc::on_up(Peer& peer, const SessionUp& up) {
  log::info("pcep", "session up", {{"pce", config_.pces[peer.id()].name}});
  if (!up.peer.stateful || !up.peer.update || !up.peer.srv6) {
    log::warning("pcep", "the PCE does not offer stateful updates of SRv6 paths: it gets no delegations",
                 {{"pce", config_.pces[peer.id()].name}});
    return;
  }
  const bool better = delegate_ && config_.pces[peer.id()].precedence > config_.pces[*delegate_].precedence;
  if (!delegate_ || *delegate_ == peer.id()) {
    delegate_ = peer.id();
    redelegate_at_ = state_expires_at_ = std::nullopt;
    for (const auto& [name, lsp] : lsps_) lsp->returned = false;
  } else if (better) {
    delegate_to(peer.id());
  }
  synchronise(peer);
}

// RFC 8231 section 5.6: every LSP with the sync flag, then the end marker.
void Pcc::synchronise(Peer& peer) {
  Message message{.type = MessageType::kPcRpt};
  std::size_t packed = 0;
  const auto flush = [&] {
    if (packed != 0) static_cast<void>(peer.send(message, deps_.clock.now()));
    message.objects.clear();
    packed = 0;
  };
  for (const auto& [name, lsp] : lsps_) {
    StateReport report = state_report(*lsp, peer, 0);
    report.lsp.flags |= kLspSync;
    append(message, report);
    if (++packed == kReportsPerMessage) flush();
  }
  StateReport end;
  append(message, end);
  ++packed;
  flush();
}

// The delegations move: the one who had them learns it, then the new one gets them.
void Pcc::delegate_to(std::size_t index) {
  const std::optional<std::size_t> before = std::exchange(delegate_, index);
  redelegate_at_ = state_expires_at_ = std::nullopt;
  for (const auto& [name, lsp] : lsps_) lsp->returned = false;
  if (before && peers_[*before]->is_up())
    for (const auto& [name, lsp] : lsps_) report(*lsp, 0);
}

void Pcc::delegate_to_best() {
  std::optional<std::size_t> best;
  for (const auto& peer : peers_) {
    if (!peer->is_up() || !peer->session().peer_capabilities().update) continue;
    if (!best || config_.pces[peer->id()].precedence > config_.pces[*best].precedence) best = peer->id();
  }
  if (!best) return;
  delegate_to(*best);
  for (const auto& [name, lsp] : lsps_) report(*lsp, 0);
}

void Pcc::on_message(Peer& peer, Message message) {
  if (message.type == MessageType::kPcUpd) {
    for (std::expected<UpdateRequest, RequestError>& request : parse_updates(message)) {
      if (request) {
        handle_update(peer, std::move(*request));
      } else {
        peer.send_error(request.error(), deps_.clock.now());
      }
    }
  } else if (const auto* error = find<ErrorObject>(message)) {
    log::warning("pcep", "the PCE reports an error",
                 {{"pce", config_.pces[peer.id()].name},
                  {"type", static_cast<unsigned>(error->code.type)},
                  {"value", static_cast<unsigned>(error->code.value)},
                  {"meaning", to_string(error->code)}});
  }
}

void Pcc::on_down(Peer& peer, const std::string& reason) {
  log::warning("pcep", "session down", {{"pce", config_.pces[peer.id()].name}, {"reason", reason}});
  if (!is_delegate(peer) || redelegate_at_) return;
  redelegate_at_ = deps_.clock.now() + config_.redelegation_timeout;
  state_expires_at_ = deps_.clock.now() + config_.state_timeout;
  for (const auto& [name, lsp] : lsps_) lsp->reason = "the PCE is lost: " + reason;
}

void Pcc::expire() {
  const SteadyTime now = deps_.clock.now();
  for (const auto& peer : peers_)
    if (const auto deadline = peer->next_deadline(); deadline && *deadline <= now) peer->expire(now);
  if (redelegate_at_ && *redelegate_at_ <= now) {
    redelegate_at_.reset();
    delegate_to_best();
  }
  if (state_expires_at_ && *state_expires_at_ <= now) expire_state();
}

void Pcc::expire_state() {
  state_expires_at_.reset();
  delegate_.reset();
  for (const auto& [name, lsp] : lsps_)
    if (lsp->current || lsp->pending) withdraw(*lsp, 0, "no PCE came back before the state time-out");
  delegate_to_best();
}

std::optional<SteadyTime> Pcc::next_deadline() const {
  std::optional<SteadyTime> earliest;
  const auto consider = [&earliest](const std::optional<SteadyTime>& deadline) {
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  };
  for (const auto& peer : peers_) consider(peer->next_deadline());
  consider(redelegate_at_);
  consider(state_expires_at_);
  return earliest;
}

Pcc::Lsp* Pcc::find_plsp(std::uint32_t plsp_id) {
  for (const auto& [name, lsp] : lsps_)
    if (lsp->plsp_id == plsp_id) return lsp.get();
  return nullptr;
}

std::vector<LspView> Pcc::lsps() const {
  std::vector<LspView> views;
  const bool up = delegate_ && peers_[*delegate_]->is_up();
  for (const auto& [name, lsp] : lsps_) {
    views.push_back({.intent = lsp->intent,
                     .plsp_id = lsp->plsp_id,
                     .state = lsp->state,
                     .delegated = up && !lsp->returned,
                     .stale = state_expires_at_.has_value() && lsp->current.has_value(),
                     .installed = lsp->current,
                     .reason = lsp->reason,
                     .updates = lsp->updates});
  }
  return views;
}

std::vector<PceView> Pcc::pces() const {
  std::vector<PceView> views;
  for (const auto& peer : peers_)
    views.push_back({config_.pces[peer->id()].name, peer->session().state(), is_delegate(*peer) && peer->is_up(),
                     peer->last_down_reason()});
  return views;
}

}  // namespace pathwise::pcep
