// SPDX-License-Identifier: Apache-2.0
#include "gnmi/path.h"

#include <gtest/gtest.h>

namespace pathwise::gnmi {
namespace {

Path path(std::string_view text) {
  return Path::parse(text).value();
}

TEST(GnmiPath, ParsesAndPrints) {
  const Path parsed = path("/paths/path[site=dubai][tier=realtime]/state/rtt-p50");
  ASSERT_EQ(parsed.elems.size(), 4u);
  EXPECT_EQ(parsed.elems[1].keys.at("tier"), "realtime");
  EXPECT_EQ(parsed.to_string(), "/paths/path[site=dubai][tier=realtime]/state/rtt-p50");
  EXPECT_EQ(path("").to_string(), "/");
  EXPECT_EQ(path("a/b"), path("/a/b"));
}

TEST(GnmiPath, EscapesInKeys) {
  Path made;
  made.elems.push_back({"lsp", {{"name", "a]b\\c/d"}}});
  EXPECT_EQ(made.to_string(), "/lsp[name=a\\]b\\\\c/d]");
  EXPECT_EQ(path(made.to_string()), made);
}

TEST(GnmiPath, RefusesWithReason) {
  for (const auto* text : {"/a//b", "/a[k]", "/a[k=v", "/a[k=v]x", "/a[k=1][k=2]", "/[k=v]"}) {
    const auto parsed = Path::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find(text), std::string::npos);
  }
}

TEST(GnmiPath, CoversWithWildcards) {
  const Path leaf = path("/paths/path[site=dubai][tier=realtime]/state/rtt-p50");
  for (const auto* text :
       {"/", "/paths", "/paths/path", "/paths/path[site=dubai]/state", "/paths/path[site=*][tier=realtime]",
        "/paths/*/state/rtt-p50", "/.../rtt-p50", "/paths/.../state"}) {
    EXPECT_TRUE(path(text).covers(leaf)) << text;
  }
  for (const auto* text : {"/path", "/paths/path[site=pune]", "/paths/path[name=*]", "/.../rtt-p99",
                           "/paths/path/state/rtt-p50/more", "/paths/path/config"}) {
    EXPECT_FALSE(path(text).covers(leaf)) << text;
  }
}

}  // namespace
}  // namespace pathwise::gnmi
