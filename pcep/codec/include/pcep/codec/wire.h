// SPDX-License-Identifier: Apache-2.0
// Bytes in network order. The reader cannot overrun: a read past the end yields zero and marks it
// failed, so that a decoder reads all its fields and asks once. The writer fills in lengths when
// their scope ends. Values; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "pcep/codec/code_points.h"

namespace pathwise::pcep {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

struct Ipv4Address {
  std::array<std::uint8_t, 4> bytes{};
  friend auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;
};

// Borrows the bytes.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  float f32();
  Ipv4Address ipv4();
  Ipv6Address ipv6();
  // The next `count` bytes; empty and failed if there are fewer.
  ByteView take(std::size_t count);
  void skip(std::size_t count) { take(count); }
  ByteView rest() { return take(remaining()); }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

// Owns the bytes. A length that does not fit its field marks the writer overflowed; the bytes are
// then worthless and must not be sent.
class Writer {
 public:
  // A length field that is filled in when the scope ends.
  class Scope {
   public:
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

   private:
    friend class Writer;
    struct Layout {
      std::size_t field = 0;    // where the length stands
      std::size_t counted = 0;  // the first byte that counts
      std::size_t width = 2;    // of the length field
      bool pad = false;         // to 4 bytes, after the length was taken
    };
    Scope(Writer& writer, Layout layout) : writer_(writer), layout_(layout) {}
    Writer& writer_;
    Layout layout_;
  };

  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void f32(float value);
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void text(std::string_view text);
  void ipv4(const Ipv4Address& address) { raw(address.bytes); }
  void ipv6(const Ipv6Address& address) { raw(address.bytes); }
  void zeros(std::size_t count) { bytes_.insert(bytes_.end(), count, 0); }

  // Each writes its header and returns the scope of its body.
  [[nodiscard]] Scope message(MessageType type, std::uint8_t flags = 0);
  [[nodiscard]] Scope object(std::uint8_t object_class, std::uint8_t object_type, std::uint8_t flags);
  [[nodiscard]] Scope tlv(std::uint16_t type);
  [[nodiscard]] Scope subobject(std::uint8_t first_octet);

  [[nodiscard]] bool overflowed() const { return overflowed_; }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] Bytes release() && { return std::move(bytes_); }

 private:
  void close(const Scope::Layout& layout);
  Bytes bytes_;
  bool overflowed_ = false;
};

// Zero bytes that follow `size` bytes up to the next multiple of four.
[[nodiscard]] constexpr std::size_t padding(std::size_t size) {
  return (4 - size % 4) % 4;
}

}  // namespace pathwise::pcep
