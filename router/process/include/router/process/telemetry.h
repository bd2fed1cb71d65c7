// SPDX-License-Identifier: Apache-2.0
// The router's state as gNMI leaves (gnmi/yang/pathwise-state.yang): paths, LSPs, PCEP sessions, load of
// the sites, request counters. One thread (control); the tree has its own lock.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "gnmi/tree.h"
#include "router/forward/state.h"
#include "router/select/decision_record.h"

namespace pathwise::router::process {

class Telemetry {
 public:
  // `tree` and `clock` must outlive it.
  Telemetry(gnmi::Tree& tree, const Clock& clock) : tree_(tree), clock_(clock) {}
  void publish(const forward::State& state);
  void count(const select::DecisionRecord& record);

 private:
  struct Requests {
    std::uint64_t total = 0, local = 0, forwarded = 0, refused = 0, failed = 0;
  };
  void publish_paths(const te::PathSnapshot& paths);
  void publish_sites(const select::LoadView& load);
  gnmi::Tree& tree_;
  const Clock& clock_;
  std::map<std::string, Requests> requests_;  // by tier
  std::uint64_t paths_version_ = 0;
  std::uint64_t load_version_ = 0;
};

}  // namespace pathwise::router::process
