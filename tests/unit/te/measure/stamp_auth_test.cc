// SPDX-License-Identifier: Apache-2.0
// HMACs are checked against Python's hmac module, computed apart.
#include "te/measure/stamp_auth.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/process.h"
#include "hex.h"
#include "te/measure/stamp_tlv.h"

namespace pathwise::te {
namespace {

constexpr std::string_view kKeyHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr std::string_view kOtherHex = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

StampKey key(std::string_view hex = kKeyHex) {
  return *StampKey::from_hex(hex);
}

StampSenderPacket probe() {
  StampSenderPacket packet{.sequence = 7, .timestamp = {0x65000001, 0xabcd}, .ssid = 0x1234, .tlvs = {}};
  packet.error_estimate = {.synchronized = true, .ptp = true, .scale = 2, .multiplier = 5};
  return packet;
}

Octets signed_probe(std::vector<StampTlv> tlvs = {}) {
  StampSenderPacket packet = probe();
  packet.tlvs.list = std::move(tlvs);
  Octets octets = packet.encode(StampMode::kAuthenticated);
  sign(octets, StampMode::kAuthenticated, key());
  return octets;
}

TlvIntegrity integrity(const Octets& octets, StampMode mode = StampMode::kAuthenticated) {
  const StampKey keys[] = {key()};
  return check_tlvs(octets, mode, keys);
}

TEST(StampKey, IsRfc4231sHmac) {
  const Octets text = {'H', 'i', ' ', 'T', 'h', 'e', 'r', 'e'};
  const auto hmac = StampKey::from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")->hmac(text);
  EXPECT_EQ(to_hex(hmac), "b0344c61d8db38535ca8afceaf0bf12b");
  EXPECT_EQ(key().hmac(text), key().hmac(std::span(text).first(3), std::span(text).subspan(3)));
}

TEST(Sign, TheHmacIsOverTheFirst96Octets) {
  const Octets octets = signed_probe();
  EXPECT_EQ(to_hex(std::span(octets).subspan(kStampHmacAt)), "138831f5f240a1bae84942398378f773");
}

TEST(Sign, TheTlvHmacIsOverTheSequenceNumberAndTheTlvsBefore) {
  const Octets octets = signed_probe({ClassOfService{.dscp1 = 46}.tlv(), hmac_tlv(), *extra_padding_tlv(40)});
  const auto tlvs = StampTlvs::decode(std::span(octets).subspan(kStampAuthenticatedSize));
  ASSERT_EQ(tlvs.list.size(), 3u);
  EXPECT_EQ(to_hex(tlvs.list[1].value), "2f556bae6162b93341ee8ddf894a6e1a");
  EXPECT_EQ(integrity(octets), TlvIntegrity::kGood);
}

TEST(SignerOf, EveryOctetOfTheBaseCounts) {
  const std::vector<StampKey> keys{key(kOtherHex), key()};
  const Octets good = signed_probe();
  EXPECT_EQ(signer_of(good, keys), &keys[1]);
  for (std::size_t i = 0; i < good.size(); ++i) {
    Octets bad = good;
    bad[i] ^= 1;
    EXPECT_EQ(signer_of(bad, keys), nullptr) << i;
  }
  EXPECT_EQ(signer_of(good, std::span(keys).first(1)), nullptr);
  EXPECT_EQ(signer_of(std::span(good).first(111), keys), nullptr);
}

// RFC 8972 section 4.8.
TEST(CheckTlvs, EveryOctetCountsButTheHmacTlvsOwnFlags) {
  const Octets good = signed_probe({ClassOfService{.dscp1 = 46}.tlv(), hmac_tlv()});
  const std::size_t own_flags = kStampAuthenticatedSize + 8;
  for (std::size_t i = kStampAuthenticatedSize; i < good.size(); ++i) {
    if (i == own_flags) continue;
    Octets bad = good;
    bad[i] ^= 1;
    EXPECT_NE(integrity(bad), TlvIntegrity::kGood) << i;
  }
}

TEST(CheckTlvs, AnAuthenticatedPacketsTlvsNeedAnHmacTlvUnlessOnePadding) {
  EXPECT_EQ(integrity(signed_probe()), TlvIntegrity::kUnprotected);
  EXPECT_EQ(integrity(signed_probe({*extra_padding_tlv(40)})), TlvIntegrity::kUnprotected);
  EXPECT_EQ(integrity(signed_probe({*extra_padding_tlv(40), *extra_padding_tlv(40)})), TlvIntegrity::kFailed);
  EXPECT_EQ(integrity(signed_probe({ClassOfService{}.tlv()})), TlvIntegrity::kFailed);
}

TEST(CheckTlvs, AnHmacTlvInTheWrongPlaceFails) {
  EXPECT_EQ(integrity(signed_probe({hmac_tlv(), ClassOfService{}.tlv()})), TlvIntegrity::kFailed);
  EXPECT_EQ(integrity(signed_probe({hmac_tlv(), hmac_tlv()})), TlvIntegrity::kFailed);
  StampTlv shorter = hmac_tlv();
  shorter.value.pop_back();
  EXPECT_EQ(integrity(signed_probe({shorter})), TlvIntegrity::kFailed);
  Octets truncated = signed_probe({hmac_tlv()});
  truncated.push_back(0x80);
  EXPECT_EQ(integrity(truncated), TlvIntegrity::kFailed);
}

TEST(CheckTlvs, UnauthenticatedPacketsMayHaveOneToo) {
  StampSenderPacket packet = probe();
  packet.tlvs.list = {ClassOfService{}.tlv(), hmac_tlv()};
  Octets octets = packet.encode();
  sign(octets, StampMode::kUnauthenticated, key());
  EXPECT_EQ(integrity(octets, StampMode::kUnauthenticated), TlvIntegrity::kGood);
  octets[3] ^= 1;  // the sequence number
  EXPECT_EQ(integrity(octets, StampMode::kUnauthenticated), TlvIntegrity::kFailed);
  EXPECT_EQ(check_tlvs(octets, StampMode::kUnauthenticated, {}), TlvIntegrity::kFailed);  // no key to check it with
}

class KeyFile : public testing::Test {
 protected:
  KeyFile() : path_(std::filesystem::temp_directory_path() / ("pathwise-stamp-key-" + std::to_string(::getpid()))) {}
  ~KeyFile() override { std::filesystem::remove(path_); }
  Result<std::vector<StampKey>> load(std::string_view text, unsigned mode = 0600) {
    EXPECT_TRUE(write_file_atomically(path_, text, mode));
    return load_stamp_keys(path_);
  }
  std::string path_;
};

TEST_F(KeyFile, HasAKeyALine) {
  const auto keys = load("# new key last\n" + std::string(kKeyHex) + "\r\n\n  " + std::string(kOtherHex) + "  ");
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[0].hmac({}), key().hmac({}));
  EXPECT_EQ((*keys)[1].hmac({}), key(kOtherHex).hmac({}));
}

TEST_F(KeyFile, IsRefusedIfOthersMayReadOrTheGroupWrite) {
  for (const unsigned mode : {0604U, 0602U, 0620U, 0666U}) {
    const auto keys = load(kKeyHex, mode);
    ASSERT_FALSE(keys) << mode;
    EXPECT_EQ(keys.error().code, ErrorCode::kPermissionDenied);
    EXPECT_TRUE(keys.error().message.contains("chmod 0600 " + path_)) << keys.error().message;
  }
  EXPECT_TRUE(load(kKeyHex, 0640));  // a group of its own may read it
}

TEST_F(KeyFile, MistakesAreNamedAndTheKeyIsNot) {
  for (const std::string& wrong : {std::string("abc"), std::string(kKeyHex) + "0", std::string(31, 'a') + "g",
                                   std::string(130, 'a'), std::string("# nothing\n")}) {
    const auto keys = load(wrong);
    ASSERT_FALSE(keys) << wrong;
    EXPECT_TRUE(keys.error().message.contains(path_)) << keys.error().message;
    EXPECT_FALSE(keys.error().message.contains("aaaa") || keys.error().message.contains("0405"))
        << keys.error().message;
  }
  const auto second = load(std::string(kKeyHex) + "\nxyz\n");
  EXPECT_TRUE(second.error().message.contains(path_ + ":2")) << second.error().message;
  std::filesystem::remove(path_);
  EXPECT_FALSE(load_stamp_keys(path_));
}

}  // namespace
}  // namespace pathwise::te
