// SPDX-License-Identifier: GPL-2.0-or-later
// pathwise-frr without its edges' configuration: link-state messages in; a topology for te and the
// PCE, Flex-Algo routes for zebra and measured link delays for IS-IS out. One thread (the io_context's).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "te/algo/flex_algo.h"
#include "te/frr/definition_watch.h"
#include "te/frr/link_monitor.h"
#include "te/frr/ordered_install.h"
#include "te/srv6/sid_map.h"
#include "te/topology/topology.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::te {

struct AgentConfig {
  NodeName node;
  std::string zserv = "/var/run/frr/zserv.api";
  std::string mgmtd = "/var/run/frr/mgmtd_fe.sock";
  SidMap sids;
  std::vector<FlexAlgoDefinition> definitions;
  std::map<NodeName, NodeId> node_ids;        // of nodes whose locator is not in IS-IS
  std::set<std::string> excluded_interfaces;  // not measured
  LinkMonitorParams link_delay;
  OrderedInstallParams ordered_install;
  // How long zebra keeps our routes when we are gone without a word (killed, or handed over): the next
  // pathwise-frr takes them over, and those it does not renew are swept. 0: they go at once.
  std::chrono::seconds graceful_restart{60};
  std::uint64_t epoch = 0;  // of the topology: another one at each start
};

struct AgentState {
  bool zebra_connected = false;
  std::string zebra_detail;
  bool node_known = false;  // our node is in the topology and has an id
  std::uint64_t topology_version = 0;
  std::size_t nodes = 0;
  std::size_t links = 0;
  std::size_t unusable_links = 0;
  bool unsynchronised = false;                 // isisd did not answer since the session with zebra began: changes only
  std::vector<std::string> unplaced_links;     // in FRR's database, with an unknown far end: not in the topology
  std::vector<std::string> topology_problems;  // what contradicts itself in FRR's database
  std::vector<std::string> unmeasured;         // our own links without a probe, each with the reason
  std::map<Algorithm, std::size_t> routes;     // forwarding routes in zebra
  std::size_t waiting_routes = 0;              // their turn has not come (te/frr/ordered_install.h)
  std::set<Algorithm> held;
  std::vector<Offender> offenders;
  std::vector<MonitoredLinkState> link_delays;
  std::uint64_t route_changes = 0;  // sent to zebra
  std::uint64_t route_problems = 0;
  std::uint64_t delay_updates = 0;  // taken by FRR
  std::uint64_t delay_failures = 0;
  std::chrono::microseconds last_computation{};
  // Why /health should say degraded; empty: all is well.
  [[nodiscard]] std::vector<std::string> problems() const;
};

class FrrAgent {
 public:
  // `publish` gets each topology, and nullptr when zebra or isisd have been away for LossWatch::kPatience: what was
  // published is old then. Errors: another libfrr, the STAMP port taken, a missing capability. zebra or mgmtd that
  // are not there are no errors: they are waited for, and state() says so.
  [[nodiscard]] static Result<std::unique_ptr<FrrAgent>> start(boost::asio::io_context& context, AgentConfig config,
                                                               std::function<void(TopologySnapshotPtr)> publish);
  ~FrrAgent();
  FrrAgent(const FrrAgent&) = delete;
  FrrAgent& operator=(const FrrAgent&) = delete;

  // Takes our routes out of zebra. The delays that were measured stay in IS-IS: without them the links
  // would leave every min-delay algorithm.
  void withdraw();
  // Leaves the routes to the next pathwise-frr, which has `graceful_restart` to come.
  void hand_over();
  [[nodiscard]] AgentState state() const;

 private:
  struct State;
  explicit FrrAgent(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::te
