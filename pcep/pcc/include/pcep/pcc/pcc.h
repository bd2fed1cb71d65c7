// SPDX-License-Identifier: Apache-2.0
// The PCC: keeps the desired LSPs, reports and delegates them to the best PCE that is up, checks
// what the PCE answers and hands it to te, and reports what te did with it. Survives the loss of
// every PCE with its last paths. No sockets: the transport connects to its peers. One thread.
//
//   Pcc pcc(config, {clock, store, observer});
//   pcc.set_lsps({...});               // te's intent; only differences are reported
//   … observer.on_update(update) …     // install the segment list, then
//   pcc.installed(update.name, update.srp_id, Operational::kActive);
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "pcep/pcc/lsp.h"
#include "pcep/pcc/plsp_store.h"
#include "pcep/session/peer.h"

namespace pathwise::pcep {

struct PceConfig {
  std::string name;              // for people: its address
  std::uint32_t precedence = 0;  // the highest that is up gets the delegations
};

struct PccConfig {
  SessionConfig session;  // role and capabilities are set by the Pcc
  std::string speaker;    // our SPEAKER-ENTITY-ID: who we are, whatever our address
  std::vector<PceConfig> pces;
  std::size_t max_segments = 16;                  // what te can impose
  std::chrono::seconds redelegation_timeout{10};  // RFC 8231 section 3.1
  std::chrono::seconds state_timeout{60};         // RFC 8231 section 3.1; after it, paths are taken down
};

// Called on the Pcc's thread. May call back into the Pcc.
class PccObserver {
 public:
  virtual ~PccObserver() = default;
  virtual void on_update(const LspUpdate& update) = 0;
  // The LSP has no path any more: the PCE took it away, or the state time-out passed.
  virtual void on_withdrawn(const std::string& name, const std::string& reason) = 0;
};

struct PccDeps {
  const Clock& clock;
  PlspStore& store;
  PccObserver& observer;
};

// A PCE as it stands.
struct PceView {
  std::string name;
  SessionState state = SessionState::kIdle;
  bool delegate = false;
  std::string last_down_reason;
};

class Pcc final : private PeerHandler {
 public:
  // kInvalidArgument or kIo if the stored PLSP-IDs cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<Pcc>> create(PccConfig config, PccDeps deps);

  // The whole of what is wanted. Errors (store, names) leave the previous set in place.
  [[nodiscard]] Result<void> set_lsps(std::vector<LspIntent> intents);
  // Ignored unless `srp_id` is that of the last update of this LSP: older answers are overtaken.
  void installed(std::string_view name, std::uint32_t srp_id, Operational state = Operational::kUp);
  void failed(std::string_view name, std::uint32_t srp_id, LspErrorCode code);

  // One a configured PCE, in their order: the transport drives it.
  [[nodiscard]] Peer& peer(std::size_t index) { return *peers_[index]; }
  [[nodiscard]] std::size_t peer_count() const { return peers_.size(); }
  // Session timers, redelegation and state time-outs.
  void expire();
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const;

  [[nodiscard]] std::vector<LspView> lsps() const;
  [[nodiscard]] std::vector<PceView> pces() const;

 private:
  struct Lsp;
  Pcc(PccConfig config, PccDeps deps, PlspIds ids);
  ~Pcc() override;
  friend std::default_delete<Pcc>;

  void on_up(Peer& peer, const SessionUp& up) override;
  void on_message(Peer& peer, Message message) override;
  void on_down(Peer& peer, const std::string& reason) override;

  void synchronise(Peer& peer);
  void delegate_to(std::size_t index);
  void delegate_to_best();
  void expire_state();
  void handle_update(Peer& peer, UpdateRequest request);
  void accept_update(Peer& peer, Lsp& lsp, const UpdateRequest& request);
  void withdraw(Lsp& lsp, std::uint32_t srp_id, const std::string& reason);
  void remove(Lsp& lsp);
  // To every PCE that is up; `srp_id` answers the delegate's request, 0 answers none.
  void report(const Lsp& lsp, std::uint32_t srp_id);
  [[nodiscard]] StateReport state_report(const Lsp& lsp, const Peer& peer, std::uint32_t srp_id) const;
  [[nodiscard]] bool is_delegate(const Peer& peer) const { return delegate_ == peer.id(); }
  [[nodiscard]] Lsp* find_plsp(std::uint32_t plsp_id);
  [[nodiscard]] Result<std::uint32_t> allocate(const std::string& name, PlspIds& ids) const;

  PccConfig config_;
  PccDeps deps_;
  PlspIds ids_;
  std::map<std::string, std::unique_ptr<Lsp>, std::less<>> lsps_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::optional<std::size_t> delegate_;         // who has, or had, the delegations
  std::optional<SteadyTime> redelegate_at_;     // the delegate is lost
  std::optional<SteadyTime> state_expires_at_;  // the delegate is lost
};

}  // namespace pathwise::pcep
