// SPDX-License-Identifier: Apache-2.0
// Answers what the command line asks of te: gRPC's threads ask, te's thread looks, and what takes long (the
// comparison of a verification with the topology) is done on the asker's. Made and destroyed on te's
// thread, after the server is gone; handlers() run on gRPC's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "te/fib/kernel_fib.h"
#include "te/policy/engine.h"
#include "te/topology/topology.h"
#include "te/wire/te_queries.h"

namespace pathwise::te {

// te's state as it is at the moment of the question. References: they outlive Queries.
struct QuerySources {
  const PolicyEngine& engine;
  const TopologySnapshotPtr& topology;
  const std::string& topology_state;
  const std::string& topology_detail;
  const PathSnapshotPtr& paths;
  KernelFibExecutor* const& kernel;  // null: `fib: none`
  std::uint16_t stamp_port = 0;
};

class Queries {
 public:
  Queries(boost::asio::io_context& io, const QuerySources& sources);
  ~Queries();  // a verification under way ends
  Queries(const Queries&) = delete;
  Queries& operator=(const Queries&) = delete;

  [[nodiscard]] TeQueries handlers() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// The names of SIDs: of the topology's nodes by their locators, and of the intent's edges, which a native
// network has without a topology.
[[nodiscard]] SidNames sid_names(const TeIntent& intent, const SidMap& map, const TopologySnapshot* topology);

}  // namespace pathwise::te
