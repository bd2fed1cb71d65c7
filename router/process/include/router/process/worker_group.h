// SPDX-License-Identifier: Apache-2.0
// The request threads: one io_context(1) each, with their own listeners on shared ports
// (SO_REUSEPORT), and their orderly end. Made, started and stopped by control's thread.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "router/control/control.h"
#include "router/forward/worker.h"
#include "router/process/configuration.h"

namespace pathwise::router::process {

class WorkerGroup {
 public:
  // `threads` 0: one a core. The deps of each differ in their seed only.
  WorkerGroup(std::uint32_t threads, const forward::WorkerDeps& deps);
  ~WorkerGroup();  // stops and joins
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  // Every thread listens on the OpenAI endpoint and, with TLS, on the peers port of each own tier address
  // (of all addresses, if the site has none). Errors name the address.
  [[nodiscard]] Result<void> listen(const policy::NodeConfig& node, const policy::FabricConfig& fabric);
  [[nodiscard]] std::vector<control::WorkerLink> links();
  // The OpenAI endpoint with the port that the kernel chose, when it was 0.
  [[nodiscard]] const Endpoint& openai() const { return openai_; }
  void start();

  // Stops accepting; `done` runs on `io` when all responses are finished, or cut off after `deadline`.
  void drain(net::asio::io_context& io, std::chrono::milliseconds deadline, std::function<void()> done);

 private:
  struct Thread {
    net::asio::io_context io{1};
    std::unique_ptr<forward::Worker> worker;
    std::thread thread;
  };
  [[nodiscard]] Result<void> check_free(const Endpoint& endpoint, bool free_bind);
  [[nodiscard]] Result<void> listen_openai(const Endpoint& endpoint);
  [[nodiscard]] Result<void> listen_peers(const Endpoint& endpoint, bool free_bind);
  void watch_drain(std::shared_ptr<net::SteadyTimer> timer, SteadyTime deadline, std::function<void()> done);

  std::vector<std::unique_ptr<Thread>> threads_;
  Endpoint openai_;
  bool peers_ = false;
};

}  // namespace pathwise::router::process
