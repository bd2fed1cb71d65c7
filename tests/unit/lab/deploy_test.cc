// SPDX-License-Identifier: Apache-2.0
// `up` and `down` against an engine and a link maker that only remember.
#include <gmock/gmock.h>

#include <algorithm>
#include <mutex>

#include "lab/clab/lab.h"

namespace pathwise::lab {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A container is healthy after `checks_until_healthy` checks; `never_healthy` never is.
class FakeEngine final : public ContainerEngine {
 public:
  Result<EngineVersion> version() override { return EngineVersion{"fake", "1.41"}; }
  Result<void> provide_image(const std::string& image, PullPolicy) override {
    const std::lock_guard lock(mutex);
    images.push_back(image);
    return {};
  }
  Result<void> create(const ContainerSpec& spec) override {
    const std::lock_guard lock(mutex);
    note("create " + spec.node->name);
    if (spec.node->name == create_fails) return fail(ErrorCode::kUnavailable, "no space");
    containers[spec.name] = {.id = spec.name, .name = spec.name, .node = spec.node->name, .status = "created"};
    labels[spec.name] = spec.labels;
    return {};
  }
  Result<void> start(const std::string& container) override {
    const std::lock_guard lock(mutex);
    ContainerState& state = containers.at(container);
    state.status = state.node == dies ? "exited" : "running";
    state.pid = state.node == dies ? 0 : ++last_pid;
    return {};
  }
  Result<ContainerState> inspect(const std::string& container) override {
    const std::lock_guard lock(mutex);
    return containers.at(container);
  }
  // {"true"} is the health check.
  Result<ExecOutput> exec(const std::string& container, const std::vector<std::string>& argv, milliseconds) override {
    const std::lock_guard lock(mutex);
    ContainerState& state = containers.at(container);
    if (state.node == ends_later) state.status = "exited";
    if (state.status != "running") return fail(ErrorCode::kAlreadyExists, "container is not running");
    if (argv.back() != "true") {
      note("exec " + state.node + " " + argv.back());
      return ExecOutput{.exit_code = exec_code, .out = "", .err = "it broke\n"};
    }
    const bool late = ++checks[container] <= checks_until_healthy || never_healthy == state.node;
    if (late) return ExecOutput{.exit_code = 1, .out = "1 of 3 adjacencies are up\n", .err = ""};
    note("healthy " + state.node);
    return ExecOutput{};
  }
  Result<void> remove(const std::string& container) override {
    const std::lock_guard lock(mutex);
    containers.erase(container);
    return {};
  }
  Result<std::vector<std::string>> list(const std::string& label, const std::string& value) override {
    const std::lock_guard lock(mutex);
    std::vector<std::string> ids;
    for (const auto& [id, state] : containers) {
      if (labels[id][label] == value) ids.push_back(id);
    }
    return ids;
  }
  Result<std::string> logs(const std::string&, int) override { return "exec format error\n"; }
  Result<std::string> provide_network(const Management& management) override {
    network = management.network;
    return "br-test";
  }
  Result<void> remove_network(const std::string& name) override {
    if (network == name) network.clear();
    return {};
  }

  void note(const std::string& event) {
    if (!std::ranges::contains(events, event)) events.push_back(event);
  }
  [[nodiscard]] std::ptrdiff_t position(const std::string& event) const {
    return std::ranges::find(events, event) - events.begin();
  }

  std::mutex mutex;
  std::vector<std::string> events;
  std::vector<std::string> images;
  std::map<std::string, ContainerState> containers;
  std::map<std::string, std::map<std::string, std::string>> labels;
  std::map<std::string, int> checks;
  std::string network;
  std::string create_fails;
  std::string dies;        // at once
  std::string ends_later;  // before its first command
  std::string never_healthy;
  int checks_until_healthy = 2;
  int exec_code = 0;
  int last_pid = 100;
};

class FakeLinks final : public LinkMaker {
 public:
  explicit FakeLinks(FakeEngine& engine) : engine_(engine) {}
  Result<void> make_veth(const VethEnd& a, const VethEnd& b, std::uint32_t mtu) override {
    const std::lock_guard lock(engine_.mutex);
    engine_.note("link " + a.interface + " " + b.interface);
    made.push_back({a, b});
    mtus.push_back(mtu);
    if (fails) return fail(ErrorCode::kAlreadyExists, "File exists");
    return {};
  }
  std::vector<std::pair<VethEnd, VethEnd>> made;
  std::vector<std::uint32_t> mtus;
  bool fails = false;

 private:
  FakeEngine& engine_;
};

class Up : public testing::Test {
 protected:
  Up() {
    for (const char* name : {"a", "b", "c"}) {
      topology.nodes.push_back(Node{.name = name, .image = "img", .network_mode = "none"});
      topology.nodes.back().exec = {{"sh", "set-up"}};
      topology.nodes.back().healthcheck = Healthcheck{.test = {"CMD", "true"}};
    }
    topology.name = "t";
    topology.links.push_back({.ends = {LinkEnd{"a", "a-b", ""}, LinkEnd{"b", "b-a", ""}}, .mtu = 1500});
    topology.links.push_back({.ends = {LinkEnd{"b", "b-c", ""}, LinkEnd{"c", "c-b", ""}}, .mtu = 9000});
  }
  Result<Deployment> run() {
    return up(topology,
              {.engine = engine, .links = links, .stop = stop.get_token(), .limit = limit, .poll = milliseconds(1)});
  }

  Topology topology;
  FakeEngine engine;
  FakeLinks links{engine};
  std::stop_source stop;
  milliseconds limit{10'000};
};

TEST_F(Up, StartsLinksConfiguresAndWaitsForHealth) {
  const auto deployment = run();
  ASSERT_TRUE(deployment) << deployment.error().message;
  EXPECT_EQ(deployment->nodes.size(), 3U);
  EXPECT_EQ(deployment->nodes[0].node, "a");
  EXPECT_THAT(engine.images, ElementsAre("img"));
  EXPECT_THAT(links.mtus, UnorderedElementsAre(1500, 9000));
  for (const auto& [a, b] : links.made) {
    EXPECT_GT(a.pid, 100);
    EXPECT_NE(a.pid, b.pid);
  }
  EXPECT_LT(engine.position("link a-b b-a"), engine.position("exec a set-up"));
  EXPECT_LT(engine.position("link b-c c-b"), engine.position("exec b set-up"));
  EXPECT_LT(engine.position("exec c set-up"), engine.position("healthy c"));
  EXPECT_EQ(engine.labels["clab-t-a"]["containerlab"], "t");
  EXPECT_EQ(engine.labels["clab-t-a"]["clab-node-name"], "a");
  EXPECT_THAT(engine.network, IsEmpty());
}

TEST_F(Up, AStageWaitsForAStageOfAnotherNode) {
  topology.nodes[0].wait_for[Stage::kCreate] = {{"c", Stage::kConfigure}};
  topology.nodes[2].wait_for[Stage::kCreate] = {};
  ASSERT_TRUE(run());
  EXPECT_LT(engine.position("link b-c c-b"), engine.position("create a"));
}

TEST_F(Up, ANodeThatIsWaitedForDoesNotWaitForTheWaitersLinks) {
  topology.nodes[1].wait_for[Stage::kCreateLinks] = {{"a", Stage::kHealthy}};  // a's link to b comes later
  const auto deployment = run();
  ASSERT_TRUE(deployment) << deployment.error().message;
  EXPECT_LT(engine.position("healthy a"), engine.position("link a-b b-a"));
}

TEST_F(Up, ManagedNodesGetTheManagementNetwork) {
  topology.nodes[0].network_mode = "";
  topology.links.push_back({.ends = {LinkEnd{"a", "mgmt", ""}, LinkEnd{"mgmt-net", "a-mgmt", ""}}});
  ASSERT_TRUE(run());
  EXPECT_EQ(engine.network, "clab");
  EXPECT_THAT(links.made, Contains(testing::Pair(testing::Field(&VethEnd::interface, "mgmt"),
                                                 testing::Field(&VethEnd::bridge, "br-test"))));
  ASSERT_TRUE(down(topology, engine));
  EXPECT_THAT(engine.network, IsEmpty());
  EXPECT_THAT(engine.containers, IsEmpty());
}

TEST_F(Up, AFailureHalfWayLeavesNothingBehind) {
  engine.create_fails = "c";
  const auto deployment = run();
  ASSERT_FALSE(deployment);
  EXPECT_EQ(deployment.error().message, "c: no space");
  EXPECT_THAT(engine.containers, IsEmpty());
}

TEST_F(Up, ALinkThatCannotBeMadeIsAFailure) {
  links.fails = true;
  const auto deployment = run();
  ASSERT_FALSE(deployment);
  EXPECT_THAT(deployment.error().message, HasSubstr("File exists"));
  EXPECT_THAT(engine.containers, IsEmpty());
}

TEST_F(Up, ACommandThatFailsIsAFailure) {
  engine.exec_code = 3;
  const auto deployment = run();
  ASSERT_FALSE(deployment);
  EXPECT_THAT(deployment.error().message, HasSubstr("ended with 3: it broke"));
}

TEST_F(Up, AContainerThatEndsAtOnceIsAFailureWithItsOutput) {
  engine.dies = "b";
  const auto deployment = run();
  ASSERT_FALSE(deployment);
  EXPECT_THAT(deployment.error().message, HasSubstr("b: the container is exited"));
  EXPECT_THAT(deployment.error().message, HasSubstr("exec format error"));
}

TEST_F(Up, AContainerThatEndsBeforeItIsHealthyIsAFailureWithItsOutput) {
  engine.ends_later = "b";
  topology.nodes[1].exec.clear();
  const auto deployment = run();
  ASSERT_FALSE(deployment);
  EXPECT_THAT(deployment.error().message, HasSubstr("b: the container is exited"));
}

TEST_F(Up, TheDeadlineNamesTheNodeAndWhatItsCheckSaid) {
  engine.never_healthy = "b";
  limit = milliseconds(200);
  const auto deployment = run();
  ASSERT_FALSE(deployment);
  EXPECT_EQ(deployment.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(deployment.error().message, "b: not healthy in time: 1 of 3 adjacencies are up");
  EXPECT_THAT(engine.containers, IsEmpty());
}

TEST_F(Up, ARequestToStopCleansUp) {
  engine.never_healthy = "b";
  stop.request_stop();
  const auto deployment = run();
  ASSERT_FALSE(deployment);
  EXPECT_THAT(deployment.error().message, HasSubstr("interrupted"));
  EXPECT_THAT(engine.containers, IsEmpty());
}

TEST_F(Up, ALabThatIsThereIsNotTouched) {
  ASSERT_TRUE(run());
  const auto again = run();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(engine.containers.size(), 3U);
}

TEST_F(Up, ABindThatDoesNotExistIsFoundBeforeAnythingStarts) {
  topology.nodes[1].binds = {{"/nowhere/cfg", "/cfg", "ro"}};
  const auto deployment = run();
  ASSERT_FALSE(deployment);
  EXPECT_THAT(deployment.error().message, HasSubstr("node b: /nowhere/cfg, bound to /cfg, does not exist"));
  EXPECT_THAT(engine.events, IsEmpty());
}

TEST(Down, OfALabThatIsNotThereIsNoError) {
  FakeEngine engine;
  Topology topology;
  topology.name = "t";
  EXPECT_TRUE(down(topology, engine));
  EXPECT_TRUE(down(topology, engine));
}

TEST(Exec, NamesTheLabWhenTheNodeIsUnknown) {
  FakeEngine engine;
  Topology topology;
  topology.name = "t";
  const auto output = exec(topology, engine, "zz", {"true"});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "lab t has no node zz");
}

}  // namespace
}  // namespace pathwise::lab
