// SPDX-License-Identifier: Apache-2.0
// Hex vectors, both ways: the bytes become the expected structs, and the structs become the bytes.
#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "pcep/codec/grammar.h"

namespace pathwise::pcep {
namespace {

namespace fs = std::filesystem;

const fs::path kVectors = fs::path(PATHWISE_SOURCE_DIR) / "tests" / "vectors" / "pcep";

Bytes read_hex(const fs::path& path) {
  Bytes bytes;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    line = line.substr(0, line.find('#'));
    std::erase(line, ' ');
    for (std::size_t at = 0; at + 1 < line.size(); at += 2) {
      std::uint8_t byte = 0;
      std::from_chars(line.data() + at, line.data() + at + 2, byte, 16);
      bytes.push_back(byte);
    }
  }
  return bytes;
}

Message decoded(const std::string& name) {
  Decoded<Message> message = decode_message(read_hex(kVectors / name));
  EXPECT_TRUE(message.has_value()) << name << ": " << message.error().detail;
  return message.value_or(Message{});
}

Ipv6Address ip(const char* text) {
  return Ipv6Address::parse(text).value();
}

TEST(CodecVector, EveryFileSurvivesARoundTrip) {
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(kVectors)) {
    if (entry.path().extension() != ".hex") continue;
    ++files;
    const Bytes bytes = read_hex(entry.path());
    const Decoded<Message> message = decode_message(bytes);
    ASSERT_TRUE(message.has_value()) << entry.path() << ": " << message.error().detail;
    EXPECT_EQ(encode_message(*message).value(), bytes) << entry.path();
  }
  EXPECT_GE(files, 9);
}

TEST(CodecVector, OpenWithSrv6Capability) {
  OpenObject open{.keepalive = 30, .dead_timer = 120, .session_id = 1};
  open.tlvs.emplace_back(StatefulPceCapabilityTlv{kCapabilityUpdate});
  PathSetupTypeCapabilityTlv setup{.types = {PathSetupType::kSrv6}};
  setup.sub_tlvs.emplace_back(Srv6PceCapability{});
  open.tlvs.emplace_back(setup);
  const Message message = make_open(open);
  EXPECT_EQ(decoded("open_srv6.hex"), message);
  EXPECT_EQ(encode_message(message).value(), read_hex(kVectors / "open_srv6.hex"));
}

TEST(CodecVector, UnknownTlvKeepsItsBytes) {
  const Message message = decoded("open_unknown_tlv.hex");
  const auto* open = find<OpenObject>(message);
  ASSERT_NE(open, nullptr);
  const auto* unknown = find<UnknownTlv>(open->tlvs);
  ASSERT_NE(unknown, nullptr);
  EXPECT_EQ(unknown->type, 0xFF01);
  EXPECT_EQ(unknown->value, (Bytes{'a', 'b', 'c', 'd', 'e'}));
}

TEST(CodecVector, UpdateWithSrv6Ero) {
  UpdateRequest update;
  update.srp.srp_id = 42;
  update.srp.tlvs.emplace_back(PathSetupTypeTlv{PathSetupType::kSrv6});
  update.lsp = {.plsp_id = 7, .flags = kLspDelegate | kLspAdministrative};
  update.ero.hops.emplace_back(Srv6Subobject{
      .behavior = kBehaviorEndNextCsid, .sid = ip("fcbb:bb00:2::"), .structure = SidStructure{32, 16, 0, 80}});
  update.ero.hops.emplace_back(
      Srv6Subobject{.behavior = kBehaviorEndNextCsid, .sid = ip("fcbb:bb00:4::"), .nai = NodeNai{ip("fd00::4")}});
  update.attributes.bandwidth = BandwidthObject{25e6F};
  update.attributes.metrics.push_back({kMetricComputed, MetricType::kPathDelay, 12'000});
  Message message{.type = MessageType::kPcUpd};
  append(message, update);
  const Message wire = decoded("pcupd_srv6.hex");
  const auto parsed = parse_updates(wire);
  ASSERT_EQ(parsed.size(), 1U);
  ASSERT_TRUE(parsed[0].has_value());
  EXPECT_EQ(*parsed[0], update);
  EXPECT_EQ(encode_message(message).value(), read_hex(kVectors / "pcupd_srv6.hex"));
}

TEST(CodecVector, ReportOfADelegatedLsp) {
  const auto parsed = parse_reports(decoded("pcrpt_delegated.hex"));
  ASSERT_EQ(parsed.size(), 1U);
  ASSERT_TRUE(parsed[0].has_value());
  const StateReport& report = *parsed[0];
  EXPECT_EQ(report.srp->setup_type(), PathSetupType::kSrv6);
  EXPECT_EQ(report.lsp.plsp_id, 1U);
  EXPECT_TRUE(report.lsp.delegated());
  EXPECT_TRUE(report.lsp.syncing());
  EXPECT_TRUE(report.lsp.administrative());
  EXPECT_EQ(report.lsp.operational(), Operational::kDown);
  EXPECT_EQ(find<SymbolicPathNameTlv>(report.lsp.tlvs)->name, "dubai-realtime12");
  EXPECT_EQ(find<Ipv6LspIdentifiersTlv>(report.lsp.tlvs)->destination, ip("fd00::4"));
  EXPECT_TRUE(report.ero.hops.empty());
  ASSERT_EQ(report.associations.size(), 1U);
  const auto* policy = find<ExtendedAssociationIdTlv>(report.associations[0].tlvs);
  ASSERT_NE(policy, nullptr);
  EXPECT_EQ(sr_policy_of(*policy), (std::pair{Color{10}, ip("fd00::4")}));
  EXPECT_EQ(report.intended.lspa->exclude_any, 2U);
  EXPECT_EQ(report.intended.metrics, (std::vector<MetricObject>{{kMetricBound, MetricType::kPathDelay, 30'000}}));
}

TEST(CodecVector, UnknownObjectKeepsItsBytesAndFlags) {
  const Message message = decoded("pcreq_unknown_object.hex");
  const Object& last = message.objects.back();
  EXPECT_TRUE(last.processing);
  EXPECT_FALSE(last.ignored);
  EXPECT_EQ(std::get<UnknownObject>(last.body), (UnknownObject{200, 3, {0xde, 0xad, 0xbe, 0xef}}));
}

TEST(CodecVector, NoPathSaysWhy) {
  const Message message = decoded("pcrep_no_path.hex");
  const auto* no_path = find<NoPathObject>(message);
  ASSERT_NE(no_path, nullptr);
  EXPECT_EQ(no_path->flags, kNoPathUnsatisfied);
  EXPECT_EQ(find<NoPathVectorTlv>(no_path->tlvs)->flags, kNoPathUnknownDestination);
}

}  // namespace
}  // namespace pathwise::pcep
