// SPDX-License-Identifier: Apache-2.0
#include "topology_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "base/format.h"

namespace pathwise::cli {
namespace {

using testing::HasSubstr;

struct Answer {
  int code = 0;
  std::string out, errors;
};

class TopologyFileTest : public testing::Test {
 protected:
  TopologyFileTest() : folder_(testing::TempDir() + formatted("/topology-file-{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~TopologyFileTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  static Answer run(int (*command)(Words), const std::vector<std::string>& words) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = command(words);
    std::string out = testing::internal::GetCapturedStdout();
    return {code, std::move(out), testing::internal::GetCapturedStderr()};
  }
  std::string folder_;
};

constexpr std::string_view kOneWay = R"({"version": 3, "nodes": [{"name": "a"}, {"name": "b"}],
  "links": [{"from": "a", "to": "b", "local_address": "fd00::1", "igp_metric": 10}]})";

TEST_F(TopologyFileTest, CheckSaysWhatIsThereAndWhatCannotBeUsed) {
  const std::string path = file("t.json", kOneWay);
  const Answer answer = run(topology_check, {path});
  EXPECT_EQ(answer.code, 0) << answer.errors;
  EXPECT_EQ(answer.out, path +
                            ": good: 2 nodes, 1 links (one a direction), 1 of them unusable; version 3\n"
                            "unusable: link a -> b (fd00::1): one-way: the other direction is not advertised\n");
}

TEST_F(TopologyFileTest, CheckNamesTheFileAndTheElementThatIsWrong) {
  const std::string path = file("t.json", R"({"nodes": [{"name": "a"}, {"nmae": "b"}]})");
  const Answer answer = run(topology_check, {path});
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(answer.errors, path + ": nodes[1].name: is missing\n");
  const Answer missing = run(topology_check, {folder_ + "/none.json"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.errors, HasSubstr("none.json: no such file"));
}

TEST_F(TopologyFileTest, CheckFailsOnASnapshotOfAContradictorySource) {
  const std::string path = file("t.json", R"({"nodes": [{"name": "a"}], "problems": ["host name x: claimed by …"]})");
  const Answer answer = run(topology_check, {path});
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.out, HasSubstr("problem: host name x"));
}

TEST_F(TopologyFileTest, DiffNamesWhatChanged) {
  const std::string a = file("a.json", kOneWay);
  std::string changed(kOneWay);
  changed.replace(changed.find(": 10"), 4, ": 20");
  const std::string b = file("b.json", changed);
  const Answer answer = run(topology_diff, {a, b});
  EXPECT_EQ(answer.code, 0) << answer.errors;
  EXPECT_EQ(answer.out, "~ link a -> b (fd00::1): igp_metric 10 -> 20\n~1 link\n");
  EXPECT_EQ(run(topology_diff, {a, a}).out, "no difference\n");
}

TEST_F(TopologyFileTest, TheWordsAreCounted) {
  EXPECT_EQ(run(topology_diff, {"a"}).code, 2);
  EXPECT_THAT(run(topology_check, {}).errors, HasSubstr("usage: pathwise topology check FILE"));
}

}  // namespace
}  // namespace pathwise::cli
