// SPDX-License-Identifier: Apache-2.0
// `pathwise` as a process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/format.h"

namespace pathwise::cli {
namespace {

// What the program says on stderr.
std::string errors_of(const std::string& arguments) {
  FILE* pipe = ::popen(formatted("{} {} 2>&1 >/dev/null", PATHWISE_CLI, arguments).c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), got);
  EXPECT_EQ(WEXITSTATUS(::pclose(pipe)), 1);
  return text;
}

TEST(Program, PolicyCheckBeginsEachLineWithItsPlace) {
  const auto file = std::filesystem::temp_directory_path() / formatted("pathwise-check-{}.yaml", ::getpid());
  std::ofstream(file) << "site: a\ncolour: 1\n";
  const std::string text = errors_of("policy check " + file.string());
  EXPECT_TRUE(text.starts_with(file.string() + ":1:1: ")) << text;
  EXPECT_NE(text.find("\n" + file.string() + ":2:1: unknown key 'colour'"), std::string::npos) << text;
  std::filesystem::remove(file);
  EXPECT_EQ(errors_of("policy check " + file.string()), file.string() + ": no such file\n");
}

TEST(Program, TopologyOfAFileNeedsNoTe) {
  const auto file = std::filesystem::temp_directory_path() / formatted("pathwise-topology-{}.json", ::getpid());
  std::ofstream(file)
      << R"({"nodes": [{"name": "a"}, {"name": "b"}], "links": [{"from": "a", "to": "c", "igp_metric": 10}]})";
  EXPECT_EQ(errors_of("topology --file " + file.string()),
            formatted("pathwise: {}: link a -> c: node 'c' is not advertised\n", file.string()));
  std::ofstream(file) << R"({"nodes": [{"name": "a"}]})";
  const std::string command = formatted("{} topology --file {}", PATHWISE_CLI, file.string());
  EXPECT_EQ(std::system((command + " --svg - | grep -q '</svg>'").c_str()), 0);
  EXPECT_EQ(std::system((command + " --dot | grep -q '^digraph'").c_str()), 0);
  EXPECT_EQ(std::system((command + " --json | grep -q '\"name\": \"a\"'").c_str()), 0);
  std::filesystem::remove(file);
}

TEST(Program, SaysWhichTeDoesNotAnswer) {
  EXPECT_TRUE(errors_of("topology --te /nowhere/te.sock").starts_with("pathwise: te at /nowhere/te.sock: "));
  EXPECT_TRUE(errors_of("te explain a b --te /nowhere/te.sock").starts_with("pathwise: te at /nowhere/te.sock: "));
  EXPECT_TRUE(errors_of("te verify --te /nowhere/te.sock").starts_with("pathwise: te at /nowhere/te.sock: "));
}

}  // namespace
}  // namespace pathwise::cli
