// SPDX-License-Identifier: Apache-2.0
// Our packets as implementations that are not ours read them (scapy's STAMP layouts, tshark's TWAMP-Test dissector),
// and scapy's probe as our reflector answers it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "hex.h"
#include "te/measure/reflector.h"

namespace pathwise::te {
namespace {

namespace fs = std::filesystem;
const Ipv6Address kSender = *Ipv6Address::parse("fd00:1:a::101");
const Ipv6Address kOurs = *Ipv6Address::parse("fd00:4:a::101");
const SystemTime kReceived{std::chrono::seconds(1'700'000'000) + std::chrono::nanoseconds(250'000'000)};

std::string run(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot run " + command;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, size);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << output;
  return output;
}

std::string scapy(const std::string& arguments) {
  return run("python3 " PATHWISE_SOURCE_DIR "/tests/unit/te/measure/stamp_scapy.py " + arguments);
}

StampSenderPacket probe() {
  StampSenderPacket packet{.sequence = 0x01020304, .timestamp = {0x65000001, 0x0ABCDEF0}, .ssid = 0x1234, .tlvs = {}};
  packet.error_estimate = {.synchronized = true, .ptp = true, .scale = 2, .multiplier = 5};
  packet.tlvs.list = {ReturnPath{.address = kSender}.tlv(),
                      ClassOfService{.dscp1 = 46}.tlv(),
                      FollowUpTelemetry{}.tlv(),
                      TimestampInformation{}.tlv(),
                      {.type = kTlvLocation, .value = {0, 0, 0, 0}}};
  return packet;
}

Octets answer(std::span<const std::uint8_t> octets) {
  Reflector reflector({.clock = ErrorEstimate::of(true, std::chrono::microseconds(10)),
                       .can_return_to = [](const Ipv6Address& address) { return address == kSender; }});
  const ProbeArrival arrival{.source = kSender,
                             .source_port = 40'000,
                             .destination = kOurs,
                             .hop_limit = 61,
                             .traffic_class = 46 << 2,
                             .received = kReceived};
  Octets reply(kStampMaxSize);
  const auto result = reflector.reflect(octets, arrival, kReceived + std::chrono::microseconds(20), reply);
  EXPECT_TRUE(result);
  reply.resize(result ? result->size : 0);
  return reply;
}

TEST(Scapy, ReadsOurProbe) {
  EXPECT_EQ(scapy("decode sender " + to_hex(probe().encode())),
            "seq 16909060\nts 650000010abcdef0\nestimate 1 1 2 5\nssid 4660\nmbz 0\n"
            "tlv 80 10 20 80020010fd000001000a00000000000000000101\n"
            "tlv 80 4 4 b8000000\n"
            "tlv 80 7 16 00000000000000000000000000000000\n"
            "tlv 80 3 4 00000000\n"
            "tlv 80 2 4 00000000\nrest 0\n");
}

TEST(Scapy, ReadsOurReply) {
  EXPECT_EQ(scapy("decode reflector " + to_hex(answer(probe().encode()))),
            "seq 16909060\nts 6553f1000ee700a0\nestimate 1 1 8 168\nssid 4660\n"
            "ts_rx 6553f1000ee6b280\nseq_sender 16909060\nts_sender 650000010abcdef0\nestimate_sender 1 1 2 5\n"
            "mbz 0 0\nttl_sender 61\n"
            "tlv 00 10 20 80020010fd000001000a00000000000000000101\n"
            "tlv 00 4 4 bae00000\n"  // DSCP2 46 as it arrived
            "tlv 00 7 16 00000000000000000000000000000000\n"
            "tlv 00 3 4 05020502\n"
            "tlv 80 2 4 00000000\nrest 0\n");
}

// NTP time, flags and an unknown TLV as another implementation sends them.
TEST(Scapy, IsAnsweredByOurReflector) {
  const std::string hex = scapy("probe 7 291 4:b8000000 200:0102");
  const auto reply = answer(from_hex(hex.substr(0, hex.size() - 1)));
  EXPECT_EQ(scapy("decode reflector " + to_hex(reply)),
            "seq 7\nts e8fe6f8040014f8b\nestimate 1 0 8 168\nssid 291\n"
            "ts_rx e8fe6f8040000000\nseq_sender 7\nts_sender e875470040000000\nestimate_sender 1 0 3 200\n"
            "mbz 0 0\nttl_sender 61\n"
            "tlv 00 4 4 bae00000\n"
            "tlv 80 200 2 0102\nrest 0\n");
}

// A classic pcap file of raw IPv6 packets (link type 101).
class Pcap {
 public:
  explicit Pcap(const fs::path& path) : file_(path, std::ios::binary) {
    put(from_hex("a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000065"));
  }
  void add(std::uint16_t from_port, std::uint16_t to_port, const Octets& payload) {
    Octets packet = from_hex("60000000 0000 11 40 fd000000000000000000000000000001 fd000000000000000000000000000002");
    const auto append16 = [&](std::size_t value) {
      packet.push_back(static_cast<std::uint8_t>(value >> 8));
      packet.push_back(static_cast<std::uint8_t>(value & 0xFF));
    };
    append16(from_port);
    append16(to_port);
    append16(8 + payload.size());
    append16(0);
    packet[4] = static_cast<std::uint8_t>((8 + payload.size()) >> 8);
    packet[5] = static_cast<std::uint8_t>((8 + payload.size()) & 0xFF);
    packet.insert(packet.end(), payload.begin(), payload.end());
    Octets record(8);
    for (int i = 0; i < 2; ++i) {
      record.push_back(0);
      record.push_back(0);
      record.push_back(static_cast<std::uint8_t>(packet.size() >> 8));
      record.push_back(static_cast<std::uint8_t>(packet.size() & 0xFF));
    }
    put(record);
    put(packet);
  }

 private:
  void put(const Octets& octets) {
    file_.write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  }
  std::ofstream file_;
};

// Its dissector knows TWAMP-Test (RFC 5357), whose base fields STAMP shares; the TLVs are padding to it.
TEST(Tshark, ReadsTheBaseOfOurPackets) {
  const fs::path path = fs::temp_directory_path() / formatted("pathwise-stamp-{}.pcap", ::getpid());
  {
    Pcap pcap(path);
    pcap.add(40'000, 862, probe().encode());
    pcap.add(862, 40'000, answer(probe().encode()));
  }
  const std::string tshark = "tshark -r " + path.string() + " -d udp.port==862,twamp.test ";
  EXPECT_EQ(
      run(tshark + "-T fields -E separator=/s -e twamp.test.seq_number -e twamp.test.error_estimate.s "
                   "-e twamp.test.error_estimate.z -e twamp.test.error_estimate.scale "
                   "-e twamp.test.error_estimate.multiplier -e twamp.test.sender_seq_number -e twamp.test.sender_ttl "
                   "2>/dev/null"),
      "16909060 True,False True,False 2,0 5,0 0 0\n"  // it reads a probe as a reply too: the second ones are zeros
      "16909060 True,True True,True 8,2 168,5 16909060 61\n");
  EXPECT_EQ(run(tshark + "-Y '_ws.malformed' -T fields -e frame.number 2>/dev/null"), "");
  fs::remove(path);
}

}  // namespace
}  // namespace pathwise::te
