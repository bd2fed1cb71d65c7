// SPDX-License-Identifier: Apache-2.0
// One session of the sender without its socket: the probe as it goes out, and what a reply's octets mean for the
// session. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "te/measure/stamp_udp.h"
#include "udp_socket.h"

namespace pathwise::te {

// What became of a datagram that came for a session.
enum class ReplyVerdict : std::uint8_t { kTaken, kTakenWithoutTlvs, kMalformed, kBadHmac, kUnmatched };

class SenderSession {
 public:
  // kInvalidArgument if the probe would be too long.
  [[nodiscard]] static Result<SenderSession> create(StampSessionId id, StampSessionConfig config, StampMode mode,
                                                    const ErrorEstimate& clock);

  // The next probe, valid until the one after it; `key` signs it if the session is authenticated.
  [[nodiscard]] std::span<std::uint8_t> next_probe(ProbeTime now, const StampKey* key);
  [[nodiscard]] DatagramTarget target() const;
  // `octets` came from config().remote.
  ReplyVerdict on_reply(ProbeTime now, std::span<const std::uint8_t> octets, SystemTime received,
                        std::span<const StampKey> keys, const ErrorEstimate& clock);
  [[nodiscard]] StampSessionReport report(SteadyTime now) const;

  [[nodiscard]] const StampSessionConfig& config() const { return config_; }
  [[nodiscard]] SessionSender& machine() { return machine_; }
  [[nodiscard]] const SessionSender& machine() const { return machine_; }
  [[nodiscard]] std::uint32_t last_sequence() const { return last_sequence_; }

  SteadyTime next_send;
  std::uint32_t generation = 0;  // tells a wake-up for a removed session whose SSID was given again
  bool reported_alive = false;

 private:
  SenderSession(StampSessionConfig config, StampMode mode);
  // What the TLVs say, up to the first that is malformed.
  void read_tlvs(std::span<const std::uint8_t> tlvs);
  void read_tlv(const ConstTlvView& tlv);

  StampSessionConfig config_;
  StampMode mode_;
  std::vector<std::uint8_t> probe_;
  SessionSender machine_;
  std::uint32_t last_sequence_ = 0;
  SystemTime last_reply_;
  ReturnVia return_via_ = ReturnVia::kUnknown;
  PeerKind peer_ = PeerKind::kUnknown;
  std::optional<std::uint8_t> dscp_arrived_;
  std::optional<TimestampInformation> clock_;
};

}  // namespace pathwise::te
