// SPDX-License-Identifier: Apache-2.0
// Two pathwise-te processes at both ends of real SRv6 paths.
#include "te/daemon/daemon.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/format.h"
#include "base/process.h"
#include "intents.h"
#include "net/test_ca.h"
#include "netns_lab.h"
#include "policy/node_config.h"
#include "te/topology/builder.h"
#include "te/wire/te_client.h"
#include "te/wire/te_queries.h"
#include "te/wire/topology_server.h"

namespace pathwise::te {
namespace {

using test::address;
using test::NetnsLab;
using test::prefix;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds kDeadline{30};

constexpr std::string_view kFabric = R"(tier_aggregate: "fd00::/16"
tiers: {realtime: {color: 10, objective: {e2e: 3s}, paths: [underlay]}}
sites:
  site1: {region: here, jurisdictions: [X], prefixes: {realtime: "fd00:1:a::/64"}}
  site2: {region: there, jurisdictions: [X], prefixes: {realtime: "fd00:2:a::/64"}}
models: {}
)";

// NAME.pem and NAME.key, by an authority of their own: NAME.ca.
void write_certificate(const std::filesystem::path& name, const std::string& id) {
  const auto ca = net::TestCa::create("test.example");
  const auto pem = ca ? ca->issue({.uris = {formatted("spiffe://test.example/{}", id)}}) : std::unexpected(ca.error());
  ASSERT_TRUE(pem);
  ASSERT_TRUE(write_file_atomically(name.string() + ".pem", pem->certificate));
  ASSERT_TRUE(write_file_atomically(name.string() + ".key", pem->key));
  ASSERT_TRUE(write_file_atomically(name.string() + ".ca", ca->pem().certificate));
}

std::string node_yaml(const std::string& site, const std::filesystem::path& directory) {
  const std::string at = (directory / "own").string();
  return formatted(
      "site: {}\ntrust_domain: test.example\ntls: {{cert: {}.pem, key: {}.key, ca: {}.ca}}\n"
      "te: {{socket: {}, stamp: {{interval: 20ms, multiplier: 3}}, metrics: \"[::1]:9465\"}}\n"
      "policy: {{file: {}}}\nstate: {}\n",
      site, at, at, at, (directory / "te.sock").string(), (directory / "fabric.yaml").string(),
      (directory / "state").string());
}

// A pathwise-te in a node, with its configuration, state and log in a directory of its own.
class TeProcess {
 public:
  TeProcess(std::string node, std::string site, const std::filesystem::path& directory)
      : node_(std::move(node)), directory_(directory / node_) {
    std::filesystem::create_directories(directory_);
    write_certificate(directory_ / "own", formatted("site/{}/router", site));
    std::ofstream(directory_ / "fabric.yaml") << kFabric;
    std::ofstream(directory_ / "node.yaml") << node_yaml(site, directory_);
  }
  ~TeProcess() { end(SIGKILL); }
  TeProcess(const TeProcess&) = delete;
  TeProcess& operator=(const TeProcess&) = delete;

  void start(const std::string& wrapper = "") {
    const std::string command =
        formatted("exec ip netns exec {} {} {} --config {} 2>>{}", NetnsLab::name(node_), wrapper, PATHWISE_TE,
                  (directory_ / "node.yaml").string(), log_file().string());
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  // Waits for the end; the exit status, -1 if a signal ended it.
  int end(int signal) {
    if (pid_ <= 0) return -1;
    if (signal != 0) ::kill(pid_, signal);
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string socket() const { return (directory_ / "te.sock").string(); }
  [[nodiscard]] std::filesystem::path log_file() const { return directory_ / "log"; }
  [[nodiscard]] std::string log() const { return read_file(log_file().string(), 1 << 20).value_or(""); }

 private:
  std::string node_;
  std::filesystem::path directory_;
  pid_t pid_ = 0;
};

// The newest snapshot that a te sent.
class Watcher {
 public:
  Watcher(const std::string& socket, TeIntent intent)
      : client_({.socket_path = socket,
                 .min_backoff = std::chrono::milliseconds(20),
                 .max_backoff = std::chrono::milliseconds(100)},
                {.on_paths = [this](PathSnapshotPtr paths) {
                  {
                    const std::lock_guard lock(mutex_);
                    newest_ = std::move(paths);
                  }
                  changed_.notify_all();
                }}) {
    client_.set_intent(std::move(intent));
  }
  template <typename Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline,
                             [&] { return newest_ && !newest_->paths.empty() && condition(newest_->paths.front()); });
  }
  PathState path() {
    const std::lock_guard lock(mutex_);
    return newest_->paths.front();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  PathSnapshotPtr newest_;
  TeClient client_;  // last: its thread uses the rest
};

// Site n of the two (1: h1, 2: h2): tier realtime over flex-algo 128, then best effort.
TeIntent intent_of(int own, int peer) {
  const auto tier_prefix = [](int n) { return prefix(formatted("fd00:{}:a::/64", n)); };
  const auto host = [](int n, std::string_view part) { return address(formatted("fd00:{}:a::{}", n, part)); };
  PeerTierIntent to{.site = SiteName(formatted("site{}", peer)),
                    .tier = TierName("realtime"),
                    .color = Color(10),
                    .prefix = tier_prefix(peer),
                    .address = host(peer, "1"),
                    .local_address = host(own, "1"),
                    .edge = NodeName(formatted("edge{}", peer)),
                    .edge_node_id = NodeId(static_cast<std::uint16_t>(peer))};
  to.candidates = {{.preference = 100, .probe_address = host(peer, "101"), .kind = FlexAlgoIntent{Algorithm(128)}},
                   {.preference = 90, .probe_address = host(peer, "201"), .kind = BestEffortIntent{}}};
  return {.revision = 1,
          .site = SiteName(formatted("site{}", own)),
          .router = RouterName("r1"),
          .srv6 = Srv6Intent{.blocks = {{Algorithm(0), prefix("fcbb:bb00::/32")},
                                        {Algorithm(128), prefix("fcbb:bb80::/32")}},
                             .edge = NodeName(formatted("edge{}", own)),
                             .edge_node_id = NodeId(static_cast<std::uint16_t>(own))},
          .tier_aggregate = prefix("fd00::/16"),
          .own_tiers = {{.tier = TierName("realtime"),
                         .prefix = tier_prefix(own),
                         .address = host(own, "1"),
                         .probe_addresses = {host(own, "101"), host(own, "201")}}},
          .peers = {to}};
}

// What only node.yaml, the fabric file and the certificate together can show.
TEST(CheckFiles, NamesTheFileThatIsWrong) {
  const std::filesystem::path directory = std::filesystem::temp_directory_path() / formatted("te-files-{}", ::getpid());
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "fabric.yaml") << kFabric;
  const auto verdict = [&](const std::string& site, const std::string& more = "") {
    const auto node = policy::parse_node(node_yaml(site, directory) + more, "node.yaml");
    EXPECT_TRUE(node) << node.error().message;
    const auto good = check_files(*node);
    return good ? "good" : good.error().message;
  };
  EXPECT_THAT(verdict("site1"), HasSubstr("own.pem: no such file"));
  for (const std::string program : {"router", "te"}) {
    write_certificate(directory / "own", "site/site1/" + program);
    EXPECT_EQ(verdict("site1"), "good");
  }
  EXPECT_EQ(verdict("site1", "fabric: {tier: realtime}\n"), "good");
  EXPECT_THAT(verdict("site2"), HasSubstr("own.pem: is the certificate of spiffe://test.example/site/site1/te; needed "
                                          "here: spiffe://test.example/site/site2/router or "));
  EXPECT_THAT(verdict("site3"), HasSubstr("node.yaml:1:7: unknown site 'site3'"));
  EXPECT_THAT(verdict("site1", "router: r2\n"), HasSubstr("unknown router 'r2'"));
  EXPECT_THAT(verdict("site1", "fabric: {tier: batch}\n"), HasSubstr("unknown tier 'batch'"));
  std::filesystem::remove(directory / "own.key");
  EXPECT_THAT(verdict("site1"), HasSubstr("own.key: no such file"));
  std::filesystem::remove(directory / "fabric.yaml");
  EXPECT_THAT(verdict("site1"), HasSubstr("fabric.yaml: no such file"));
  std::filesystem::remove_all(directory);
}

class DaemonTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = NetnsLab::missing(); !reason.empty()) GTEST_SKIP() << reason;
    lab_.emplace();
    one_.emplace("h1", "site1", directory_);
    two_.emplace("h2", "site2", directory_);
  }
  void TearDown() override {
    if (HasFailure() && one_) std::cerr << "-- h1\n" << one_->log() << "-- h2\n" << two_->log();
    one_.reset();
    two_.reset();
    lab_.reset();
    std::filesystem::remove_all(directory_);
  }
  void start_both() {
    one_->start();
    two_->start();
    from_one_.emplace(one_->socket(), intent_of(1, 2));
    from_two_.emplace(two_->socket(), intent_of(2, 1));
    ASSERT_TRUE(from_one_->wait(preferred)) << "no path over flex-algo 128";
    ASSERT_TRUE(from_two_->wait(preferred));
  }
  static bool preferred(const PathState& path) { return path.active == 0 && path.candidates[0].measured.received > 20; }
  std::string way() { return lab_->show("h1", "route get fd00:2:a::1"); }

  std::filesystem::path directory_ = std::filesystem::temp_directory_path() / formatted("te-daemon-{}", ::getpid());
  std::optional<NetnsLab> lab_;
  std::optional<TeProcess> one_, two_;
  std::optional<Watcher> from_one_, from_two_;
};

TEST_F(DaemonTest, MeasuresBothPathsAndFailsOverWhenOneIsCut) {
  start_both();
  if (HasFatalFailure()) return;
  EXPECT_THAT(way(), HasSubstr("fcbb:bb80:2:fe00::"));
  const PathState path = from_one_->path();
  EXPECT_EQ(path.status, PathStatus::kUp);
  EXPECT_GT(path.candidates[0].measured.rtt_p50, Microseconds(0));
  EXPECT_TRUE(path.candidates[1].alive);

  const SteadyTime cut = std::chrono::steady_clock::now();
  lab_->cut("fcbb:bb80:2:fe00::/64");
  ASSERT_TRUE(from_one_->wait([](const PathState& p) { return p.active == 1; }));
  const auto took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - cut);
  RecordProperty("failover_ms", static_cast<int>(took.count()));
  std::cout << "failover after a cut: " << took.count() << " ms (probes every 20 ms, multiplier 3)\n";
  EXPECT_LT(took, Milliseconds(2000));
  EXPECT_EQ(from_one_->path().status, PathStatus::kDegraded);
  EXPECT_THAT(from_one_->path().reason, HasSubstr("flex-algo 128 failed"));
  EXPECT_THAT(way(), HasSubstr("fcbb:bb00:2:fe00::"));

  lab_->heal("fcbb:bb80:2:fe00::/64");
  ASSERT_TRUE(from_one_->wait([](const PathState& p) { return p.active == 0; }));
  EXPECT_THAT(way(), HasSubstr("fcbb:bb80:2:fe00::"));
  EXPECT_EQ(from_one_->path().transitions, path.transitions + 2);
}

TEST_F(DaemonTest, SurvivesAKillWithItsRoutesAndItsIntent) {
  start_both();
  if (HasFatalFailure()) return;
  const std::string routes = lab_->show("h1", "route show proto 201");
  from_one_.reset();  // the router is away too
  // The way to the peer, looked at all the time: it never closes. (The peer's way back may, while nobody
  // answers its probes.)
  int looks = 0;
  int closed = 0;
  std::jthread looking([&](const std::stop_token& stop) {
    for (; !stop.stop_requested(); ++looks) closed += way().contains("fcbb:bb") ? 0 : 1;
  });
  one_->end(SIGKILL);
  EXPECT_EQ(lab_->show("h1", "route show proto 201"), routes);
  one_->start();
  const SteadyTime deadline = std::chrono::steady_clock::now() + kDeadline;
  bool up = false;
  while (!up && std::chrono::steady_clock::now() < deadline) {
    const auto paths = read_paths(one_->socket(), std::chrono::milliseconds(500));
    up = paths && !(*paths)->paths.empty() && preferred((*paths)->paths.front());
  }
  EXPECT_TRUE(up) << "the stored intent was not used";
  looking.request_stop();
  looking.join();
  EXPECT_GT(looks, 20);
  EXPECT_EQ(closed, 0) << "of " << looks;
  EXPECT_EQ(lab_->show("h1", "route show proto 201"), routes);
}

TEST_F(DaemonTest, WithdrawsOnTerminationAndFailsClosed) {
  start_both();
  if (HasFatalFailure()) return;
  EXPECT_EQ(one_->end(SIGTERM), 0);
  const std::string routes = lab_->show("h1", "route show proto 201");
  EXPECT_THAT(routes, HasSubstr("unreachable fd00::/16"));
  EXPECT_THAT(routes, Not(HasSubstr("fd00:2:a::/64")));
  ASSERT_TRUE(from_two_->wait([](const PathState& p) { return p.status == PathStatus::kDown; }));
}

TEST_F(DaemonTest, ServesHealthAndMetrics) {
  start_both();
  if (HasFatalFailure()) return;
  const auto get = [](const std::string& path) {
    const std::string file = formatted("/tmp/te-answer-{}", ::getpid());
    const std::string command =
        formatted("ip netns exec {} curl -s -m 10 -o {} 'http://[::1]:9465{}'", NetnsLab::name("h1"), file, path);
    EXPECT_EQ(std::system(command.c_str()), 0);
    return read_file(file, 1 << 20).value_or("");
  };
  EXPECT_EQ(get("/health"), "{\"status\":\"ok\",\"problems\":[]}\n");
  const std::string metrics = get("/metrics");
  EXPECT_THAT(metrics, HasSubstr("pathwise_te_path_up{site=\"site2\",tier=\"realtime\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("pathwise_te_path_rtt_p50_seconds{"));
  lab_->ip("h1", "route del default");
  ASSERT_TRUE(from_one_->wait([](const PathState& p) { return p.status == PathStatus::kDown; }));
  EXPECT_THAT(get("/health"), HasSubstr("no route to fcbb:bb80:2:fe00::"));
}

TEST_F(DaemonTest, HealthSaysWhyThePceAndTheTopologyAreMissing) {
  const auto own = directory_ / "h1";
  std::string text = node_yaml("site1", own);
  text.insert(text.find("te: {") + 5,
              "pce: [{address: \"[::1]:4189\"}], topology: [{address: \"unix:/nowhere.sock\"}], ");
  std::ofstream(own / "node.yaml") << text;
  one_->start();
  const std::string command = formatted(
      "ip netns exec {} curl -s -m 10 --retry 20 --retry-delay 1 --retry-connrefused 'http://[::1]:9465/health'",
      NetnsLab::name("h1"));
  const auto health = [&] {
    const std::string file = (own / "answer").string();
    EXPECT_EQ(std::system((command + " -o " + file).c_str()), 0);
    return read_file(file, 1 << 20).value_or("");
  };
  const SteadyTime deadline = std::chrono::steady_clock::now() + kDeadline;
  std::string answer = health();
  while ((!answer.contains("refused") || !answer.contains("last problem")) &&
         std::chrono::steady_clock::now() < deadline) {
    answer = health();
  }
  EXPECT_THAT(answer, HasSubstr("PCE [::1]:4189 is unreachable: connect to [::1]:4189: Connection refused"));
  EXPECT_THAT(answer, HasSubstr("topology stream is none; source unix:/nowhere.sock; last problem: "));
  EXPECT_THAT(answer, HasSubstr("No such file"));
}

TEST_F(DaemonTest, AnswersQuestionsWithoutTheRouter) {
  start_both();
  if (HasFatalFailure()) return;
  lab_->cut("fcbb:bb80:2:fe00::/64");
  ASSERT_TRUE(from_one_->wait([](const PathState& p) { return p.active == 1; }));
  from_one_.reset();  // the router is away
  const auto history = read_history(one_->socket(), {.site = SiteName("site2")}, kDeadline);
  ASSERT_TRUE(history) << history.error().message;
  ASSERT_EQ(history->size(), 1U);
  EXPECT_GE(history->front().recent.size(), 2U);
  EXPECT_EQ(history->front().recent.back().from, "flex-algo 128");
  EXPECT_EQ(history->front().recent.back().to, "best-effort");
  EXPECT_EQ(read_history(one_->socket(), {.site = SiteName("site9")}, kDeadline).error().code, ErrorCode::kNotFound);

  const auto topology = read_topology(one_->socket(), kDeadline);
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_EQ(topology->topology, nullptr);
  EXPECT_EQ(topology->state, "none");
  ASSERT_TRUE(topology->sids);
  EXPECT_EQ(topology->sids->nodes,
            (std::map<NodeId, NodeName>{{NodeId(1), NodeName("edge1")}, {NodeId(2), NodeName("edge2")}}));
}

TEST_F(DaemonTest, VerifiesWhereProbesGo) {
  start_both();
  if (HasFatalFailure()) return;
  const auto paths = verify_paths(one_->socket(), {});
  ASSERT_TRUE(paths) << paths.error().message;
  ASSERT_EQ(paths->size(), 2U);
  for (const VerifiedPath& path : *paths) {
    EXPECT_EQ(path.judged.verdict, VerifyVerdict::kNotCompared) << path.name;
    EXPECT_EQ(path.judged.detail, "no topology to compare with");
    ASSERT_EQ(path.judged.hops.size(), 2U);
    EXPECT_EQ(path.judged.hops[0].seen.answer, HopAnswer::kExpired);
    EXPECT_EQ(path.judged.hops[0].seen.responder, address("2001:db8:a::1"));
    EXPECT_EQ(path.judged.hops[1].seen.answer, HopAnswer::kArrived);
  }
  EXPECT_EQ((*paths)[0].name, "flex-algo 128");
  EXPECT_TRUE((*paths)[0].active);
  EXPECT_EQ((*paths)[1].judged.hops[1].seen.responder, address("fd00:2:a::201"));
}

TEST_F(DaemonTest, ComparesWhereProbesGoWithTheTopology) {
  const std::string socket = (directory_ / "topology.sock").string();
  const auto source = TopologyServer::start({.listen = {.unix_path = socket}});
  ASSERT_TRUE(source) << source.error().message;
  TopologyBuilder builder;
  for (const auto& [name, locator] : {std::pair{"edge1", "fcbb:bb00:1::/48"}, {"edge2", "fcbb:bb00:2::/48"}}) {
    builder.add_node({.name = NodeName(name), .locators = {{kAlgorithmSpf, prefix(locator)}}});
  }
  builder.add_link({NodeName("edge1"), NodeName("edge2"), {.igp_metric = 10, .min_delay_us = 500}});
  builder.add_link({NodeName("edge2"), NodeName("edge1"), {.igp_metric = 10, .min_delay_us = 500}});
  (*source)->publish(std::make_shared<const TopologySnapshot>(builder.build(1, 1)));
  const auto own = directory_ / "h1";
  std::string text = node_yaml("site1", own);
  text.insert(text.find("te: {") + 5, formatted("topology: [{{address: \"unix:{}\"}}], ", socket));
  std::ofstream(own / "node.yaml") << text;
  start_both();
  if (HasFatalFailure()) return;
  ASSERT_TRUE(from_one_->wait([](const PathState& p) { return p.candidates[1].computed_delay.has_value(); }));

  const auto report = read_topology(one_->socket(), kDeadline);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_TRUE(report->topology);
  EXPECT_EQ(report->topology->nodes.size(), 2U);
  EXPECT_EQ(report->state, "live");
  const auto paths = verify_paths(one_->socket(), {.selection = {.site = SiteName("site2")}});
  ASSERT_TRUE(paths) << paths.error().message;
  EXPECT_EQ((*paths)[0].judged.detail, "algorithm 128 is not defined here");
  const JudgedPath& best_effort = (*paths)[1].judged;
  EXPECT_EQ(best_effort.verdict, VerifyVerdict::kAsIntended) << best_effort.detail;
  ASSERT_EQ(best_effort.hops.size(), 2U);
  EXPECT_EQ(best_effort.hops[0].node, NodeName("edge1"));  // by the link that our host is attached to
  EXPECT_EQ(best_effort.hops[0].intended, std::vector{NodeName("edge1")});
  EXPECT_EQ(verify_paths(one_->socket(), {.selection = {.site = SiteName("site9")}}).error().code,
            ErrorCode::kNotFound);
}

TEST_F(DaemonTest, OneVerificationAtATimeAndItKeepsItsDeadline) {
  start_both();
  if (HasFatalFailure()) return;
  lab_->cut("fcbb:bb00:2:fe00::/64");  // of best effort, which is not in use: silence until the deadline
  lab_->ip("r", "route add blackhole fcbb:bb00:2:fe00::/64");
  std::vector<Result<std::vector<VerifiedPath>>> answers(2);
  {
    std::vector<std::jthread> askers;
    for (auto& answer : answers) {
      askers.emplace_back([&] { answer = verify_paths(one_->socket(), {.deadline = Milliseconds(1500)}); });
    }
  }
  const auto refused = std::ranges::find_if(answers, [](const auto& answer) { return !answer; });
  const auto done = std::ranges::find_if(answers, [](const auto& answer) { return answer.has_value(); });
  ASSERT_NE(refused, answers.end());
  ASSERT_NE(done, answers.end());
  EXPECT_EQ(refused->error().code, ErrorCode::kFailedPrecondition) << refused->error().message;
  EXPECT_EQ((**done)[0].judged.hops.size(), 2U);
  EXPECT_THAT((**done)[1].judged.detail, HasSubstr("not done within 1.5s"));
  EXPECT_TRUE(verify_paths(one_->socket(), {.deadline = Milliseconds(100)}));  // the next one may
}

TEST_F(DaemonTest, SaysWhyItCannotStart) {
  one_->start();
  ASSERT_TRUE(Watcher(one_->socket(), intent_of(1, 2)).wait([](const PathState&) { return true; }));
  TeProcess again("h1", "site1", directory_ / "again");
  again.start();
  EXPECT_EQ(again.end(0), 1);
  EXPECT_THAT(again.log(), HasSubstr("UDP [::]:862 is in use"));

  TeProcess weak("h2", "site2", directory_ / "weak");
  weak.start("setpriv --bounding-set=-net_admin --inh-caps=-net_admin");
  EXPECT_EQ(weak.end(0), 1);
  EXPECT_THAT(weak.log(), HasSubstr("routes need CAP_NET_ADMIN"));
}

}  // namespace
}  // namespace pathwise::te
