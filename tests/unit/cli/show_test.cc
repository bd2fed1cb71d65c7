// SPDX-License-Identifier: Apache-2.0
#include "show.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "table.h"

namespace pathwise::cli {
namespace {

TEST(CliTable, AlignsByColumnsAndNotByBytes) {
  Table table({"A", "B"});
  table.add({"é", "x"});
  table.add({"long", "y"});
  EXPECT_EQ(table.to_string(), "A     B\né     x\nlong  y\n");
}

TEST(CliShow, PathsShowTheActiveCandidate) {
  const auto document =
      nlohmann::json::parse(R"({"paths":[{"site":"dubai","tier":"realtime","status":"degraded","active":1,
    "reason":"pcep: PCE lost","candidates":[{"origin":"pcep"},{"origin":"flex-algo","nodes":["r-pune","pa1"],
    "segments":["fcbb:bb80:3:fe00::"],"measured":{"rtt_p50_us":23100,"rtt_p99_us":24000,"loss":0.015}}]}],
    "topology":"live"})");
  const std::string text = render_paths(document);
  EXPECT_NE(text.find("dubai  realtime  degraded  flex-algo  23.1ms"), std::string::npos) << text;
  EXPECT_NE(text.find("r-pune > pa1"), std::string::npos);
  EXPECT_NE(text.find("1.5%"), std::string::npos);
  EXPECT_NE(text.find("topology live"), std::string::npos);
}

TEST(CliShow, AbsentMembersAreDashesNotFailures) {
  const std::string text = render_paths(nlohmann::json::parse(R"({"paths":[{"site":"x","active":null}]})"));
  EXPECT_NE(text.find("x     -"), std::string::npos) << text;
  EXPECT_EQ(render_sites(nlohmann::json::object()).substr(0, 4), "SITE");
}

TEST(CliShow, DecisionNamesWhatRemovedASite) {
  const std::string text = render_decision(nlohmann::json::parse(
      R"({"request_id":"r-1","request":{"tier":"realtime"},"chosen":{"site":"mumbai","path":"flex-algo 128"},
          "alternatives":[{"site":"mumbai","terms":{"objective":0.0312,"rtt_ms":5.2,"prefill_ms":26.0}}],
          "removed":[{"site":"dubai","reason":"policy","rule":"residency: not in IN"}]})"));
  EXPECT_NE(text.find("policy: residency: not in IN"), std::string::npos) << text;
  EXPECT_NE(text.find("mumbai over flex-algo 128"), std::string::npos);
  EXPECT_NE(text.find("0.0312"), std::string::npos);
  EXPECT_NE(text.find("26.0"), std::string::npos);
}

}  // namespace
}  // namespace pathwise::cli
