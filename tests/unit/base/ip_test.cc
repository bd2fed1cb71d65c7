// SPDX-License-Identifier: Apache-2.0
#include "base/ip.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

#include "base/format.h"

namespace pathwise {
namespace {

std::string canonical(std::string_view text) {
  const auto address = Ipv6Address::parse(text);
  return address ? address->to_string() : "error: " + address.error().message;
}

TEST(Ipv6AddressTest, WritesRfc5952) {
  EXPECT_EQ(canonical("::"), "::");
  EXPECT_EQ(canonical("0:0:0:0:0:0:0:1"), "::1");
  EXPECT_EQ(canonical("FCBB:BB00:0001::"), "fcbb:bb00:1::");
  EXPECT_EQ(canonical("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // section 4.2.2: one group stays
  EXPECT_EQ(canonical("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");           // section 4.2.3: the longest run
  EXPECT_EQ(canonical("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");     // and the first of equals
  EXPECT_EQ(canonical("1:2:3:4:5:6:0:0"), "1:2:3:4:5:6::");
  EXPECT_EQ(canonical("::ffff:192.0.2.1"), "::ffff:192.0.2.1");  // section 5
  EXPECT_EQ(canonical("::ab:cd"), "::ab:cd");                    // no IPv4 address in there
}

TEST(Ipv6AddressTest, RefusesOtherTexts) {
  EXPECT_EQ(canonical("fd00::1%eth0"), "error: must be an IPv6 address like fd00::1, not 'fd00::1%eth0'");
  EXPECT_EQ(canonical("10.0.0.1"), "error: must be an IPv6 address like fd00::1, not '10.0.0.1'");
  EXPECT_EQ(canonical(""), "error: must be an IPv6 address like fd00::1, not ''");
  EXPECT_EQ(canonical(std::string("::1\0x", 5)), "error: must be an IPv6 address like fd00::1, not '::1\\x00x'");
  EXPECT_FALSE(Ipv6Address::parse(" ::1"));
  EXPECT_FALSE(Ipv6Address::parse("1::2::3"));
  EXPECT_FALSE(Ipv6Address::parse(std::string(1000, '1')));
}

TEST(Ipv6AddressTest, GroupsAndHash) {
  Ipv6Address address;
  address.set_group(0, 0xFCBB);
  address.set_group(7, 0x0102);
  EXPECT_EQ(address.group(0), 0xFCBB);
  EXPECT_EQ(address.to_string(), "fcbb::102");
  const std::unordered_set<Ipv6Address> set{address, address, Ipv6Address{}};
  EXPECT_EQ(set.size(), 2U);
}

TEST(Ipv6PrefixTest, RoundTrips) {
  for (const char* text : {"::/0", "fcbb:bb00:1::/48", "fd00::8000:0:0:0/65", "fd00::1/128"}) {
    const auto prefix = Ipv6Prefix::parse(text);
    ASSERT_TRUE(prefix) << text << ": " << prefix.error().message;
    EXPECT_EQ(prefix->to_string(), text);
    EXPECT_EQ(formatted("{}", *prefix), text);
  }
}

TEST(Ipv6PrefixTest, RefusesHostBitsAndNamesTheRightPrefix) {
  EXPECT_EQ(
      Ipv6Prefix::parse("fd00::1/64").error(),
      (Error{ErrorCode::kInvalidArgument, "'fd00::1/64' has bits set behind its length; the prefix is fd00::/64"}));
  EXPECT_EQ(Ipv6Prefix::parse("ffff::/3").error().message,
            "'ffff::/3' has bits set behind its length; the prefix is e000::/3");
}

TEST(Ipv6PrefixTest, RefusesOtherTexts) {
  for (const char* text : {"fd00::", "fd00::/", "fd00::/129", "fd00::/-1", "fd00::/+1", "fd00::/048", "fd00::/48/1",
                           "/48", "fd00::/4 8", "10.0.0.0/8"}) {
    const auto prefix = Ipv6Prefix::parse(text);
    ASSERT_FALSE(prefix) << text;
    EXPECT_EQ(prefix.error().message, formatted("must be an IPv6 prefix like fd00:1::/48, not '{}'", text));
  }
}

TEST(Ipv6PrefixTest, ContainsAndHost) {
  const Ipv6Prefix locator = Ipv6Prefix::parse("fcbb:bb00:1::/48").value();
  EXPECT_TRUE(locator.contains(Ipv6Address::parse("fcbb:bb00:1:ffff::9").value()));
  EXPECT_FALSE(locator.contains(Ipv6Address::parse("fcbb:bb00:2::").value()));
  EXPECT_TRUE(locator.contains(Ipv6Prefix::parse("fcbb:bb00:1:8000::/49").value()));
  EXPECT_TRUE(locator.contains(locator));
  EXPECT_FALSE(locator.contains(Ipv6Prefix::parse("fcbb:bb00::/32").value()));
  EXPECT_EQ(locator.host(1).to_string(), "fcbb:bb00:1::1");
  const Ipv6Prefix all = Ipv6Prefix::parse("::/0").value();
  EXPECT_TRUE(all.contains(locator));
}

TEST(EndpointTest, RoundTrips) {
  for (const char* text :
       {"[::1]:8080", "127.0.0.1:9464", ":8080", "unix:/run/x.sock", "dubai-1.example:443", "127.0.0.1:0"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text << ": " << endpoint.error().message;
    EXPECT_EQ(endpoint->to_string(), text);
  }
  EXPECT_EQ(Endpoint::parse("8080"), Endpoint::parse(":8080"));
}

TEST(EndpointTest, Parts) {
  EXPECT_EQ(Endpoint::parse("[0:0::1]:80").value(), (Endpoint{.host = "::1", .port = 80}));
  EXPECT_EQ(Endpoint::parse("8080").value(), (Endpoint{.port = 8080}));
  const Endpoint socket = Endpoint::parse("unix:/run/x.sock").value();
  EXPECT_TRUE(socket.is_unix());
  EXPECT_EQ(socket.unix_path, "/run/x.sock");
}

TEST(EndpointTest, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    const auto endpoint = Endpoint::parse(text);
    return endpoint ? "accepted" : endpoint.error().message;
  };
  const std::string head = "must be an endpoint like [::1]:8080, 127.0.0.1:8080, :8080 or unix:/run/name.sock, not ";
  EXPECT_EQ(message("::1:8080"), head + "'::1:8080' (an IPv6 address needs brackets)");
  EXPECT_EQ(message("[::1]"), head + "'[::1]' (no IPv6 address in the brackets, or no port after them)");
  EXPECT_EQ(message("[::1:80"), head + "'[::1:80' (no IPv6 address in the brackets, or no port after them)");
  EXPECT_EQ(message("[host]:80"), head + "'[host]:80' (no IPv6 address in the brackets, or no port after them)");
  EXPECT_EQ(message("host"), head + "'host' (a port from 0 to 65535 is needed)");
  EXPECT_EQ(message("host:65536"), head + "'host:65536' (a port from 0 to 65535 is needed)");
  EXPECT_EQ(message("host:-1"), head + "'host:-1' (a port from 0 to 65535 is needed)");
  EXPECT_EQ(message("host:"), head + "'host:' (a port from 0 to 65535 is needed)");
  EXPECT_EQ(message(""), head + "'' (a port from 0 to 65535 is needed)");
  EXPECT_EQ(message("1.2.3:80"), head + "'1.2.3:80' (the host is no IPv4 address and no host name)");
  EXPECT_EQ(message("256.0.0.1:80"), head + "'256.0.0.1:80' (the host is no IPv4 address and no host name)");
  EXPECT_EQ(message("a b:80"), head + "'a b:80' (the host is no IPv4 address and no host name)");
  EXPECT_EQ(message("unix:x.sock"), head + "'unix:x.sock' (the path must be absolute)");
  EXPECT_TRUE(message("unix:/" + std::string(107, 'x')).ends_with("(the path is too long for a unix socket)"));
  EXPECT_EQ(message("unix:/" + std::string(106, 'x')), "accepted");
}

TEST(EndpointTest, OverlapsWhereTwoListenersWouldMeet) {
  const auto meet = [](std::string_view a, std::string_view b) {
    const Endpoint one = Endpoint::parse(a).value();
    const Endpoint two = Endpoint::parse(b).value();
    EXPECT_EQ(one.overlaps(two), two.overlaps(one)) << a << " " << b;
    return one.overlaps(two);
  };
  EXPECT_TRUE(meet("[::1]:80", "[::1]:80"));
  EXPECT_TRUE(meet("[::1]:80", ":80"));
  EXPECT_TRUE(meet("127.0.0.1:80", "[::]:80")) << "IPv4 too";
  EXPECT_TRUE(meet("127.0.0.1:80", "0.0.0.0:80"));
  EXPECT_TRUE(meet("0.0.0.0:80", ":80"));
  EXPECT_FALSE(meet("[::1]:80", "0.0.0.0:80"));
  EXPECT_FALSE(meet("[::1]:80", "[::2]:80"));
  EXPECT_FALSE(meet("[::1]:80", "[::1]:81"));
  EXPECT_FALSE(meet(":0", ":0")) << "the kernel chooses";
  EXPECT_TRUE(meet("unix:/a", "unix:/a"));
  EXPECT_FALSE(meet("unix:/a", "unix:/b"));
  EXPECT_FALSE(meet("unix:/a", ":80"));
}

}  // namespace
}  // namespace pathwise
