// SPDX-License-Identifier: Apache-2.0
// Follows the topology of one of several sources, tried in order; when one fails, the next. Owns a
// thread; the callbacks run on it and must not block: post to your own executor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ip.h"
#include "base/units.h"
#include "te/topology/topology.h"
#include "te/wire/topology_security.h"

namespace pathwise::te {

enum class TopologyState : std::uint8_t {
  kNone,   // nothing was ever received
  kLive,   // the last snapshot is what the source says now
  kStale,  // the stream is broken; the last snapshot may be old
};
[[nodiscard]] std::string_view to_string(TopologyState state);

struct TopologyClientOptions {
  std::vector<Endpoint> sources;   // at least one
  std::string name;                // for the server's log
  std::optional<TopologyTls> tls;  // TCP needs it, unless `insecure`
  bool insecure = false;
  Milliseconds connect_timeout{3000};
  Milliseconds min_backoff{200};  // between rounds over all sources, doubling
  Milliseconds max_backoff{5000};
};

struct TopologyClientEvents {
  std::function<void(TopologySnapshotPtr)> on_snapshot;
  // On each change; `detail` is the source, or why the stream broke.
  std::function<void(TopologyState, std::string detail)> on_state;
};

class TopologyClient {
 public:
  // kInvalidArgument: no sources, or TCP without TLS. A source that is not there is no error.
  [[nodiscard]] static Result<std::unique_ptr<TopologyClient>> start(TopologyClientOptions options,
                                                                     TopologyClientEvents events);
  ~TopologyClient();  // no callback runs after it
  TopologyClient(const TopologyClient&) = delete;
  TopologyClient& operator=(const TopologyClient&) = delete;

  [[nodiscard]] TopologyState state() const;  // any thread

 private:
  struct State;
  explicit TopologyClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::te
