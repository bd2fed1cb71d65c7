// SPDX-License-Identifier: Apache-2.0
// The Pce's database.
#pragma once

#include "pcep/pce/pce.h"

namespace pathwise::pcep {

struct Pce::Lsp {
  LspRequest request;
  Operational state = Operational::kDown;
  bool delegated = false;
  bool srv6 = false;                // PST 3: others are kept but not computed
  bool reported = false;            // since the session came up
  bool answered = false;            // a PCUpd went out in this session
  std::optional<ComputedLsp> path;  // what the last PCUpd said; nullopt: no path
  std::uint32_t pending_srp = 0;
  std::uint64_t updates = 0;
  std::optional<SystemTime> last_update;
  std::chrono::microseconds last_computation{0};
  std::string reason = "reported";
};

struct Pce::Pcc {
  std::string name;
  Peer* peer = nullptr;  // nullptr: lost
  bool synced = false;
  std::uint32_t next_srp = 1;
  std::optional<SteadyTime> forget_at;
  std::map<std::uint32_t, Lsp> lsps;  // by PLSP-ID
};

struct Pce::Connection {
  Connection(const SessionConfig& session, PeerHandler& handler, std::size_t id, std::string from, SystemTime at)
      : peer(session, handler, id), address(std::move(from)), since(at) {}
  Peer peer;
  std::string address;
  SystemTime since;
  Pcc* pcc = nullptr;  // after the session came up
};

}  // namespace pathwise::pcep
