// SPDX-License-Identifier: Apache-2.0
// pathwise-te as one object: what main() composes and tests run in namespaces. Everything on the
// io_context's thread; gRPC's threads post into it. Must go before the io_context.
//
//   te socket   -> intent -> engine -> desired FIB  -> kernel
//   topology    -> view   -> engine -> probe targets -> STAMP -> engine
//   PCE         -> LSPs   -> engine -> PathSnapshot  -> te socket, PCE
#pragma once

#include <memory>

#include "base/error.h"
#include "policy/node_config.h"
#include "te/measure/stamp_packet.h"
#include "te/snapshot/path_snapshot.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::te {

struct DaemonOptions {
  std::uint16_t stamp_port = kStampPort;
};

enum class AtExit : std::uint8_t {
  kWithdrawRoutes,  // what is left fails closed
  kLeaveRoutes,     // the next te adopts them: a restart that shall not be seen
};

// What the files besides node.yaml must say: the site, the router and the tier are in the fabric file, and the
// certificate is this site's (…/site/<site>/router or …/te). Reads them; opens nothing else.
[[nodiscard]] Result<void> check_files(const policy::NodeConfig& node);

class Daemon {
 public:
  // Errors are for the operator and end the program: the socket, a port, a capability, a file.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> start(boost::asio::io_context& io, policy::NodeConfig node,
                                                             DaemonOptions options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Once, before the end.
  void stop(AtExit routes);
  // New certificates.
  void reload();
  [[nodiscard]] PathSnapshotPtr snapshot() const;

 private:
  struct State;
  explicit Daemon(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::te
