// SPDX-License-Identifier: Apache-2.0
// pathwise-te seen from the router and the CLI. Threads of its own keep the connection: they send the
// last intent after every (re)connect, watch the paths, and back off while te is away. Callbacks run
// on them (on_refused may run beside the others); post from them. set_intent(): any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "te/policy/intent.h"
#include "te/snapshot/path_snapshot.h"

namespace pathwise::te {

struct TeClientConfig {
  std::string socket_path;
  std::string name = "pathwise-router";  // for te's log
  std::chrono::milliseconds min_backoff{100};
  std::chrono::milliseconds max_backoff{5000};
};

struct TeClientEvents {
  std::function<void(PathSnapshotPtr)> on_paths;
  // Up, or down with the reason. Down at the start until the first connection.
  std::function<void(bool up, const std::string& reason)> on_state;
  // te refused the intent.
  std::function<void(const Error&)> on_refused;
};

class TeClient {
 public:
  TeClient(TeClientConfig config, TeClientEvents events);
  ~TeClient();  // joins the threads; no callback after
  TeClient(const TeClient&) = delete;
  TeClient& operator=(const TeClient&) = delete;

  // Replaces what was to be sent; sent at once if te is there.
  void set_intent(TeIntent intent);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The snapshot as it is now, for the CLI. kUnavailable: te is not there; kDeadlineExceeded.
[[nodiscard]] Result<PathSnapshotPtr> read_paths(const std::string& socket_path, std::chrono::milliseconds timeout);

}  // namespace pathwise::te
