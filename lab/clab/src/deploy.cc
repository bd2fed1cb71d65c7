// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "base/format.h"
#include "board.h"
#include "lab/clab/lab.h"
#include "waits.h"

namespace pathwise::lab {
namespace {

using std::chrono::milliseconds;
using SteadyNow = std::chrono::steady_clock;

constexpr milliseconds kExecLimit{60'000};
constexpr milliseconds kHealthLimit{30'000};  // Docker's default for a check without a timeout
constexpr std::string_view kLabLabel = "containerlab";

milliseconds since(SteadyNow::time_point start) {
  return std::chrono::duration_cast<milliseconds>(SteadyNow::now() - start);
}

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// Links become possible when both their nodes have entered create-links; the later node's thread
// makes them. Guards who does which.
class LinkQueue {
 public:
  explicit LinkQueue(const Topology& topology) : topology_(topology) {
    for (const Node& node : topology.nodes) {
      if (node.kind == NodeKind::kBridge) entered_.insert(node.name);
    }
    entered_.insert({"host", "mgmt-net"});
  }

  // The links that `node` completes by entering.
  std::vector<const Link*> enter(const std::string& node) {
    const std::lock_guard lock(mutex_);
    entered_.insert(node);
    std::vector<const Link*> ready;
    for (const Link& link : topology_.links) {
      const bool mine = link.ends[0].node == node || link.ends[1].node == node;
      if (mine && entered_.contains(link.ends[0].node) && entered_.contains(link.ends[1].node)) {
        ready.push_back(&link);
      }
    }
    return ready;
  }

 private:
  const Topology& topology_;
  std::mutex mutex_;
  std::set<std::string> entered_;
};

// One `up` while it runs: a thread a container, meeting at the board.
class Launch {
 public:
  Launch(const Topology& topology, const UpDeps& deps)
      : topology_(topology), deps_(deps), board_(start_ + deps.limit, deps.stop), links_(topology) {}

  Result<Deployment> run() {
    if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
    {
      std::vector<std::jthread> threads;
      for (const Node& node : topology_.nodes) {
        if (node.kind != NodeKind::kLinux) continue;
        threads.emplace_back([this, &node] {
          if (auto lived = live(node); !lived) board_.failed(lived.error().within(node.name));
        });
      }
    }
    if (auto error = board_.error()) return std::unexpected(*error);
    return report();
  }

 private:
  Result<void> prepare() {
    std::map<std::string, PullPolicy> images;
    for (const Node& node : topology_.nodes) {
      if (node.kind != NodeKind::kLinux) continue;
      images[node.image] = node.pull_policy;
      for (const Bind& bind : node.binds) {
        if (!std::filesystem::exists(bind.source)) {
          return fail(ErrorCode::kFailedPrecondition, "node {}: {}, bound to {}, does not exist", node.name,
                      bind.source, bind.destination);
        }
      }
    }
    for (const auto& [image, policy] : images) {
      if (auto there = deps_.engine.provide_image(image, policy); !there) return there;
    }
    if (!topology_.uses_management_network()) return {};
    auto bridge = deps_.engine.provide_network(topology_.management);
    if (!bridge) return std::unexpected(bridge.error());
    management_bridge_ = *bridge;
    return {};
  }

  // The life of one node.
  Result<void> live(const Node& node) {
    const std::string container = topology_.long_name(node.name);
    return wait_for_others(node, Stage::kCreate)
        .and_then([&] { return create(node, container); })
        .and_then([&] { return wait_for_others(node, Stage::kCreateLinks); })
        .and_then([&] { return connect(node); })
        .and_then([&] { return wait_for_others(node, Stage::kConfigure); })
        .and_then([&] { return configure(node, container); })
        .and_then([&] { return wait_for_others(node, Stage::kHealthy); })
        .and_then([&] { return become_healthy(node, container); })
        .and_then([&] { return finish(node, container); });
  }

  Result<void> wait_for_others(const Node& node, Stage stage) {
    const auto waits = node.wait_for.find(stage);
    if (waits == node.wait_for.end()) return {};
    for (const WaitFor& wait : waits->second) {
      if (auto done = board_.wait(wait.node, wait.stage); !done) return done;
    }
    return {};
  }

  Result<void> create(const Node& node, const std::string& container) {
    auto started =
        deps_.engine.create(spec_of(node, container)).and_then([&] { return deps_.engine.start(container); });
    if (!started) return started;
    auto state = deps_.engine.inspect(container);
    if (!state) return std::unexpected(state.error());
    if (state->pid == 0) return died(*state);
    {
      const std::lock_guard lock(pids_mutex_);
      pids_[node.name] = state->pid;
    }
    board_.done(node.name, Stage::kCreate);
    return {};
  }

  ContainerSpec spec_of(const Node& node, const std::string& container) const {
    ContainerSpec spec{.node = &node, .name = container, .network = node.network_mode};
    if (spec.network.empty()) spec.network = topology_.management.network;
    spec.labels = node.labels;
    spec.labels[std::string(kLabLabel)] = topology_.name;
    spec.labels["clab-node-name"] = node.name;
    spec.labels["clab-node-longname"] = container;
    spec.labels["clab-node-kind"] = "linux";
    spec.labels["clab-node-group"] = node.group;
    spec.labels["clab-topo-file"] = topology_.file;
    spec.env = node.env;
    spec.env["CLAB_INTFS"] = std::to_string(links_of(node.name));
    if (node.network_mode.empty()) spec.extra_hosts = management_hosts();
    return spec;
  }

  std::ptrdiff_t links_of(const std::string& node) const {
    return std::ranges::count_if(
        topology_.links, [&](const Link& link) { return link.ends[0].node == node || link.ends[1].node == node; });
  }

  std::vector<std::string> management_hosts() const {
    std::vector<std::string> hosts;
    for (const Node& node : topology_.nodes) {
      if (!node.mgmt_ipv4.empty()) hosts.push_back(node.name + ":" + node.mgmt_ipv4);
      if (!node.mgmt_ipv6.empty()) hosts.push_back(node.name + ":" + node.mgmt_ipv6);
    }
    return hosts;
  }

  Result<void> connect(const Node& node) {
    for (const Link* link : links_.enter(node.name)) {
      if (auto made = deps_.links.make_veth(end_of(link->ends[0]), end_of(link->ends[1]), link->mtu); !made) {
        return made;
      }
    }
    board_.done(node.name, Stage::kCreateLinks);
    // The other end may still be making its links: a node is configured when it has them all.
    for (const Link& link : topology_.links) {
      if (auto made = peer_connected(link, node.name); !made) return made;
    }
    return {};
  }

  Result<void> peer_connected(const Link& link, const std::string& node) {
    for (std::size_t i = 0; i < 2; ++i) {
      const Node* peer = topology_.find(link.ends[1 - i].node);
      if (link.ends[i].node != node || peer == nullptr || peer->kind != NodeKind::kLinux) continue;
      // A peer that itself waits for more of this node gets its links later.
      if (predecessors(topology_, {peer->name, Stage::kCreateLinks}).contains({node, Stage::kConfigure})) continue;
      if (auto there = board_.wait(peer->name, Stage::kCreateLinks); !there) return there;
    }
    return {};
  }

  VethEnd end_of(const LinkEnd& end) {
    VethEnd out{.interface = end.interface, .mac = end.mac};
    if (end.node == "mgmt-net") out.bridge = management_bridge_;
    const Node* node = topology_.find(end.node);
    if (node != nullptr && node->kind == NodeKind::kBridge) out.bridge = node->name;
    const std::lock_guard lock(pids_mutex_);
    const auto pid = pids_.find(end.node);
    if (pid != pids_.end()) out.pid = pid->second;
    return out;
  }

  Result<void> configure(const Node& node, const std::string& container) {
    board_.done(node.name, Stage::kConfigure);
    for (const auto& argv : node.exec) {
      auto output = deps_.engine.exec(container, argv, kExecLimit);
      if (!output) return std::unexpected(output.error().within("exec " + argv[0]));
      if (output->exit_code != 0) {
        return fail(ErrorCode::kFailedPrecondition, "exec {} ended with {}: {}", argv[0], output->exit_code,
                    last_line(output->out + output->err));
      }
    }
    note_links_ready();
    return {};
  }

  // Runs the health check itself: Docker's own first look comes only after the check's interval,
  // which is long so that a lab at rest costs nothing.
  Result<void> become_healthy(const Node& node, const std::string& container) {
    while (node.healthcheck) {
      auto complaint = check_health(*node.healthcheck, container);
      if (!complaint) return std::unexpected(complaint.error());
      if (complaint->empty()) break;
      if (auto pause = board_.pause(deps_.poll); !pause) return std::unexpected(late(pause.error(), *complaint));
    }
    board_.done(node.name, Stage::kHealthy);
    if (deps_.progress && node.healthcheck) {
      deps_.progress(formatted("{} is healthy after {} ms", node.name, since(start_).count()));
    }
    return {};
  }

  // What the check complains about; empty if it passes.
  Result<std::string> check_health(const Healthcheck& check, const std::string& container) {
    const bool none = check.test.front() == "NONE" || check.test.size() < 2;
    if (none) return "";
    std::vector<std::string> argv(check.test.begin() + 1, check.test.end());
    if (check.test.front() == "CMD-SHELL") argv = {"/bin/sh", "-c", check.test[1]};
    const milliseconds limit = check.timeout.count() > 0 ? milliseconds(check.timeout) : kHealthLimit;
    auto output = deps_.engine.exec(container, argv, limit);
    if (!output && output.error().code == ErrorCode::kDeadlineExceeded) return "the check did not end in time";
    if (!output) return std::unexpected(why_not(container, output.error()));
    if (output->exit_code == 0) return "";
    const std::string said = last_line(output->out + output->err);
    return said.empty() ? formatted("the check ended with {}", output->exit_code) : said;
  }

  // An exec that was refused: usually because the container has ended.
  Error why_not(const std::string& container, const Error& refused) {
    auto state = deps_.engine.inspect(container);
    return state && state->status != "running" ? died(*state).error() : refused;
  }

  // Only where somebody waits for this node's end.
  Result<void> finish(const Node& node, const std::string& container) {
    const bool awaited = std::ranges::any_of(topology_.nodes, [&](const Node& other) {
      return std::ranges::any_of(other.wait_for, [&](const auto& stage) {
        return std::ranges::contains(stage.second, WaitFor{node.name, Stage::kExit});
      });
    });
    while (awaited) {
      auto state = deps_.engine.inspect(container);
      if (!state) return std::unexpected(state.error());
      if (state->status == "exited") break;
      if (auto pause = board_.pause(deps_.poll); !pause) return pause;
    }
    board_.done(node.name, Stage::kExit);
    return {};
  }

  static Error late(const Error& error, const std::string& complaint) {
    if (error.code != ErrorCode::kDeadlineExceeded) return error;
    return {error.code, "not healthy in time: " + complaint};
  }

  Result<void> died(const ContainerState& state) {
    auto logs = deps_.engine.logs(state.id, 5);
    return fail(ErrorCode::kFailedPrecondition, "the container is {} (exit code {}): {}", state.status, state.exit_code,
                last_line(logs.value_or("")));
  }

  void note_links_ready() {
    const std::lock_guard lock(pids_mutex_);
    links_ready_ = since(start_);
  }

  Result<Deployment> report() {
    Deployment deployment{.links_ready = links_ready_, .healthy = since(start_)};
    auto states = inspect(topology_, deps_.engine);
    if (!states) return std::unexpected(states.error());
    deployment.nodes = std::move(*states);
    for (ContainerState& state : deployment.nodes) {
      const Node* node = topology_.find(state.node);
      if (node != nullptr && node->healthcheck) state.health = Health::kHealthy;  // as this launch has seen
    }
    return deployment;
  }

  const Topology& topology_;
  const UpDeps& deps_;
  const SteadyNow::time_point start_ = SteadyNow::now();
  Board board_;
  LinkQueue links_;
  std::string management_bridge_;
  std::mutex pids_mutex_;
  std::map<std::string, int> pids_;  // node → its init process
  milliseconds links_ready_{0};
};

}  // namespace

Result<Deployment> up(const Topology& topology, const UpDeps& deps) {
  auto present = deps.engine.list(std::string(kLabLabel), topology.name);
  if (!present) return std::unexpected(present.error());
  if (!present->empty()) {
    return fail(ErrorCode::kAlreadyExists, "lab {} is up or was left behind ({} containers); take it down first",
                topology.name, present->size());
  }
  auto deployment = Launch(topology, deps).run();
  if (deployment) return deployment;
  if (auto cleaned = down(topology, deps.engine); !cleaned) {
    return fail(deployment.error().code, "{}; and the clean-up failed: {}", deployment.error().message,
                cleaned.error().message);
  }
  return deployment;
}

Result<void> down(const Topology& topology, ContainerEngine& engine) {
  auto ids = engine.list(std::string(kLabLabel), topology.name);
  if (!ids) return std::unexpected(ids.error());
  std::vector<Result<void>> results(ids->size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < ids->size(); ++i) {
      threads.emplace_back([&, i] { results[i] = engine.remove((*ids)[i]); });
    }
  }
  for (const Result<void>& result : results) {
    if (!result) return result;
  }
  return engine.remove_network(topology.management.network);
}

Result<std::vector<ContainerState>> inspect(const Topology& topology, ContainerEngine& engine) {
  auto ids = engine.list(std::string(kLabLabel), topology.name);
  if (!ids) return std::unexpected(ids.error());
  std::vector<ContainerState> states;
  for (const std::string& id : *ids) {
    auto state = engine.inspect(id);
    if (!state && state.error().code == ErrorCode::kNotFound) continue;  // removed since
    if (!state) return std::unexpected(state.error());
    states.push_back(std::move(*state));
  }
  std::ranges::sort(states, {}, [&](const ContainerState& state) {
    return std::ranges::find(topology.nodes, state.node, &Node::name) - topology.nodes.begin();
  });
  return states;
}

Result<ExecOutput> exec(const Topology& topology, ContainerEngine& engine, std::string_view node,
                        const std::vector<std::string>& argv, milliseconds limit) {
  if (topology.find(node) == nullptr) {
    return fail(ErrorCode::kNotFound, "lab {} has no node {}", topology.name, node);
  }
  return engine.exec(topology.long_name(node), argv, limit);
}

}  // namespace pathwise::lab
