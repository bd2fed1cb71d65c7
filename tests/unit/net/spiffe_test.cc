// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "net/tls.h"

namespace pathwise::net {
namespace {

TEST(SpiffeId, RoundTrips) {
  const auto id = SpiffeId::parse("spiffe://fabric.example/site/mumbai/router");
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(id->trust_domain, "fabric.example");
  EXPECT_EQ(id->path, "site/mumbai/router");
  EXPECT_EQ(id->to_string(), "spiffe://fabric.example/site/mumbai/router");
  EXPECT_EQ(id->router_site(), SiteName("mumbai"));
}

TEST(SpiffeId, OnlyRoutersHaveARouterSite) {
  for (const auto* uri : {"spiffe://d/pce", "spiffe://d/site/mumbai/te", "spiffe://d/node/r1/frr",
                          "spiffe://d/site/mumbai/router/x", "spiffe://d/x/site/mumbai/router"}) {
    const auto id = SpiffeId::parse(uri);
    ASSERT_TRUE(id) << uri;
    EXPECT_EQ(id->router_site(), std::nullopt) << uri;
  }
}

TEST(SpiffeId, RefusesWhatTheStandardRefuses) {
  for (const std::string& uri :
       {std::string("https://d/pce"), std::string("spiffe://d"), std::string("spiffe://d/"),
        std::string("spiffe:///pce"), std::string("spiffe://D/pce"), std::string("spiffe://d:80/pce"),
        std::string("spiffe://u@d/pce"), std::string("spiffe://d/a//b"), std::string("spiffe://d/a/"),
        std::string("spiffe://d/a/../b"), std::string("spiffe://d/./b"), std::string("spiffe://d/a?b"),
        std::string("spiffe://d/a#b"), std::string("spiffe://d/%61"), std::string("spiffe://d/a\0b", 15), std::string(),
        "spiffe://" + std::string(256, 'd') + "/a", "spiffe://d/" + std::string(2048, 'a')}) {
    EXPECT_FALSE(SpiffeId::parse(uri)) << uri;
  }
}

}  // namespace
}  // namespace pathwise::net
