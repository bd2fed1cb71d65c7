// SPDX-License-Identifier: Apache-2.0
// An intent as the router of site pune compiles it: one peer, singapore, with three tiers.
#pragma once

#include "base/format.h"
#include "te/policy/intent.h"

namespace pathwise::te::test {

inline Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}
inline Ipv6Prefix prefix(std::string_view text) {
  return *Ipv6Prefix::parse(text);
}

inline const SiteName kPeer{"singapore"};
inline const TierName kRealtime{"realtime"};  // pcep, flex-algo 128, best effort
inline const TierName kBatch{"batch"};        // flex-algo 129 alone, strict
inline const TierName kCloud{"cloud"};        // underlay

inline PeerTierIntent peer_tier(const TierName& tier, std::string_view net, std::vector<CandidateKind> kinds) {
  PeerTierIntent peer{.site = kPeer,
                      .tier = tier,
                      .color = Color(10),
                      .prefix = prefix(formatted("fd00:2:{}::/64", net)),
                      .address = address(formatted("fd00:2:{}::1", net)),
                      .local_address = address(formatted("fd00:1:{}::1", net)),
                      .edge = NodeName("r-sin"),
                      .edge_node_id = NodeId(4),
                      .edge_address = address("2001:db8::4")};
  std::uint32_t preference = 100;
  for (const CandidateKind& kind : kinds) {
    const auto index = peer.candidates.size();
    peer.candidates.push_back({.preference = preference,
                               .probe_address = address(formatted("fd00:2:{}::{}01", net, index + 1)),
                               .kind = kind});
    preference -= 10;
  }
  return peer;
}

inline OwnTierIntent own_tier(const TierName& tier, std::string_view net, std::size_t candidates) {
  OwnTierIntent own{.tier = tier,
                    .prefix = prefix(formatted("fd00:1:{}::/64", net)),
                    .address = address(formatted("fd00:1:{}::1", net))};
  for (std::size_t i = 0; i < candidates; ++i) {
    own.probe_addresses.push_back(address(formatted("fd00:1:{}::{}01", net, i + 1)));
  }
  return own;
}

inline TeIntent intent() {
  return {.revision = 7,
          .hash = "0123456789abcdef",
          .site = SiteName("pune"),
          .router = RouterName("r1"),
          .srv6 = Srv6Intent{.blocks = {{Algorithm(0), prefix("fcbb:bb00::/32")},
                                        {Algorithm(128), prefix("fcbb:bb80::/32")},
                                        {Algorithm(129), prefix("fcbb:bb81::/32")}},
                             .edge = NodeName("r-pun"),
                             .edge_node_id = NodeId(1),
                             .flex_algos = {{.algorithm = Algorithm(128), .metric = MetricType::kMinDelay}}},
          .tier_aggregate = prefix("fd00::/16"),
          .own_tiers = {own_tier(kRealtime, "a", 3), own_tier(kBatch, "b", 1), own_tier(kCloud, "c", 1)},
          .peers = {peer_tier(kRealtime, "a",
                              {PcepIntent{.max_delay = Microseconds(30'000),
                                          .bandwidth = BitsPerSecond(200'000'000),
                                          .source = address("2001:db8::1")},
                               FlexAlgoIntent{Algorithm(128)}, BestEffortIntent{}}),
                    [] {
                      auto peer = peer_tier(kBatch, "b", {FlexAlgoIntent{Algorithm(129)}});
                      peer.strict = true;
                      return peer;
                    }(),
                    peer_tier(kCloud, "c", {UnderlayIntent{address("2001:db8:a::1")}})}};
}

}  // namespace pathwise::te::test
