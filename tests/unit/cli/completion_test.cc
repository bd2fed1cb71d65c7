// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "command_table.h"

namespace pathwise::cli {
namespace {

using testing::HasSubstr;

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), got);
  ::pclose(pipe);
  return text;
}

// What bash offers behind these words; the last one is being typed.
std::string bash_offers(const std::string& line) {
  const auto file = std::filesystem::temp_directory_path() / formatted("pathwise-completion-{}", ::getpid());
  std::ofstream(file) << *completion_script("bash")
                      << formatted("\nCOMP_WORDS=({}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _pathwise\n", line)
                      << "echo \"${COMPREPLY[*]}\"\n";
  const std::string text = output_of("bash " + file.string());
  std::filesystem::remove(file);
  return text;
}

TEST(Completion, BashOffersCommandsSubcommandsAndOptions) {
  EXPECT_EQ(bash_offers("pathwise t"), "topology te\n");
  EXPECT_EQ(bash_offers("pathwise te ''"), "explain verify --json --te --deadline\n");
  EXPECT_EQ(bash_offers("pathwise te e"), "explain\n");
  EXPECT_EQ(bash_offers("pathwise te explain --j"), "--json\n");
  EXPECT_EQ(bash_offers("pathwise te explain e"), "\n");  // a site's name, not the subcommand again
  EXPECT_EQ(bash_offers("pathwise policy check f"), "\n");
}

TEST(Completion, EveryCommandIsInEveryShellsScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell);
    ASSERT_TRUE(script);
    for (const CommandWords& command : command_words()) {
      EXPECT_THAT(*script, HasSubstr(std::string(command.name))) << shell;
    }
  }
  EXPECT_EQ(completion_script("csh").error().code, ErrorCode::kInvalidArgument);
}

TEST(Completion, ZshAndFishScripts) {
  EXPECT_THAT(*completion_script("zsh"), HasSubstr("    te)\n      (( CURRENT == 3 )) && compadd -- explain verify\n"
                                                   "      compadd -- --json --te --deadline\n      _files ;;\n"));
  EXPECT_THAT(*completion_script("fish"),
              HasSubstr("complete -c pathwise -n '__fish_seen_subcommand_from te' -a 'explain verify'\n"
                        "complete -c pathwise -n '__fish_seen_subcommand_from te' -l json\n"));
}

TEST(Completion, UsageNamesEveryCommand) {
  for (const CommandWords& command : command_words()) {
    if (command.name == "help") continue;
    EXPECT_THAT(usage(), HasSubstr(formatted("\n  {} ", command.name)));
  }
}

}  // namespace
}  // namespace pathwise::cli
