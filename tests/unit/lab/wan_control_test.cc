// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "lab/wan/control.h"

namespace pathwise::wan {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using testing::HasSubstr;

class Control : public testing::Test {
 protected:
  Control() {
    for (const auto& [in, out] : {std::pair{"a-b", "b-a"}, {"b-a", "a-b"}, {"a-c", "c-a"}, {"c-a", "a-c"}}) {
      const Direction direction{in, out, {.delay = 2ms, .rate = BitsPerSecond(1'000'000)}};
      directions.push_back({direction, Pipe(direction.shape, 1)});
    }
  }
  // Runs the command line and returns the answer.
  Json run(const std::vector<std::string>& words) {
    const auto command = command_of(words);
    EXPECT_TRUE(command) << command.error().message;
    return Json::parse(handle_command(command.value_or("{}"), directions, 1ms));
  }
  [[nodiscard]] const Shape& shape(std::size_t i) const { return directions[i].pipe.shape(); }

  std::vector<LiveDirection> directions;
};

TEST_F(Control, SetChangesBothDirectionsOfOneLink) {
  const Json answer = run({"set", "b-a", "delay", "30ms", "rate", "50Mbps", "loss", "1%", "queue", "64KiB"});
  EXPECT_TRUE(answer["ok"].get<bool>());
  EXPECT_EQ(answer["directions"].size(), 2U);
  EXPECT_EQ(answer["directions"][0]["delay_us"], 30'000);
  for (const std::size_t i : {0UL, 1UL}) {
    EXPECT_EQ(shape(i), (Shape{.delay = 30ms, .rate = BitsPerSecond(50'000'000), .loss = 0.01, .queue = 65536}));
  }
  EXPECT_EQ(shape(2).delay, 2ms);
}

TEST_F(Control, OneWayChangesOneDirection) {
  run({"set", "b-a", "delay", "30ms", "one-way"});
  EXPECT_EQ(shape(0).delay, 2ms);
  EXPECT_EQ(shape(1).delay, 30ms);
  EXPECT_EQ(shape(1).rate, BitsPerSecond(1'000'000)) << "what is not named stays";
}

TEST_F(Control, CutAndHealGoBackToTheFile) {
  run({"set", "a-b", "delay", "30ms", "rate", "none"});
  run({"cut", "a-b"});
  EXPECT_TRUE(shape(0).cut);
  EXPECT_TRUE(shape(1).cut);
  EXPECT_FALSE(shape(2).cut);
  run({"heal", "all"});
  for (const LiveDirection& direction : directions) EXPECT_EQ(direction.pipe.shape(), direction.plan.shape);
}

TEST_F(Control, ShowDescribesEverything) {
  const Json answer = run({"show"});
  EXPECT_EQ(answer["directions"].size(), 4U);
  const auto text = render_answer(answer.dump());
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("a-c"));
  EXPECT_THAT(*text, HasSubstr("1Mbps"));
}

TEST_F(Control, ARefusedCommandChangesNothing) {
  for (const char* line :
       {"", "[]", "{\"op\":\"set\"}", R"({"op":"go"})", R"({"op":"set","link":"x-y","delay":"1ms"})",
        R"({"op":"set","link":"a-b","delay":"5ms","loss":"2"})", R"({"op":"set","link":"a-b","delay":"1"})",
        R"({"op":"set","link":"a-b","delay":"1h"})", R"({"op":"set","link":"a-b","latency":"1ms"})",
        R"({"op":"cut","link":5})", R"({"op":"cut","link":"a-b","one_way":"yes"})", R"({"op":5,"link":"a-b"})"}) {
    const Json answer = Json::parse(handle_command(line, directions, 1ms));
    EXPECT_FALSE(answer["ok"].get<bool>()) << line;
    EXPECT_FALSE(answer["error"].get<std::string>().empty()) << line;
    EXPECT_FALSE(render_answer(answer.dump())) << line;
  }
  for (const LiveDirection& direction : directions) EXPECT_EQ(direction.pipe.shape(), direction.plan.shape);
}

TEST(CommandOf, RefusesAnUnknownWord) {
  EXPECT_FALSE(command_of({}));
  EXPECT_FALSE(command_of({"set", "a-b", "latency", "1ms"}));
  EXPECT_FALSE(command_of({"set", "a-b", "delay"}));
}

}  // namespace
}  // namespace pathwise::wan
