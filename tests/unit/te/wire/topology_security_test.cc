// SPDX-License-Identifier: Apache-2.0
#include "te/wire/topology_security.h"

#include <gtest/gtest.h>

namespace pathwise::te {
namespace {

TopologyTls tls(std::vector<std::string> peers) {
  return {.cert = {}, .key = {}, .ca = {}, .trust_domain = "fabric.example", .peers = std::move(peers)};
}

TEST(SpiffeId, MatchesPathsSegmentBySegment) {
  const TopologyTls some = tls({"node/*/frr", "pce"});
  EXPECT_TRUE(spiffe_id_matches(some, "spiffe://fabric.example/node/r1/frr"));
  EXPECT_TRUE(spiffe_id_matches(some, "spiffe://fabric.example/pce"));
  EXPECT_FALSE(spiffe_id_matches(some, "spiffe://fabric.example/node/r1/te"));
  EXPECT_FALSE(spiffe_id_matches(some, "spiffe://fabric.example/node/r1/x/frr"));
  EXPECT_FALSE(spiffe_id_matches(some, "spiffe://fabric.example/node//frr"));
  EXPECT_FALSE(spiffe_id_matches(some, "spiffe://fabric.example/pce/x"));
}

TEST(SpiffeId, TheTrustDomainIsNotAPrefix) {
  EXPECT_TRUE(spiffe_id_matches(tls({}), "spiffe://fabric.example/anything"));
  EXPECT_FALSE(spiffe_id_matches(tls({}), "spiffe://fabric.example.evil/anything"));
  EXPECT_FALSE(spiffe_id_matches(tls({}), "spiffe://other/anything"));
  EXPECT_FALSE(spiffe_id_matches(tls({}), "spiffe://fabric.example/"));
  EXPECT_FALSE(spiffe_id_matches(tls({}), "https://fabric.example/anything"));
  TopologyTls none = tls({});
  none.trust_domain.clear();
  EXPECT_FALSE(spiffe_id_matches(none, "spiffe:///x"));
}

}  // namespace
}  // namespace pathwise::te
