// SPDX-License-Identifier: Apache-2.0
// What the command line asks of te besides paths: the topology and how to read SIDs, the history of
// transitions, a verification. Structs of TeService's messages; values; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/ip.h"
#include "te/snapshot/path_history.h"
#include "te/topology/topology.h"
#include "te/verify/judge.h"

namespace pathwise::te {

struct SidNames {
  std::map<Algorithm, Ipv6Prefix> blocks;
  std::uint16_t udt6_function = 0;
  std::uint16_t ua_function = 0;
  std::map<NodeId, NodeName> nodes;
  friend bool operator==(const SidNames&, const SidNames&) = default;
};

struct TopologyReport {
  TopologySnapshotPtr topology;  // null: te has none
  std::string state;             // "live", "stale", "none"
  std::string detail;            // the source, or why the stream broke
  std::optional<SidNames> sids;  // absent: no SRv6 here, or no intent yet
};

// Empty names mean every one.
struct PolicySelection {
  SiteName site;
  TierName tier;
  [[nodiscard]] bool takes(const SiteName& of_site, const TierName& of_tier) const {
    return (site.empty() || site == of_site) && (tier.empty() || tier == of_tier);
  }
};

struct VerifiedPath {
  SiteName site;
  TierName tier;
  std::size_t candidate = 0;  // index, as in PathState
  std::string name;           // "flex-algo 128"
  bool active = false;
  std::vector<Ipv6Address> segments;
  JudgedPath judged;
  friend bool operator==(const VerifiedPath&, const VerifiedPath&) = default;
};

inline constexpr std::chrono::minutes kLongestVerify{5};

struct VerifyOrder {
  PolicySelection selection;
  Milliseconds deadline{30'000};  // at most kLongestVerify
};

// The server's side. Called on gRPC's threads, which they may hold: `cancelled` says when nobody waits any more.
struct TeQueries {
  using Cancelled = std::function<bool()>;
  std::function<Result<TopologyReport>(const Cancelled&)> topology;
  std::function<Result<std::vector<PathHistory>>(const PolicySelection&, const Cancelled&)> history;
  std::function<Result<std::vector<VerifiedPath>>(const VerifyOrder&, const Cancelled&)> verify;
};

// The client's side, for the command line: one question on a connection of its own. kUnavailable: te is not
// there, or is an older one that does not know the question; otherwise te's own errors.
[[nodiscard]] Result<TopologyReport> read_topology(const std::string& socket_path, std::chrono::milliseconds timeout);
[[nodiscard]] Result<std::vector<PathHistory>> read_history(const std::string& socket_path,
                                                            const PolicySelection& selection,
                                                            std::chrono::milliseconds timeout);
// Waits for the order's deadline and a little more.
[[nodiscard]] Result<std::vector<VerifiedPath>> verify_paths(const std::string& socket_path, const VerifyOrder& order);

}  // namespace pathwise::te
