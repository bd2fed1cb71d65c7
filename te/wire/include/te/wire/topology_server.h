// SPDX-License-Identifier: Apache-2.0
// Serves topology snapshots to watchers (pathwise-te, pathwise-pce) over gRPC. A watcher that reads
// slowly skips versions and gets the newest: each holds one message in flight and one pending.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/ip.h"
#include "te/topology/topology.h"
#include "te/wire/topology_security.h"

namespace pathwise::te {

struct TopologyServerOptions {
  Endpoint listen;
  std::optional<TopologyTls> tls;  // TCP needs it, unless `insecure`
  bool insecure = false;           // TCP without TLS: tests only
  std::size_t max_watchers = 256;  // one more is refused with RESOURCE_EXHAUSTED
};

class TopologyServer {
 public:
  // kInvalidArgument (TCP without TLS), kIo (the address is in use, a file cannot be read), kAlreadyExists (the unix
  // socket is served).
  [[nodiscard]] static Result<std::unique_ptr<TopologyServer>> start(TopologyServerOptions options);
  ~TopologyServer();  // ends every stream
  TopologyServer(const TopologyServer&) = delete;
  TopologyServer& operator=(const TopologyServer&) = delete;

  // Any thread. Never blocks on a watcher.
  void publish(TopologySnapshotPtr snapshot);
  // The source is gone: every watcher is told so and finds another one, or keeps what it has as stale. Newcomers are
  // told the same, until the next publish(). Any thread.
  void withdraw(const std::string& why);
  [[nodiscard]] std::uint16_t port() const;  // what was bound; 0 for a unix socket
  [[nodiscard]] std::size_t watchers() const;

 private:
  struct State;
  explicit TopologyServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::te
