// SPDX-License-Identifier: Apache-2.0
// A small stateful PCE: synchronises what PCCs report, computes the LSPs that they delegate, reserves
// bandwidth, and computes again when the topology changes. Computation is an injected pure function;
// the transport brings connections. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pcep/pce/lsp_request.h"
#include "pcep/pce/reservations.h"
#include "pcep/session/peer.h"

namespace pathwise::pcep {

struct PceOptions {
  SessionConfig session;  // role and capabilities are set by the Pce
  // How long the LSPs of a PCC that is lost keep their reservations.
  std::chrono::seconds state_timeout{60};
  // A changed delay on an unchanged path is worth an update if it differs by more than both.
  Microseconds delay_change{100};
  double delay_change_ratio = 0.05;
  std::size_t max_connections = 1'000;
};

// kNotFound with the reason if no path satisfies the request.
using ComputePath = std::function<Result<ComputedLsp>(const LspRequest&, const Reservations&)>;

struct PceDeps {
  const Clock& clock;
  ComputePath compute;
};

struct PceLspView {
  LspRequest request;
  Operational state = Operational::kDown;
  bool delegated = false;
  bool stale = false;  // its PCC is lost
  std::optional<ComputedLsp> path;
  std::uint64_t updates = 0;
  std::optional<SystemTime> last_update;
  std::chrono::microseconds last_computation{0};
  std::string last_reason;
};

struct PceSessionView {
  std::string peer;  // address, and the speaker's name if it gave one
  SessionState state = SessionState::kIdle;
  SystemTime since;
  std::size_t lsps = 0;
};

class Pce final : private PeerHandler {
 public:
  Pce(PceOptions config, PceDeps deps);
  ~Pce() override;

  // A connection came in; nullptr if there are too many. Valid until drop(). The transport calls
  // connected() and the like on it.
  [[nodiscard]] Peer* accept(const std::string& address);
  // The connection is gone and disconnected() was told.
  void drop(Peer& peer);

  // Computes every delegated LSP again, the most important setup priority first.
  void topology_changed(const std::string& reason);
  void expire();
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const;

  [[nodiscard]] std::vector<PceLspView> lsps() const;
  [[nodiscard]] std::vector<PceSessionView> sessions() const;

 private:
  struct Lsp;
  struct Pcc;
  struct Connection;

  void on_up(Peer& peer, const SessionUp& up) override;
  void on_message(Peer& peer, Message message) override;
  void on_down(Peer& peer, const std::string& reason) override;

  void handle_report(Peer& peer, Pcc& pcc, StateReport report);
  [[nodiscard]] std::optional<ErrorCodePoint> learn(Lsp& lsp, const StateReport& report);
  void end_of_sync(Pcc& pcc);
  void forget(Pcc& pcc, std::uint32_t plsp_id);
  void compute_all(Pcc& pcc, const std::string& reason);
  void compute(Pcc& pcc, Lsp& lsp, const std::string& reason);
  void found(Pcc& pcc, Lsp& lsp, ComputedLsp path, const std::string& reason);
  [[nodiscard]] Result<std::vector<LspKey>> reserve(const LspRequest& request, const ComputedLsp& path);
  void replace(const LspKey& key, const std::string& reason);
  void not_found(Pcc& pcc, Lsp& lsp, const Error& error);
  void send_update(Pcc& pcc, Lsp& lsp);
  [[nodiscard]] bool worth_telling(const Lsp& lsp, const ComputedLsp& path) const;

  PceOptions config_;
  PceDeps deps_;
  std::map<std::size_t, std::unique_ptr<Connection>> connections_;
  std::map<std::string, std::unique_ptr<Pcc>> pccs_;  // by speaker id, or by address
  std::size_t next_connection_ = 1;
  Reservations reservations_;
};

}  // namespace pathwise::pcep
