// SPDX-License-Identifier: Apache-2.0
#include "expand.h"

#include <gmock/gmock.h>

#include <map>

namespace pathwise::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Case {
  std::string text;
  std::string expanded;
};

class Expand : public testing::Test {
 protected:
  std::string run(std::string_view text) {
    const auto environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
    return expand(text, "t.clab.yml", environment, problems);
  }

  std::map<std::string, std::string> variables = {{"SET", "value"}, {"EMPTY", ""}};
  config::Diagnostics problems;
};

TEST_F(Expand, FollowsContainerlab) {
  const std::vector<Case> cases = {
      {"plain text", "plain text"},
      {"${SET}", "value"},
      {"$SET/bin", "value/bin"},
      {"${SET:=other}", "value"},
      {"${UNSET:=other}", "other"},
      {"${UNSET:-other}", "other"},
      {"${UNSET-other}", "other"},
      {"${EMPTY:=other}", "other"},  // ':' makes empty count as unset
      {"${EMPTY=other}", ""},
      {"${UNSET:=}", ""},
      {"${UNSET:=../../build/bin}:/opt", "../../build/bin:/opt"},
      {"${UNSET}", "${UNSET}"},  // without a default it stays
      {"$UNSET", "$UNSET"},
      {"cost: 5$", "cost: 5$"},
      {"$1", "$1"},
      {"a${SET}b${SET}c", "avaluebvaluec"},
  };
  for (const Case& c : cases) EXPECT_EQ(run(c.text), c.expanded) << c.text;
  EXPECT_THAT(problems.lines(), IsEmpty());
}

TEST_F(Expand, RefusesWhatItDoesNotKnowWithItsPlace) {
  run("name: x\nimage: ${SET:+other}\n  cmd: ${SET\n");
  EXPECT_THAT(problems.lines(), ElementsAre(HasSubstr("t.clab.yml:2:8: '${SET:+other}' is not supported"),
                                            HasSubstr("t.clab.yml:3:8: '${' is not closed")));
}

TEST_F(Expand, KeepsLineNumbersByRefusingValuesOfSeveralLines) {
  variables["SET"] = "a\nb";
  run("image: ${SET}");
  EXPECT_THAT(problems.lines(), ElementsAre(HasSubstr("t.clab.yml:1:8: the variable's value has more than one line")));
}

}  // namespace
}  // namespace pathwise::lab
