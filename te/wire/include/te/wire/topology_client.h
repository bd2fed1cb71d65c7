// SPDX-License-Identifier: Apache-2.0
// Topologies over gRPC (proto/pathwise/topology.proto) as a source, and a follower of a configured list of
// such sources and files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ip.h"
#include "base/units.h"
#include "te/topology/follower.h"
#include "te/topology/source.h"
#include "te/wire/topology_security.h"

namespace pathwise::te {

struct TopologyStreamOptions {
  std::string name;                // for the server's log
  std::optional<TopologyTls> tls;  // TCP needs it, unless `insecure`
  bool insecure = false;
  Milliseconds connect_timeout{3000};
};

// kInvalidArgument: TCP without TLS.
[[nodiscard]] Result<TopologySourcePtr> topology_stream_source(const Endpoint& address, TopologyStreamOptions options);

struct TopologyFile {
  std::string path;
};
using TopologyAddress = std::variant<Endpoint, TopologyFile>;

struct TopologyClientOptions {
  std::vector<TopologyAddress> sources;  // at least one, tried in order
  TopologyStreamOptions stream;
  TopologyFollowerOptions follow;
};

// kInvalidArgument: no sources, or TCP without TLS. A source that is not there is no error.
[[nodiscard]] Result<std::unique_ptr<TopologyFollower>> follow_topology(const TopologyClientOptions& options,
                                                                        TopologyFollowerEvents events);

}  // namespace pathwise::te
