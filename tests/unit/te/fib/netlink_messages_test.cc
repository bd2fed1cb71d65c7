// SPDX-License-Identifier: Apache-2.0
#include "netlink_messages.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

namespace pathwise::te {
namespace {

Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}
Ipv6Prefix prefix(std::string_view text) {
  return *Ipv6Prefix::parse(text);
}

TEST(Seg6Attribute, MatchesTheKernelsLayout) {
  const std::vector<Ipv6Address> segments{address("fcbb:bb00:3:4::"), address("fcbb:bb80:4:fe00::")};
  const auto data = encode_seg6(EncapMode::kEncapReduced, segments);
  ASSERT_EQ(data.size(), 4u + 8u + 32u);
  const std::vector<std::uint8_t> head{3, 0, 0, 0, 0, 4,
                                       4, 1, 1, 0, 0, 0};  // mode; SRH: length 4, type 4, left 1, last 1
  EXPECT_TRUE(std::equal(head.begin(), head.end(), data.begin()));
  EXPECT_EQ(data[12 + 2], 0xbb);
  EXPECT_EQ(data[12 + 3], 0x80);  // the last segment comes first
  const auto back = decode_seg6(data);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->first, EncapMode::kEncapReduced);
  EXPECT_EQ(back->second, segments);
}

TEST(Seg6Attribute, CutShortIsRefused) {
  const auto data = encode_seg6(EncapMode::kEncap, {address("fcbb:bb00:3::"), address("fcbb:bb80:4::")});
  for (std::size_t size = 0; size < data.size(); ++size) {
    EXPECT_FALSE(decode_seg6(std::span(data).first(size))) << size;
  }
}

// What we send, read as if the kernel had sent it.
TEST(NexthopMessage, RoundTrips) {
  const PutNexthop put{.id = 4'000'007,
                       .nexthop = {.egress = {.ifindex = 9, .gateway = address("fe80::1")},
                                   .segments = {address("fcbb:bb80:4:fe00::")}}};
  const auto message = put_nexthop(put, EncapMode::kEncapReduced);
  const auto decoded = decode_own_nexthop(*nlmsg_hdr(message.get()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->first, put.id);
  EXPECT_EQ(decoded->second, put.nexthop);
}

TEST(NexthopMessage, AGroupRoundTrips) {
  const PutNexthop put{.id = 4'000'009, .nexthop = {.members = {{4'000'007, 3}, {4'000'008, 255}}}};
  const auto decoded = decode_own_nexthop(*nlmsg_hdr(put_nexthop(put, EncapMode::kEncapReduced).get()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->first, put.id);
  EXPECT_EQ(decoded->second, put.nexthop);
}

TEST(NexthopMessage, IdsBelowOursBelongToOthers) {
  const auto message = put_nexthop({.id = 12, .nexthop = {.egress = {.ifindex = 1}}}, EncapMode::kEncap);
  EXPECT_FALSE(decode_own_nexthop(*nlmsg_hdr(message.get())));
}

TEST(RouteMessage, RoundTrips) {
  const PutRoute put{.key = {.prefix = prefix("fd00:1:4a::/64")},
                     .route = {.nexthop_id = 4'000'000, .source = address("fd00:1:1a::1"), .mtu = 8996}};
  const auto decoded = decode_own_route(*nlmsg_hdr(put_route(put).get()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->first, put.key);
  EXPECT_EQ(decoded->second, put.route);
  EXPECT_FALSE(decode_foreign_route(*nlmsg_hdr(put_route(put).get())));
}

TEST(RouteMessage, UnreachableRoundTrips) {
  const PutRoute put{.key = {.prefix = prefix("fd00::/32"), .metric = kUnreachableMetric, .unreachable = true}};
  const auto decoded = decode_own_route(*nlmsg_hdr(put_route(put).get()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->first, put.key);
}

}  // namespace
}  // namespace pathwise::te
