// SPDX-License-Identifier: Apache-2.0
// Big-endian integers in octets whose length the caller has checked. Values; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "te/measure/stamp_packet.h"

namespace pathwise::te {

class OctetReader {
 public:
  explicit OctetReader(std::span<const std::uint8_t> octets) : octets_(octets) {}
  std::uint8_t u8() { return octets_[at_++]; }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  StampTimestamp timestamp() {
    StampTimestamp timestamp;
    timestamp.seconds = u32();
    timestamp.fraction = u32();
    return timestamp;
  }
  void skip(std::size_t count) { at_ += count; }

 private:
  std::span<const std::uint8_t> octets_;
  std::size_t at_ = 0;
};

class OctetWriter {
 public:
  explicit OctetWriter(std::span<std::uint8_t> octets) : octets_(octets) {}
  void u8(std::uint8_t value) { octets_[at_++] = value; }
  void u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8));
    u8(static_cast<std::uint8_t>(value & 0xFF));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value & 0xFFFF));
  }
  void timestamp(const StampTimestamp& timestamp) {
    u32(timestamp.seconds);
    u32(timestamp.fraction);
  }
  void zeros(std::size_t count) {
    std::ranges::fill(octets_.subspan(at_, count), std::uint8_t{0});
    at_ += count;
  }
  void bytes(std::span<const std::uint8_t> data) {
    std::ranges::copy(data, octets_.subspan(at_).begin());
    at_ += data.size();
  }

 private:
  std::span<std::uint8_t> octets_;
  std::size_t at_ = 0;
};

}  // namespace pathwise::te
