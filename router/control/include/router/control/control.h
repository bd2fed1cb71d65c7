// SPDX-License-Identifier: Apache-2.0
// The control thread of a router: takes what scrapes, digests, te and policy say, lays it out for the
// request threads and posts it to them; tells the fabric our own load; keeps decision records and
// metrics. Everything runs on one io_context; the entries marked so may be called from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "fabric/peers_bus.h"
#include "net/asio.h"
#include "net/metrics.h"
#include "policy/node_config.h"
#include "policy/policy_snapshot.h"
#include "router/admin/decision_store.h"
#include "router/forward/worker.h"
#include "router/runtime/scraper.h"
#include "te/snapshot/path_snapshot.h"

namespace pathwise::router::control {

struct ControlDeps {
  net::asio::io_context& io;
  const Clock& clock;
  forward::Identity identity;
  net::Metrics& metrics;
  std::shared_ptr<net::TlsContext> fabric_tls;  // nullptr: a router alone
  policy::FabricBusConfig bus;
  std::uint64_t seed = 0;
};

// What a request thread is to control.
struct WorkerLink {
  net::asio::io_context* io = nullptr;
  forward::Worker* worker = nullptr;
};

class Control final : public forward::ControlPort {
 public:
  explicit Control(ControlDeps deps);
  ~Control() override;
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Before start(). The workers outlive control's io_context's run.
  void add_worker(WorkerLink link) { workers_.push_back(link); }
  void start();

  // A new policy or a new set of runtimes (start-up and reload).
  void set_policy(policy::PolicySnapshotPtr policy);
  [[nodiscard]] Result<void> set_runtimes(const std::vector<policy::RuntimeConfig>& runtimes);
  void set_draining();

  // Any thread: from te's client.
  void paths(te::PathSnapshotPtr paths);
  void te_state(bool up, std::string reason);

  // Any thread: from the request threads.
  void refused(forward::Refusal refusal) override;
  void fabric_stream(net::TlsStream stream) override;

  [[nodiscard]] forward::StatePtr state() const { return state_; }
  [[nodiscard]] const admin::DecisionStore& decisions() const { return decisions_; }
  [[nodiscard]] std::vector<fabric::PeerStatus> peers() const;
  // Takes in the records that wait in the rings.
  void drain_records();
  [[nodiscard]] std::string metrics_text();
  void count_reload(bool good);

  // Called on control's thread with every state and every record: telemetry hangs on here.
  std::function<void(const forward::State&)> on_state;
  std::function<void(const select::DecisionRecord&)> on_record;

 private:
  void tick();
  void rebuild_load();
  void rebuild_paths();
  void publish_digest();
  void mark_dirty();
  void flush();
  [[nodiscard]] std::string describe_readiness(bool& ready) const;
  void count(const select::DecisionRecord& record);
  void update_gauges();
  [[nodiscard]] std::vector<fabric::PeerAddress> peer_addresses() const;

  ControlDeps deps_;
  std::vector<WorkerLink> workers_;
  select::Ledger ledger_;
  forward::TokenBudgets budgets_;
  runtime::Scraper scraper_;
  std::unique_ptr<fabric::PeersBus> bus_;
  admin::DecisionStore decisions_;

  policy::PolicySnapshotPtr policy_;
  std::shared_ptr<const forward::TokenBuckets> buckets_;  // of its tenants
  runtime::RuntimeViewPtr runtimes_;
  fabric::FabricSnapshotPtr fabric_;
  te::PathSnapshotPtr te_paths_;
  std::shared_ptr<const select::LoadView> load_;
  std::shared_ptr<const select::PathView> path_view_;
  forward::StatePtr state_;
  bool te_up_ = false;
  std::string te_reason_ = "not connected yet";
  bool draining_ = false;
  bool load_dirty_ = false, paths_dirty_ = false, flush_posted_ = false;
  SteadyTime last_load_{};
  std::chrono::nanoseconds load_cost_{0};  // of the last rebuild: many sites are rebuilt less often
  net::SteadyTimer timer_;
  select::DecisionRecord spare_;
};

}  // namespace pathwise::router::control
