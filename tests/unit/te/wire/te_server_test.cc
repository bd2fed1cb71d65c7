// SPDX-License-Identifier: Apache-2.0
// Server and client over a real unix socket.
#include "te/wire/te_server.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "../support/intents.h"
#include "base/format.h"
#include "te/wire/te_client.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;

// What the callbacks of both sides saw.
class Recorder {
 public:
  template <typename Change>
  void change(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change(*this);
    }
    changed_.notify_all();
  }
  template <typename Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return condition(*this); });
  }
  std::vector<std::uint64_t> intents;
  std::uint64_t newest = 0;
  std::vector<bool> states;
  std::vector<Error> refused;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class TeServerTest : public testing::Test {
 protected:
  TeServerTest() { std::filesystem::create_directories(directory_); }
  ~TeServerTest() override { std::filesystem::remove_all(directory_); }
  std::unique_ptr<TeServer> serve() {
    auto server = TeServer::start(socket_, [this](TeIntent intent) -> Result<void> {
      if (intent.revision == 13) return fail(ErrorCode::kInvalidArgument, "unlucky");
      seen_.change([&](Recorder& r) { r.intents.push_back(intent.revision); });
      return {};
    });
    EXPECT_TRUE(server) << server.error().message;
    return std::move(*server);
  }
  std::unique_ptr<TeClient> client() {
    return std::make_unique<TeClient>(
        TeClientConfig{.socket_path = socket_,
                       .min_backoff = std::chrono::milliseconds(10),
                       .max_backoff = std::chrono::milliseconds(50)},
        TeClientEvents{
            .on_paths =
                [this](PathSnapshotPtr paths) { seen_.change([&](Recorder& r) { r.newest = paths->version; }); },
            .on_state = [this](bool up,
                               const std::string&) { seen_.change([&](Recorder& r) { r.states.push_back(up); }); },
            .on_refused =
                [this](const Error& error) { seen_.change([&](Recorder& r) { r.refused.push_back(error); }); }});
  }
  static PathSnapshotPtr version(std::uint64_t number) {
    return std::make_shared<const PathSnapshot>(PathSnapshot{.version = number});
  }
  static TeIntent revision(std::uint64_t number) {
    auto intent = test::intent();
    intent.revision = number;
    return intent;
  }

  std::filesystem::path directory_ = std::filesystem::temp_directory_path() / formatted("te-server-{}", ::getpid());
  std::string socket_ = (directory_ / "te.sock").string();
  Recorder seen_;
};

TEST_F(TeServerTest, CarriesIntentsInAndSnapshotsOut) {
  const auto server = serve();
  server->publish(version(1));
  const auto router = client();
  router->set_intent(revision(7));
  EXPECT_TRUE(seen_.wait([](Recorder& r) { return r.newest == 1 && r.intents == std::vector<std::uint64_t>{7}; }));
  server->publish(version(2));
  EXPECT_TRUE(seen_.wait([](Recorder& r) { return r.newest == 2; }));
  router->set_intent(revision(8));
  EXPECT_TRUE(seen_.wait([](Recorder& r) { return r.intents == std::vector<std::uint64_t>{7, 8}; }));
}

TEST_F(TeServerTest, TheClientComesBackAndSendsTheIntentAgain) {
  const auto router = client();
  router->set_intent(revision(7));
  EXPECT_TRUE(seen_.wait([](Recorder& r) { return r.states == std::vector<bool>{false}; }));
  auto server = serve();
  server->publish(version(1));
  ASSERT_TRUE(seen_.wait([](Recorder& r) { return r.intents.size() == 1; }));
  server.reset();
  ASSERT_TRUE(seen_.wait([](Recorder& r) { return r.states.size() == 3; }));
  server = serve();
  server->publish(version(2));
  EXPECT_TRUE(seen_.wait([](Recorder& r) { return r.intents == std::vector<std::uint64_t>{7, 7} && r.newest == 2; }));
  EXPECT_TRUE(seen_.wait([](Recorder& r) { return r.states == std::vector<bool>{false, true, false, true}; }));
}

TEST_F(TeServerTest, ARefusalReachesTheClientWithItsReason) {
  const auto server = serve();
  server->publish(version(1));
  const auto router = client();
  router->set_intent(revision(13));
  EXPECT_TRUE(seen_.wait(
      [](Recorder& r) { return r.refused == std::vector<Error>{{ErrorCode::kInvalidArgument, "unlucky"}}; }));
  auto wrong = revision(14);
  wrong.peers[0].candidates.clear();
  router->set_intent(wrong);
  EXPECT_TRUE(seen_.wait([](Recorder& r) { return r.refused.size() == 2; }));
  EXPECT_THAT(seen_.refused[1].message, HasSubstr("no candidate path"));
}

TEST_F(TeServerTest, ReadsTheSnapshotOnceForTheCommandLine) {
  EXPECT_EQ(read_paths(socket_, std::chrono::milliseconds(500)).error().code, ErrorCode::kUnavailable);
  const auto server = serve();
  server->publish(version(3));
  const auto paths = read_paths(socket_, std::chrono::seconds(10));
  ASSERT_TRUE(paths) << paths.error().message;
  EXPECT_EQ((*paths)->version, 3u);
}

TEST_F(TeServerTest, SaysWhyItCannotListen) {
  const auto server = serve();
  const auto accept = [](TeIntent) -> Result<void> { return {}; };
  EXPECT_THAT(TeServer::start(socket_, accept).error().message, HasSubstr("another pathwise-te answers"));
  EXPECT_THAT(TeServer::start("/nonexistent/te.sock", accept).error().message, HasSubstr("directory /nonexistent"));
  const std::string file = (directory_ / "file").string();
  std::ofstream(file) << "x";
  EXPECT_THAT(TeServer::start(file, accept).error().message, HasSubstr("no socket"));
}

}  // namespace
}  // namespace pathwise::te
