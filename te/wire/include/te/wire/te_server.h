// SPDX-License-Identifier: Apache-2.0
// TeService on a unix socket: intents in, path snapshots out, and questions answered. gRPC's threads stay inside;
// intents are handed to `on_intent` on one of them, so the callback posts to the owner's thread. publish(): any thread.
// A client that reads slowly gets the newest snapshot, never a queue of old ones.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "te/policy/intent.h"
#include "te/snapshot/path_snapshot.h"
#include "te/wire/te_queries.h"

namespace pathwise::te {

class TeServer {
 public:
  // Checked by validate() before. The answer to the client is given when this returns.
  using IntentHandler = std::function<Result<void>(TeIntent)>;

  // Replaces a socket that a dead process left; kAlreadyExists if a live one answers on it,
  // kPermissionDenied or kIo if the path cannot be written.
  // Questions without a function are answered UNIMPLEMENTED.
  [[nodiscard]] static Result<std::unique_ptr<TeServer>> start(const std::string& socket_path, IntentHandler on_intent,
                                                               TeQueries queries = {});
  ~TeServer();
  TeServer(const TeServer&) = delete;
  TeServer& operator=(const TeServer&) = delete;

  void publish(PathSnapshotPtr snapshot);
  [[nodiscard]] std::size_t watchers() const;

 private:
  struct State;
  explicit TeServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::te
