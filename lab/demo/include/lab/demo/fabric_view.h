// SPDX-License-Identifier: Apache-2.0
// A deployed lab seen from outside, as an operator would: each question is a command run in a node
// (the router's admin API, `pathwise lsps`, ip route, the wan relay's control). Blocking; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/units.h"
#include "lab/clab/lab.h"

namespace pathwise::lab {

// The active path of a (site, tier) as the router of one host knows it.
struct PathView {
  SiteName site;
  TierName tier;
  std::string status;                 // "up", "degraded", "down"
  std::string origin;                 // of the active candidate: "pcep", "flex-algo", …; empty: none
  std::vector<std::string> segments;  // SIDs, as installed
  std::vector<std::string> nodes;
  Microseconds rtt{0};                         // measured p50
  std::optional<Microseconds> computed_delay;  // one way
  std::uint64_t installed_unix_us = 0;
};

// What the decision record of a request says.
struct DecisionView {
  SiteName site;
  struct Alternative {
    SiteName site;
    Microseconds rtt{0};  // of its path, as the cost had it
    double objective = 0;
  };
  std::vector<Alternative> alternatives;
};

class FabricView {
 public:
  FabricView(const Topology& topology, ContainerEngine& engine) : topology_(topology), engine_(engine) {}

  [[nodiscard]] Result<std::vector<PathView>> paths(const std::string& host) const;
  [[nodiscard]] Result<DecisionView> decision(const std::string& host, const RequestId& request) const;
  // Sites whose digests the host's router has, and that offer a model.
  [[nodiscard]] Result<std::vector<SiteName>> serving_sites(const std::string& host) const;
  // The gateway interface of `node`'s route to `address`: "to-pa2".
  [[nodiscard]] Result<std::string> route_interface(const std::string& node, const std::string& address) const;
  // Sets the delay of both directions between two wan ends: ("pa2", "sin", 32 ms).
  [[nodiscard]] Result<void> set_delay(const std::string& a, const std::string& b, Microseconds delay) const;
  [[nodiscard]] Result<void> cut(const std::string& a, const std::string& b) const;
  [[nodiscard]] Result<void> heal(const std::string& a, const std::string& b) const;
  // Standard output of a command that must succeed.
  [[nodiscard]] Result<std::string> run(const std::string& node, const std::vector<std::string>& argv) const;

 private:
  const Topology& topology_;
  ContainerEngine& engine_;
};

// A path in one line: "r-pune > pa1 > pa2 > r-sin".
[[nodiscard]] std::string join(const std::vector<std::string>& words, std::string_view between);

}  // namespace pathwise::lab
