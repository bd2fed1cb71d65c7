// SPDX-License-Identifier: Apache-2.0
// Where topologies come from: a stream of a pathwise-frr (te/wire/topology_client.h), a file
// (te/topology/file_source.h), later BGP-LS. One interface, so that a follower does not care.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "te/topology/topology.h"

namespace pathwise::te {

enum class TopologyState : std::uint8_t {
  kNone,   // nothing was received, or it became too old
  kLive,   // the last snapshot is what the source says now
  kStale,  // the source is gone, or says what cannot be understood; the last snapshot may be old
};
[[nodiscard]] std::string_view to_string(TopologyState state);

// How a source's time as the one that is followed ended.
struct TopologySourceEnd {
  std::string why;       // for an operator
  bool present = false;  // it is there, but what it says is wrong: the last good topology does not age
};

// One place. follow() and stop() may run at the same time, on two threads.
class TopologySource {
 public:
  virtual ~TopologySource() = default;
  [[nodiscard]] virtual std::string name() const = 0;  // "file /etc/…", "[fd00::1]:9340"
  // Brings what the source says now, and then each change, already debounced, until it fails or stop() is called.
  // Blocks. May be called again.
  [[nodiscard]] virtual TopologySourceEnd follow(const std::function<void(TopologySnapshotPtr)>& take) = 0;
  // follow() returns soon, now and whenever it is called again.
  virtual void stop() = 0;
};
using TopologySourcePtr = std::unique_ptr<TopologySource>;

}  // namespace pathwise::te
