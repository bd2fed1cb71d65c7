// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"

namespace pathwise::config {
namespace {

using namespace std::chrono_literals;

template <typename T>
std::string message(const Result<T>& result) {
  return result ? "accepted" : result.error().message;
}

TEST(ParseDuration, TakesEveryUnitExactly) {
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("300ms"), 300ms);
  EXPECT_EQ(parse_duration("1.5ms"), 1500us);
  EXPECT_EQ(parse_duration("1.50ms"), 1500us);
  EXPECT_EQ(parse_duration("20s"), 20s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("0.000001s"), 1us);
  EXPECT_EQ(parse_duration("9223372036854775807us"), Microseconds::max());
}

TEST(ParseDuration, SaysWhatWouldBeRight) {
  const std::string head = "must be a duration like 300ms, 20s or 1h, not ";
  for (const char* text : {"", "-5s", "+5s", "fast", "5 s", " 5s", "5s ", ".5s", "5.s", "05s", "1e3s", "5S", "5min",
                           "5sec", "1h30m", "0x10s", "nan", "inf", "--5s"}) {
    EXPECT_EQ(message(parse_duration(text)), head + "'" + text + "'");
  }
  EXPECT_EQ(message(parse_duration("0")), head + "'0' (the unit is missing)");
  EXPECT_EQ(message(parse_duration("20")), head + "'20' (the unit is missing)");
  EXPECT_EQ(message(parse_duration("1.5us")), head + "'1.5us' (finer than 1us)");
  EXPECT_EQ(message(parse_duration("0.0000001s")), head + "'0.0000001s' (finer than 1us)");
  EXPECT_EQ(message(parse_duration("9223372036854775808us")), head + "'9223372036854775808us' (too large)");
  EXPECT_EQ(message(parse_duration("9999999999999h")), head + "'9999999999999h' (too large)");
  EXPECT_EQ(message(parse_duration("99999999999999999999s")), head + "'99999999999999999999s' (too large)");
  EXPECT_EQ(message(parse_duration("0.00000000000000000000000001s")),
            head + "'0.00000000000000000000000001s' (finer than 1us)");
}

TEST(ParseRate, TakesAndRefuses) {
  EXPECT_EQ(parse_rate("64kbps"), BitsPerSecond{64'000});
  EXPECT_EQ(parse_rate("200Mbps"), BitsPerSecond{200'000'000});
  EXPECT_EQ(parse_rate("1.5Gbps"), BitsPerSecond{1'500'000'000});
  EXPECT_EQ(parse_rate("0bps"), BitsPerSecond{0});
  const std::string head = "must be a rate like 64kbps, 200Mbps or 1.5Gbps, not ";
  EXPECT_EQ(message(parse_rate("100")), head + "'100' (the unit is missing)");
  EXPECT_EQ(message(parse_rate("-1Mbps")), head + "'-1Mbps'");
  EXPECT_EQ(message(parse_rate("100mbps")), head + "'100mbps'");  // milli? mega? M is meant
  EXPECT_EQ(message(parse_rate("100MBps")), head + "'100MBps'");  // bytes
  EXPECT_EQ(message(parse_rate("0.5bps")), head + "'0.5bps' (finer than 1bps)");
  EXPECT_EQ(message(parse_rate("99999999Tbps")), head + "'99999999Tbps' (too large)");
}

TEST(ParseCount, TakesAndRefuses) {
  EXPECT_EQ(parse_count("500"), 500U);
  EXPECT_EQ(parse_count("0"), 0U);
  EXPECT_EQ(parse_count("128k"), 128'000U);
  EXPECT_EQ(parse_count("2M"), 2'000'000U);
  EXPECT_EQ(parse_count("1.5M"), 1'500'000U);
  EXPECT_EQ(parse_count("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  const std::string head = "must be a count like 500, 128k or 2M, not ";
  EXPECT_EQ(message(parse_count("18446744073709551616")), head + "'18446744073709551616' (too large)");
  EXPECT_EQ(message(parse_count("1.5")), head + "'1.5' (finer than 1)");
  EXPECT_EQ(message(parse_count("-1")), head + "'-1'");
  EXPECT_EQ(message(parse_count("1K")), head + "'1K'");
  EXPECT_EQ(message(parse_count("")), head + "''");
  EXPECT_EQ(message(parse_count("0x10")), head + "'0x10'");
}

TEST(ParseBytes, TakesAndRefuses) {
  EXPECT_EQ(parse_bytes("512B"), 512U);
  EXPECT_EQ(parse_bytes("64KiB"), 65536U);
  EXPECT_EQ(parse_bytes("1.5KiB"), 1536U);
  EXPECT_EQ(parse_bytes("16MiB"), 16U << 20);
  EXPECT_EQ(parse_bytes("2GiB"), 2ULL << 30);
  const std::string head = "must be a size like 512B, 64KiB or 16MiB, not ";
  EXPECT_EQ(message(parse_bytes("512")), head + "'512' (the unit is missing)");
  EXPECT_EQ(message(parse_bytes("64KB")), head + "'64KB'");
  EXPECT_EQ(message(parse_bytes("16777216TiB")), head + "'16777216TiB' (too large)");
}

// Reads the text `yaml` (one value) into a T. The problem, if any, without its "f:1:1: ".
template <typename T>
std::string problem_of(const std::string& yaml, T& out) {
  Diagnostics problems;
  const auto value = parse_text(yaml, "f", problems);
  if (!value) return "no value: " + problems.error().message;
  const bool good = read(*value, problems, out);
  if (good != problems.empty()) return "the answer and the problems disagree";
  return good ? "" : problems.error().message;
}

TEST(Read, Text) {
  std::string out = "before";
  EXPECT_EQ(problem_of("5", out), "");
  EXPECT_EQ(out, "5");
  EXPECT_EQ(problem_of("''", out), "");
  EXPECT_EQ(out, "");
  out = "before";
  EXPECT_EQ(problem_of("~", out), "f:1:1: must be a text, not nothing");
  EXPECT_EQ(problem_of("[a]", out), "f:1:1: must be a text, not a list");
  EXPECT_EQ(problem_of("{a: b}", out), "f:1:1: must be a text, not a map");
  EXPECT_EQ(out, "before");
}

TEST(Read, Truth) {
  bool out = false;
  EXPECT_EQ(problem_of("true", out), "");
  EXPECT_TRUE(out);
  EXPECT_EQ(problem_of("yes", out), "f:1:1: must be true or false, not 'yes'");
  EXPECT_EQ(problem_of("True", out), "f:1:1: must be true or false, not 'True'");
  EXPECT_EQ(problem_of("'false'", out), "f:1:1: must be true or false, not 'false' (remove the quotes)");
  EXPECT_TRUE(out);
}

TEST(Read, UnsignedNumbersKeepToTheirRange) {
  std::uint8_t small = 7;
  EXPECT_EQ(problem_of("256", small), "f:1:1: must be a whole number from 0 to 255, not '256'");
  EXPECT_EQ(small, 7);
  EXPECT_EQ(problem_of("255", small), "");
  EXPECT_EQ(small, 255);
  std::uint16_t port = 0;
  for (const char* text : {"-1", "+1", "1.0", "0x1F", "007", "65536", "1k", "ten", "99999999999999999999999"}) {
    EXPECT_EQ(problem_of(text, port), std::string("f:1:1: must be a whole number from 0 to 65535, not '") + text + "'");
  }
  EXPECT_EQ(problem_of("\"80\"", port), "f:1:1: must be a whole number from 0 to 65535, not '80' (remove the quotes)");
  std::uint32_t color = 0;
  EXPECT_EQ(problem_of("4294967295", color), "");
  EXPECT_EQ(color, 4294967295U);
  EXPECT_EQ(problem_of("4294967296", color), "f:1:1: must be a whole number from 0 to 4294967295, not '4294967296'");
  std::uint64_t tokens = 0;
  EXPECT_EQ(problem_of("2M", tokens), "");
  EXPECT_EQ(tokens, 2'000'000U);
  EXPECT_EQ(problem_of("-2", tokens), "f:1:1: must be a count like 500, 128k or 2M, not '-2'");
}

TEST(Read, RealNumbers) {
  double out = 0;
  EXPECT_EQ(problem_of("-0.25", out), "");
  EXPECT_EQ(out, -0.25);
  EXPECT_EQ(problem_of("1e-3", out), "");
  EXPECT_EQ(out, 1e-3);
  for (const char* text : {".inf", "inf", "nan", ".5", "+1", "1,5", "0x1p3", "-x", "-inf", "1.5x"}) {
    EXPECT_EQ(problem_of(text, out), std::string("f:1:1: must be a number like 0.5, not '") + text + "'");
  }
  EXPECT_EQ(problem_of("1e999", out), "f:1:1: must be a number like 0.5, not '1e999' (out of range)");
}

TEST(Read, UnitsAndAddresses) {
  Milliseconds wait{};
  EXPECT_EQ(problem_of("1.5s", wait), "");
  EXPECT_EQ(wait, 1500ms);
  EXPECT_EQ(problem_of("1.5ms", wait), "f:1:1: must be a duration like 300ms, 20s or 1h, not '1.5ms' (finer than 1ms)");
  EXPECT_EQ(wait, 1500ms);
  Microseconds delay{};
  EXPECT_EQ(problem_of("~", delay), "f:1:1: must be a duration like 300ms, 20s or 1h, not nothing");
  BitsPerSecond rate;
  EXPECT_EQ(problem_of("1Gbps", rate), "");
  EXPECT_EQ(rate.value(), 1'000'000'000U);
  Ipv6Prefix prefix;
  EXPECT_EQ(problem_of("fd00::1/64", prefix),
            "f:1:1: 'fd00::1/64' has bits set behind its length; the prefix is fd00::/64");
  EXPECT_EQ(problem_of("fd00::/64", prefix), "");
  Ipv6Address address;
  EXPECT_EQ(problem_of("fd00::1", address), "");
  EXPECT_EQ(address.to_string(), "fd00::1");
  Endpoint listen;
  EXPECT_EQ(problem_of("'[::1]:80'", listen), "");
  EXPECT_EQ(listen, (Endpoint{.host = "::1", .port = 80}));
}

TEST(Read, NamesNumbersOptionalsAndLists) {
  SiteName site;
  EXPECT_EQ(problem_of("dubai", site), "");
  EXPECT_EQ(site, SiteName("dubai"));
  EXPECT_EQ(problem_of("''", site), "f:1:1: is empty; a name is needed");
  Algorithm algorithm;
  EXPECT_EQ(problem_of("128", algorithm), "");
  EXPECT_EQ(algorithm, Algorithm(128));
  EXPECT_EQ(problem_of("300", algorithm), "f:1:1: must be a whole number from 0 to 255, not '300'");
  std::optional<Milliseconds> wait;
  EXPECT_EQ(problem_of("3s", wait), "");
  EXPECT_EQ(wait, 3s);
  std::vector<SiteName> sites;
  EXPECT_EQ(problem_of("[a, b]", sites), "");
  EXPECT_EQ(sites, (std::vector{SiteName("a"), SiteName("b")}));
  EXPECT_EQ(problem_of("a", sites), "f:1:1: must be a list, like [a, b]");
  std::vector<std::uint8_t> numbers{9};
  EXPECT_EQ(problem_of("[1, x, 2, y]", numbers),
            "f:1:5: must be a whole number from 0 to 255, not 'x'\n"
            "f:1:11: must be a whole number from 0 to 255, not 'y'");
  EXPECT_EQ(numbers, std::vector<std::uint8_t>{9});
}

}  // namespace
}  // namespace pathwise::config
