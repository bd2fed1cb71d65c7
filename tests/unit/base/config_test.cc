// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/process.h"

namespace pathwise::config {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

Value parsed(const std::string& text) {
  Diagnostics problems;
  auto value = parse_text(text, "f.yaml", problems);
  EXPECT_TRUE(value.has_value()) << problems.error().message;
  return value.value_or(Value{});
}

// The problems of a text that must not parse.
std::vector<std::string> refused(const std::string& text) {
  Diagnostics problems;
  EXPECT_FALSE(parse_text(text, "f.yaml", problems).has_value());
  EXPECT_EQ(problems.error().code, ErrorCode::kInvalidArgument);
  return problems.lines();
}

std::string place(const Value* value) {
  return value == nullptr ? "missing" : value->at.to_string();
}

TEST(ConfigTree, RemembersKindsPlacesAndQuotes) {
  const Value root = parsed(
      "# a comment\n"
      "site: dubai\n"
      "tiers:\n"
      "  - {name: batch, color: '20'}\n"
      "  - name: realtime\n"
      "empty:\n"
      "tilde: ~\n");
  EXPECT_EQ(root.kind, Value::Kind::kMap);
  EXPECT_EQ(root.at.to_string(), "f.yaml:2:1");
  ASSERT_EQ(root.entries.size(), 4U);
  EXPECT_EQ(root.entries[1].key, "tiers");
  EXPECT_EQ(root.entries[1].at.to_string(), "f.yaml:3:1");
  EXPECT_EQ(place(root.find("site")), "f.yaml:2:7");
  EXPECT_FALSE(root.find("site")->quoted);
  const Value& tiers = *root.find("tiers");
  ASSERT_EQ(tiers.items.size(), 2U);
  EXPECT_EQ(place(tiers.items[0].find("color")), "f.yaml:4:26");
  EXPECT_TRUE(tiers.items[0].find("color")->quoted);
  EXPECT_EQ(place(&tiers.items[1]), "f.yaml:5:5");
  EXPECT_EQ(root.find("empty")->kind, Value::Kind::kNull);
  EXPECT_EQ(place(root.find("empty")), "f.yaml:6:1");
  EXPECT_EQ(place(root.find("tilde")), "f.yaml:7:8");
  EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST(ConfigTree, EmptyTextIsNothing) {
  EXPECT_EQ(parsed("").kind, Value::Kind::kNull);
  EXPECT_EQ(parsed("# only this\n").at.to_string(), "f.yaml:1:1");
}

TEST(ConfigTree, ResolvesAliases) {
  const Value root = parsed("a: &paths [x, y]\nb: *paths\n");
  ASSERT_EQ(root.find("b")->items.size(), 2U);
  EXPECT_EQ(root.find("b")->items[1].scalar, "y");
  EXPECT_EQ(place(root.find("b")), "f.yaml:1:4");  // where it was written
}

TEST(ConfigTree, DuplicateKeysNameBothLines) {
  EXPECT_THAT(refused("site: a\nstate: x\nsite: b\nstate: y\n"),
              ElementsAre("f.yaml:3:1: the key 'site' on line 3 is already on line 1; keep one",
                          "f.yaml:4:1: the key 'state' on line 4 is already on line 2; keep one"));
  EXPECT_THAT(refused("a:\n  - {x: 1, 'x': 2}\n"),
              ElementsAre("f.yaml:2:12: the key 'x' on line 2 is already on line 2; keep one"));
  EXPECT_EQ(parsed("a: {x: 1}\nb: {x: 1}\n").entries.size(), 2U);  // other maps, no duplicates
}

TEST(ConfigTree, RefusesOtherKeysMergesAndTags) {
  const std::string odd_key = ": a key must be a plain text, like 'site', not a list, a map or nothing";
  EXPECT_THAT(refused("? [a, b]\n: 1\n"), ElementsAre("f.yaml:1:3" + odd_key));
  EXPECT_THAT(refused("~: 1\n"), ElementsAre("f.yaml:1:1" + odd_key));
  EXPECT_THAT(refused("base: &b {x: 1}\nderived:\n  <<: *b\n  y: 2\n"),
              ElementsAre("f.yaml:3:3: the merge key '<<' is not supported; write the keys out, or alias a whole value "
                          "with '*name'"));
  EXPECT_EQ(parsed("'<<': 1\n").entries.size(), 1U);
  EXPECT_THAT(refused("a: !!binary aGk=\n"),
              ElementsAre("f.yaml:1:4: the tag 'tag:yaml.org,2002:binary' has no meaning here; remove it"));
}

TEST(ConfigTree, SyntaxErrorsHaveTheirPlace) {
  EXPECT_THAT(refused("a: b\nc: d: e\n"), ElementsAre("f.yaml:2:5: not YAML: illegal map value"));
  EXPECT_THAT(refused("a: [1, 2\n"), ElementsAre("f.yaml:2:1: not YAML: end of sequence flow not found"));
  EXPECT_THAT(refused("a: *none\n"), ElementsAre(StartsWith("f.yaml:1:4: not YAML: the referenced anchor is not")));
  EXPECT_THAT(refused("a: 1\n---\nb: 2\n"),
              ElementsAre("f.yaml:2:1: a second document begins here; one file holds one document"));
}

TEST(ConfigTree, LimitsSizeAndDepth) {
  EXPECT_THAT(refused(std::string((4 << 20) + 1, '#')), ElementsAre("f.yaml: larger than 4194304 bytes"));
  EXPECT_EQ(parsed(std::string(64, '[') + std::string(64, ']')).kind, Value::Kind::kSequence);
  EXPECT_THAT(refused(std::string(65, '[') + std::string(65, ']')),
              ElementsAre("f.yaml:1:65: nested deeper than 64 levels"));
  EXPECT_THAT(refused(std::string(10'000, '[')), ElementsAre(testing::EndsWith("nested deeper than 64 levels")));
  std::string wide = "[";
  for (int i = 0; i < 200'000; ++i) wide += "1,";
  EXPECT_THAT(refused(wide + "]"), ElementsAre(StartsWith("f.yaml:1:400000: more than 200000 values")));
}

TEST(ConfigTree, LimitsWhatAliasesMultiply) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 10; ++level) {
    laughs += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int i = 0; i < 10; ++i) laughs += (i == 0 ? "*a" : ", *a") + std::to_string(level - 1);
    laughs += "]\n";
  }
  const auto bomb = refused(laughs);
  ASSERT_EQ(bomb.size(), 1U);
  EXPECT_TRUE(bomb[0].ends_with(": more than 200000 values, aliases counted as what they stand for")) << bomb[0];

  std::string long_texts = "a: &a " + std::string(1 << 20, 'x') + "\nb: [";
  for (int i = 0; i < 100; ++i) long_texts += "*a, ";
  const auto texts = refused(long_texts + "]\n");
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_TRUE(texts[0].ends_with(": more than 16 MiB of text, aliases counted as what they stand for")) << texts[0];

  EXPECT_THAT(refused("a: &a [1, *a]\n"), ElementsAre("f.yaml:1:11: an alias stands inside the value that it repeats"));

  const std::string deep = "a: &a " + std::string(40, '[') + std::string(40, ']') + "\n";
  EXPECT_THAT(refused(deep + "b: " + std::string(30, '[') + "*a" + std::string(30, ']') + "\n"),
              ElementsAre("f.yaml:2:34: nested deeper than 64 levels"));
}

TEST(ConfigTree, ReadsFiles) {
  Diagnostics problems;
  EXPECT_FALSE(parse_file("/no/such.yaml", problems).has_value());
  EXPECT_THAT(problems.lines(), ElementsAre("/no/such.yaml: no such file"));
  const std::string path = testing::TempDir() + "pathwise-config-test.yaml";
  ASSERT_TRUE(write_file_atomically(path, "site: dubai\n"));
  Diagnostics none;
  const auto root = parse_file(path, none);
  std::filesystem::remove(path);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->find("site")->at, (Location{path, 1, 7}));
}

struct Stamp {
  Milliseconds interval{1000};
  std::uint16_t port = 862;
};

void read_stamp(const Value& value, Diagnostics& problems, Stamp& out) {
  MapReader map(value, problems);
  map.optional("interval", out.interval);
  map.optional("port", out.port);
  map.finish();
}

TEST(MapReaderTest, ReadsAWholeConfiguration) {
  Diagnostics problems;
  const Value root = parsed("site: dubai\nstamp: {interval: 250ms}\n");
  MapReader map(root, problems);
  SiteName site;
  Stamp stamp;
  std::string state = "/var/lib";
  EXPECT_TRUE(map.required("site", site));
  EXPECT_FALSE(map.optional("state", state));
  if (const Value* child = map.child("stamp")) read_stamp(*child, problems, stamp);
  map.finish();
  EXPECT_TRUE(problems.empty()) << problems.error().message;
  EXPECT_EQ(site, SiteName("dubai"));
  EXPECT_EQ(state, "/var/lib");
  EXPECT_EQ(stamp.interval, Milliseconds{250});
  EXPECT_EQ(stamp.port, 862);
}

TEST(MapReaderTest, ReportsEverythingAtOnceInTheOrderOfTheFile) {
  Diagnostics problems;
  const Value root = parsed(
      "stmap: {}\n"
      "listen: 80:90:1\n"
      "stamp:\n"
      "  interval: 250\n"
      "  prot: 5\n"
      "completely-else: 1\n");
  MapReader map(root, problems);
  SiteName site;
  Stamp stamp;
  Endpoint listen;
  if (const Value* child = map.child("stamp")) read_stamp(*child, problems, stamp);
  EXPECT_FALSE(map.required("site", site));
  EXPECT_FALSE(map.required("listen", listen));
  map.finish();
  EXPECT_THAT(problems.lines(),
              ElementsAre("f.yaml:1:1: the key 'site' is missing",                   //
                          "f.yaml:1:1: unknown key 'stmap'; did you mean 'stamp'?",  //
                          "f.yaml:2:9: must be an endpoint like [::1]:8080, 127.0.0.1:8080, :8080 or "
                          "unix:/run/name.sock, not '80:90:1' (an IPv6 address needs brackets)",
                          "f.yaml:4:13: must be a duration like 300ms, 20s or 1h, not '250' (the unit is missing)",
                          "f.yaml:5:3: unknown key 'prot'; did you mean 'port'?",
                          "f.yaml:6:1: unknown key 'completely-else'; known here: 'listen', 'site', 'stamp'"));
  const Error error = problems.error();
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(std::ranges::count(error.message, '\n'), 5);
}

TEST(MapReaderTest, WhatIsNoMapIsReportedOnce) {
  Diagnostics problems;
  const Value root = parsed("- a\n- b\n");
  MapReader map(root, problems);
  SiteName site;
  EXPECT_FALSE(map.required("site", site));
  EXPECT_EQ(map.child("state"), nullptr);
  map.finish();
  EXPECT_THAT(problems.lines(), ElementsAre("f.yaml:1:1: must be a map, like 'key: value', not a list"));
}

TEST(MapReaderTest, MessagesStayOnOneLine) {
  Diagnostics problems;
  const Value root = parsed("\"a\\nb\": \"c\\nd\"\n");
  MapReader map(root, problems);
  Milliseconds wait{};
  EXPECT_FALSE(map.optional("a\nb", wait));
  map.finish();
  EXPECT_THAT(problems.lines(), ElementsAre("f.yaml:1:9: must be a duration like 300ms, 20s or 1h, not 'c\\nd'"));
}

TEST(DiagnosticsTest, KeepsFilesApart) {
  Diagnostics problems;
  problems.add({"a", 5, 1}, "five {}", 5);
  problems.add({"a", 2, 9}, "two");
  problems.add({"b", 1, 1}, "one");
  problems.add({"a", 2, 10}, "later");
  EXPECT_THAT(problems.lines(), ElementsAre("a:2:9: two", "a:5:1: five 5", "b:1:1: one", "a:2:10: later"));
}

}  // namespace
}  // namespace pathwise::config
