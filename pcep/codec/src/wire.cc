// SPDX-License-Identifier: Apache-2.0
#include "pcep/codec/wire.h"

#include <algorithm>
#include <bit>

namespace pathwise::pcep {

ByteView Reader::take(std::size_t count) {
  if (failed_ || count > remaining()) {
    failed_ = true;
    return {};
  }
  const ByteView view = bytes_.subspan(at_, count);
  at_ += count;
  return view;
}

std::uint8_t Reader::u8() {
  const ByteView view = take(1);
  return view.empty() ? 0 : view[0];
}

std::uint16_t Reader::u16() {
  const ByteView view = take(2);
  return view.empty() ? 0 : static_cast<std::uint16_t>(view[0] << 8 | view[1]);
}

std::uint32_t Reader::u32() {
  const std::uint32_t high = u16();
  return high << 16 | u16();
}

float Reader::f32() {
  return std::bit_cast<float>(u32());
}

Ipv4Address Reader::ipv4() {
  Ipv4Address address;
  std::ranges::copy(take(address.bytes.size()), address.bytes.begin());
  return address;
}

Ipv6Address Reader::ipv6() {
  Ipv6Address address;
  std::ranges::copy(take(address.bytes.size()), address.bytes.begin());
  return address;
}

void Writer::u16(std::uint16_t value) {
  u8(static_cast<std::uint8_t>(value >> 8));
  u8(static_cast<std::uint8_t>(value & 0xFF));
}

void Writer::u32(std::uint32_t value) {
  u16(static_cast<std::uint16_t>(value >> 16));
  u16(static_cast<std::uint16_t>(value & 0xFFFF));
}

void Writer::f32(float value) {
  u32(std::bit_cast<std::uint32_t>(value));
}

void Writer::text(std::string_view text) {
  bytes_.insert(bytes_.end(), text.begin(), text.end());
}

Writer::Scope Writer::message(MessageType type, std::uint8_t flags) {
  const std::size_t start = bytes_.size();
  u8(static_cast<std::uint8_t>(kVersion << 5 | (flags & 0x1F)));
  u8(static_cast<std::uint8_t>(type));
  u16(0);
  return Scope(*this, {.field = start + 2, .counted = start});
}

Writer::Scope Writer::object(std::uint8_t object_class, std::uint8_t object_type, std::uint8_t flags) {
  const std::size_t start = bytes_.size();
  u8(object_class);
  u8(static_cast<std::uint8_t>(object_type << 4 | (flags & 0x0F)));
  u16(0);
  return Scope(*this, {.field = start + 2, .counted = start});
}

Writer::Scope Writer::tlv(std::uint16_t type) {
  const std::size_t start = bytes_.size();
  u16(type);
  u16(0);
  return Scope(*this, {.field = start + 2, .counted = start + 4, .pad = true});
}

Writer::Scope Writer::subobject(std::uint8_t first_octet) {
  const std::size_t start = bytes_.size();
  u8(first_octet);
  u8(0);
  return Scope(*this, {.field = start + 1, .counted = start, .width = 1});
}

Writer::Scope::~Scope() {
  writer_.close(layout_);
}

void Writer::close(const Scope::Layout& layout) {
  const std::size_t length = bytes_.size() - layout.counted;
  if (length > (layout.width == 1 ? 0xFFU : kMaxMessageSize)) overflowed_ = true;
  if (layout.width == 1) {
    bytes_[layout.field] = static_cast<std::uint8_t>(length);
  } else {
    bytes_[layout.field] = static_cast<std::uint8_t>(length >> 8);
    bytes_[layout.field + 1] = static_cast<std::uint8_t>(length);
  }
  if (layout.pad) zeros(padding(length));
}

}  // namespace pathwise::pcep
