// SPDX-License-Identifier: Apache-2.0
// The tiers network while a test runs: deployed before the first test of the program, taken down
// after the last. Run from the checkout's root.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lab/clab/lab.h"

namespace pathwise::topology_test {

using std::chrono::milliseconds;

class TiersLab {
 public:
  // The one of this program. Deploys at the first call; a failure ends the program with its reason.
  static TiersLab& instance();
  // Takes it down if it is up.
  ~TiersLab();

  [[nodiscard]] const lab::Topology& topology() const { return topology_; }
  [[nodiscard]] const lab::Deployment& deployment() const { return deployment_; }
  [[nodiscard]] lab::ContainerEngine& engine() { return *engine_; }
  // Interfaces of this machine before the lab was there.
  [[nodiscard]] const std::set<std::string>& interfaces_before() const { return interfaces_before_; }
  void take_down();

  // Output of a shell command in a node; a failed expectation if it does not end with 0.
  std::string run(std::string_view node, const std::string& command);
  // The same without judging its exit code.
  lab::ExecOutput attempt(std::string_view node, const std::string& command);
  // A command of the wan's control socket, like "set pb1-pb2 delay 40ms".
  std::string wan(const std::string& command);

 private:
  TiersLab();

  std::unique_ptr<lab::ContainerEngine> engine_;
  std::unique_ptr<lab::LinkMaker> links_;
  lab::Topology topology_;
  lab::Deployment deployment_;
  std::set<std::string> interfaces_before_;
};

// Polls until `condition` holds; false at the deadline.
[[nodiscard]] bool eventually(milliseconds limit, const std::function<bool()>& condition);

// Names of this machine's interfaces.
[[nodiscard]] std::set<std::string> interfaces();

}  // namespace pathwise::topology_test
