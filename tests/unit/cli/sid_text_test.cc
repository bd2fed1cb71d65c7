// SPDX-License-Identifier: Apache-2.0
#include "sid_text.h"

#include <gmock/gmock.h>

#include "tiers_network.h"

namespace pathwise::cli {
namespace {

using testing::ElementsAre;

Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}

te::SidNames names() {
  return {.blocks = te::test::TiersNetwork::sid_map().blocks(),
          .udt6_function = 0xFE00,
          .ua_function = 0xF000,
          .nodes = {{NodeId(2), NodeName("r-pune")},
                    {NodeId(4), NodeName("r-sin")},
                    {NodeId(0x11), NodeName("pa1")},
                    {NodeId(0x12), NodeName("pa2")}}};
}

TEST(SidText, EveryInstructionOfACarrierIsSpelledOut) {
  EXPECT_THAT(spell_carrier(names(), address("fcbb:bb80:4:fe00::")), ElementsAre("uDT6 r-sin"));
  EXPECT_THAT(spell_carrier(names(), address("fcbb:bb00:2:f011:11:f012:4:fe00")),
              ElementsAre("uA r-pune→pa1", "uA pa1→pa2", "uDT6 r-sin"));
  EXPECT_THAT(spell_carrier(names(), address("fcbb:bb00:11:12:4::")), ElementsAre("uN pa1", "uN pa2", "uN r-sin"));
}

TEST(SidText, WhatHasNoNameStaysANumber) {
  EXPECT_THAT(spell_carrier(names(), address("fcbb:bb00:2a:2b:e001:4:fe00::")),
              ElementsAre("uN node 2a", "function e001 of node 2b", "uDT6 r-sin"));
  EXPECT_THAT(spell_carrier(names(), address("fcbb:bb00:e001::")), ElementsAre("function e001"));
  EXPECT_THAT(spell_carrier(names(), address("2001:db8::1")), ElementsAre("in no block of the fabric"));
}

TEST(SidText, DescribesWithTheAlgorithm) {
  EXPECT_EQ(describe_carrier(names(), address("fcbb:bb80:4:fe00::")), "fcbb:bb80:4:fe00::  algorithm 128: uDT6 r-sin");
}

}  // namespace
}  // namespace pathwise::cli
