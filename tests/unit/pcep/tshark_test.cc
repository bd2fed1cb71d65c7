// SPDX-License-Identifier: Apache-2.0
// Every message that the PCC and the PCE send, and one with every object of the codec, dissected by
// tshark: no malformed packet, no expert complaint.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "wire_fixture.h"

namespace pathwise::pcep::test {
namespace {

namespace fs = std::filesystem;

// A classic pcap file of raw IPv6 packets (link type 101), one PCEP message in each.
class Pcap {
 public:
  explicit Pcap(const fs::path& path) : file_(path, std::ios::binary) {
    Writer header;
    header.u32(0xA1B2C3D4);
    header.u16(2);
    header.u16(4);
    header.zeros(8);
    header.u32(65535);
    header.u32(101);
    write(header.bytes());
  }
  void add(const Bytes& message) {
    Writer packet;
    const auto total = static_cast<std::uint32_t>(40 + 20 + message.size());
    packet.u32(count_++);
    packet.u32(0);
    packet.u32(total);
    packet.u32(total);
    packet.u32(0x60000000);  // IPv6
    packet.u16(static_cast<std::uint16_t>(20 + message.size()));
    packet.u8(6);
    packet.u8(64);
    packet.ipv6(ip("fd00::1"));
    packet.ipv6(ip("fd00::2"));
    packet.u16(4189);  // TCP
    packet.u16(4189);
    packet.u32(sequence_);
    packet.u32(1);
    packet.u16(0x5018);
    packet.u16(65535);
    packet.u32(0);
    packet.raw(message);
    write(packet.bytes());
    sequence_ += static_cast<std::uint32_t>(message.size());
  }

 private:
  void write(const Bytes& bytes) {
    file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  std::ofstream file_;
  std::uint32_t count_ = 0;
  std::uint32_t sequence_ = 1;
};

std::string run(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot run tshark";
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, size);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << output;
  return output;
}

class TsharkTest : public WireFixture {
 protected:
  TsharkTest() : path_(fs::temp_directory_path() / formatted("pathwise-pcep-{}.pcap", ::getpid())) {}
  ~TsharkTest() override { fs::remove(path_); }
  // What tshark has against these messages, and the names of the messages that it saw.
  void dissect(const std::vector<Message>& messages) {
    {
      Pcap pcap(path_);
      for (const Message& message : messages) pcap.add(encode_message(message).value());
    }
    const std::string tshark = "tshark -r " + path_.string() + " -o tcp.check_checksum:FALSE";
    seen = run(tshark + " -T fields -e pcep.msg 2>/dev/null");
    complaints = run(tshark +
                     " -Y 'pcep && (_ws.malformed || _ws.expert)' -T fields -E 'aggregator=|' -e _ws.malformed "
                     "-e _ws.expert.message 2>/dev/null");
  }
  fs::path path_;
  std::string seen;
  std::string complaints;
};

TEST_F(TsharkTest, EverythingThatAPccAndAPceSay) {
  ASSERT_TRUE(pcc->set_lsps({realtime()}).has_value());
  Wire wire(pcc->peer(0), *pce, clock);
  wire.pump();
  install(0);
  wire.pump();
  delay = 31'000us;
  pce->topology_changed("topology changed");  // an empty ERO
  wire.pump();
  delay = 12'000us;
  pce->topology_changed("topology changed");
  wire.pump();
  pcc->failed("dubai-realtime", observer.updates.back().srp_id, LspErrorCode::kInternal);
  Message wrong{.type = MessageType::kPcUpd};
  append(wrong, UpdateRequest{});
  ASSERT_TRUE(wire.pce_peer().send(wrong, clock.now()).has_value());  // answered by a PCErr
  wire.pump();
  ASSERT_TRUE(pcc->set_lsps({}).has_value());
  clock.advance(30s);
  pcc->expire();
  wire.pump();
  pcc->peer(0).close(CloseReason::kNoExplanation, clock.now());
  wire.pump();
  std::vector<Message> messages = wire.to_pce;
  messages.insert(messages.end(), wire.to_pcc.begin(), wire.to_pcc.end());
  dissect(messages);
  for (const char* type : {"1\n", "2\n", "6\n", "7\n", "10\n", "11\n"})
    EXPECT_NE(("\n" + seen).find(std::string("\n") + type), std::string::npos) << type << seen;
  EXPECT_EQ(complaints, "");
}

TEST_F(TsharkTest, EverySrv6SubobjectAndStatelessObject) {
  const Ipv6Address sid = ip("fcbb:bb00:2::");
  const SidStructure structure{32, 16, 0, 80};
  const std::vector<Subobject> hops{
      Srv6Subobject{.behavior = kBehaviorEndNextCsid, .sid = sid, .structure = structure},
      Srv6Subobject{.loose = true, .behavior = kBehaviorEnd, .sid = sid, .nai = NodeNai{sid}},
      Srv6Subobject{
          .behavior = kBehaviorEndXNextCsid, .sid = sid, .nai = AdjacencyNai{sid, sid}, .structure = structure},
      Srv6Subobject{.verify = true, .sid = sid, .nai = LinkLocalNai{sid, 1, sid, 2}, .structure = structure},
      Srv6Subobject{.behavior = kBehaviorEnd, .nai = NodeNai{sid}}};
  RpObject rp{.request_id = 9};
  rp.tlvs.emplace_back(PathSetupTypeTlv{PathSetupType::kSrv6});
  Message request{.type = MessageType::kPcReq};
  request.objects = {rp, EndPointsObject{EndPointsObject::V6{sid, sid}}, LspaObject{}, BandwidthObject{25e6F},
                     MetricObject{kMetricBound, MetricType::kPathDelay, 30'000}};
  for (Object& object : request.objects) object.processing = true;
  Message reply{.type = MessageType::kPcRep, .objects = {rp, EroObject{hops}, BandwidthObject{25e6F}}};
  Message no_path{
      .type = MessageType::kPcRep,
      .objects = {rp, NoPathObject{.flags = kNoPathUnsatisfied, .tlvs = {NoPathVectorTlv{kNoPathUnknownSource}}}}};
  Message notification{.type = MessageType::kNotification, .objects = {NotificationObject{.type = 2, .value = 1}}};
  dissect({request, reply, no_path, notification});
  EXPECT_EQ(seen, "3\n4\n4\n5\n");
  // tshark 4.4 takes NT 0, which RFC 9603 section 4.3.1 defines, for undefined: once, for the first hop. Our own
  // parser reads those bytes back.
  EXPECT_EQ(complaints, "\tNon defined NAI type (0) for this subobject\n");
  EXPECT_EQ(decode_message(encode_message(reply).value()), reply);
}

}  // namespace
}  // namespace pathwise::pcep::test
