// SPDX-License-Identifier: Apache-2.0
// Topologies from files, followed as te does: edits, mistakes, files that vanish, and several sources.
#include "te/topology/follower.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/format.h"
#include "base/process.h"
#include "te/topology/file_source.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;

constexpr auto kPatience = std::chrono::seconds(30);

// What the callbacks said, for a test to wait on.
class Inbox {
 public:
  TopologyFollowerEvents events() {
    return {.on_snapshot =
                [this](TopologySnapshotPtr next) {
                  const std::lock_guard lock(mutex_);
                  last_ = std::move(next);
                  ++received_;
                  changed_.notify_all();
                },
            .on_state =
                [this](TopologyState state, std::string detail) {
                  const std::lock_guard lock(mutex_);
                  state_ = state;
                  detail_ = std::move(detail);
                  changed_.notify_all();
                }};
  }
  // Waits until `condition(snapshot, state, detail)` holds.
  template <typename Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return condition(last_, state_, detail_); });
  }
  bool wait_nodes(std::size_t count) {
    return wait([&](const TopologySnapshotPtr& last, TopologyState state, const std::string&) {
      return last && last->nodes.size() == count && state == TopologyState::kLive;
    });
  }
  bool wait_state(TopologyState wanted, const std::string& text = "") {
    return wait([&](const TopologySnapshotPtr&, TopologyState state, const std::string& detail) {
      return state == wanted && detail.contains(text);
    });
  }
  bool wait_received(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return received_ >= count; });
  }
  TopologySnapshotPtr last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  int received() {
    const std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  TopologySnapshotPtr last_;
  TopologyState state_ = TopologyState::kNone;
  std::string detail_;
  int received_ = 0;
};

class FollowerTest : public testing::Test {
 protected:
  FollowerTest() : folder_(testing::TempDir() + "/follower-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~FollowerTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void put(const std::string& name, const std::string& nodes) {
    ASSERT_TRUE(write_file_atomically(path(name), formatted("{{\"nodes\": [{}]}}", nodes)));
  }
  std::unique_ptr<TopologyFollower> follow(const std::vector<std::string>& names, Inbox& inbox,
                                           Milliseconds keep = Milliseconds(600'000)) {
    std::vector<TopologySourcePtr> sources;
    for (const std::string& name : names) {
      sources.push_back(topology_file_source(path(name), {.poll = Milliseconds(5),
                                                          .backoff = {.initial = Milliseconds(0),
                                                                      .shortest = Milliseconds(5),
                                                                      .longest = Milliseconds(20),
                                                                      .quiet = Milliseconds(100)}}));
    }
    auto follower = TopologyFollower::start(
        std::move(sources), {.min_backoff = Milliseconds(5), .max_backoff = Milliseconds(20), .keep = keep},
        inbox.events());
    EXPECT_TRUE(follower) << follower.error().message;
    return follower ? std::move(*follower) : nullptr;
  }

  std::string folder_;
};

TEST_F(FollowerTest, AFileIsReadAndReadAgainWhenItChanges) {
  put("t.json", R"({"name": "a"})");
  Inbox inbox;
  const auto follower = follow({"t.json"}, inbox);
  ASSERT_TRUE(inbox.wait_nodes(1));
  EXPECT_EQ(inbox.last()->version, 1U);  // 0 would read as "no topology"
  put("t.json", R"({"name": "a"}, {"name": "b"})");
  ASSERT_TRUE(inbox.wait_nodes(2));
  EXPECT_EQ(inbox.last()->version, 2U);  // the file has none of its own, and the content is another one
  std::ofstream(path("t.json")) << R"({"nodes": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})";  // in place
  ASSERT_TRUE(inbox.wait_nodes(3));
  EXPECT_EQ(follower->state(), TopologyState::kLive);
}

TEST_F(FollowerTest, ABadFileIsNamedWithItsElementAndTheLastGoodOneStays) {
  put("t.json", R"({"name": "a"})");
  Inbox inbox;
  const auto follower = follow({"t.json"}, inbox, Milliseconds(1));
  ASSERT_TRUE(inbox.wait_nodes(1));
  put("t.json", R"({"name": "a"}, {"nome": "b"})");
  ASSERT_TRUE(inbox.wait_state(TopologyState::kStale, "t.json: nodes[1].name: is missing"));
  EXPECT_EQ(inbox.last()->nodes.size(), 1U);
  put("t.json", R"({"name": "a"}, {"name": "b"})");
  EXPECT_TRUE(inbox.wait_nodes(2));
  EXPECT_EQ(inbox.received(), 2) << "a bad file made it forget";
}

TEST_F(FollowerTest, AFileThatIsGoneIsForgottenAndTakenUpAgain) {
  put("t.json", R"({"name": "a"})");
  Inbox inbox;
  const auto follower = follow({"t.json"}, inbox, Milliseconds(100));
  ASSERT_TRUE(inbox.wait_nodes(1));
  std::filesystem::remove(path("t.json"));
  ASSERT_TRUE(inbox.wait([](const TopologySnapshotPtr& last, TopologyState state, const std::string& detail) {
    return !last && state == TopologyState::kNone && detail.contains("no such file");
  }));
  put("t.json", R"({"name": "a"}, {"name": "b"})");
  EXPECT_TRUE(inbox.wait_nodes(2));
}

// Brings one snapshot when it is followed for the first time, then ends each time as it is told.
class EndingSource final : public TopologySource {
 public:
  EndingSource(bool present, std::atomic<int>& times) : present_(present), times_(times) {}
  std::string name() const override { return "test"; }
  TopologySourceEnd follow(const std::function<void(TopologySnapshotPtr)>& take) override {
    if (times_++ == 0) take(std::make_shared<const TopologySnapshot>());
    return {"ended", present_};
  }
  void stop() override {}

 private:
  const bool present_;
  std::atomic<int>& times_;
};

TEST_F(FollowerTest, OnlyASourceThatIsGoneMakesTheLastTopologyOld) {
  for (const bool present : {true, false}) {
    std::atomic<int> times = 0;
    Inbox inbox;
    std::vector<TopologySourcePtr> sources;
    sources.push_back(std::make_unique<EndingSource>(present, times));
    const auto follower = TopologyFollower::start(
        std::move(sources), {.min_backoff = Milliseconds(2), .max_backoff = Milliseconds(2), .keep = Milliseconds(1)},
        inbox.events());
    ASSERT_TRUE(follower);
    if (present) {  // 20 tries, each later than `keep`
      while (times < 20) std::this_thread::yield();
      EXPECT_TRUE(inbox.last());
      EXPECT_EQ((*follower)->state(), TopologyState::kStale);
    } else {
      EXPECT_TRUE(inbox.wait_received(2));
      EXPECT_FALSE(inbox.last());
      EXPECT_EQ((*follower)->state(), TopologyState::kNone);
    }
  }
}

TEST_F(FollowerTest, SourcesAreTriedInOrder) {
  put("second.json", R"({"name": "a"}, {"name": "b"})");
  Inbox inbox;
  const auto follower = follow({"first.json", "second.json"}, inbox);
  ASSERT_TRUE(inbox.wait_nodes(2));
  std::filesystem::remove(path("second.json"));
  put("first.json", R"({"name": "a"})");
  EXPECT_TRUE(inbox.wait_nodes(1));
}

TEST_F(FollowerTest, ASourceIsNeeded) {
  const auto none = TopologyFollower::start({}, {}, {});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("no source is configured"));
}

// A file that is rewritten all the time is read at the back-off's pace, and its last state is not missed.
TEST_F(FollowerTest, AFileThatKeepsChangingIsDebounced) {
  put("t.json", R"({"name": "a"})");
  Inbox inbox;
  const auto follower = follow({"t.json"}, inbox);
  ASSERT_TRUE(inbox.wait_nodes(1));
  int writes = 0;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
  while (std::chrono::steady_clock::now() < until) {
    put("t.json", formatted(R"({{"name": "a"}}, {{"name": "b{}"}})", ++writes));
  }
  put("t.json", R"({"name": "a"}, {"name": "b"}, {"name": "c"})");
  ASSERT_TRUE(inbox.wait_nodes(3));
  EXPECT_LT(inbox.received(), 100) << "of " << writes << " writes";  // 400 ms at 20 ms, and the quick first ones
}

}  // namespace
}  // namespace pathwise::te
