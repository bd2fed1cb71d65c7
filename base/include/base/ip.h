// SPDX-License-Identifier: Apache-2.0
// IP addresses and prefixes without Asio or netinet headers. Values; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <format>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/error.h"

namespace pathwise {

// 128 bits in network order.
struct Ipv6Address {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] static Result<Ipv6Address> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;  // RFC 5952
  [[nodiscard]] bool is_unspecified() const { return *this == Ipv6Address{}; }
  // 16-bit group `index` (0..7), host order.
  [[nodiscard]] std::uint16_t group(std::size_t index) const {
    return static_cast<std::uint16_t>(bytes[2 * index] << 8 | bytes[2 * index + 1]);
  }
  void set_group(std::size_t index, std::uint16_t value) {
    bytes[2 * index] = static_cast<std::uint8_t>(value >> 8);
    bytes[2 * index + 1] = static_cast<std::uint8_t>(value & 0xFF);
  }
  friend auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Ipv6Address& address) { return out << address.to_string(); }
};

// Host bits are zero: parse() refuses "fd00::1/64" and says what would be right.
struct Ipv6Prefix {
  Ipv6Address address;
  std::uint8_t length = 0;  // 0..128

  [[nodiscard]] static Result<Ipv6Prefix> parse(std::string_view text);
  // `address` masked to `length`.
  [[nodiscard]] static Ipv6Prefix masked(const Ipv6Address& address, std::uint8_t length);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool contains(const Ipv6Address& other) const;
  [[nodiscard]] bool contains(const Ipv6Prefix& other) const;
  // The address with `host` in its last 16 bits: the prefix's router or probe addresses.
  [[nodiscard]] Ipv6Address host(std::uint16_t host) const;
  friend auto operator<=>(const Ipv6Prefix&, const Ipv6Prefix&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Ipv6Prefix& prefix) { return out << prefix.to_string(); }
};

// "[::1]:8080", "127.0.0.1:9464", "name:8080", ":8080" or "8080" (any address), "unix:/run/x.sock".
// Port 0 lets the kernel choose when listening.
struct Endpoint {
  std::string host;  // empty: any address (v4 and v6)
  std::uint16_t port = 0;
  std::string unix_path;  // set: the other two are not used

  [[nodiscard]] static Result<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_unix() const { return !unix_path.empty(); }
  // Whether two listeners of one machine would meet: the same path, or the same port (not 0) on the same address or
  // on one that is every address. Names are compared as they are written.
  [[nodiscard]] bool overlaps(const Endpoint& other) const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Endpoint& endpoint) { return out << endpoint.to_string(); }
};

}  // namespace pathwise

template <>
struct std::hash<pathwise::Ipv6Address> {
  std::size_t operator()(const pathwise::Ipv6Address& address) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
  }
};
template <>
struct std::formatter<pathwise::Ipv6Address> : std::formatter<std::string> {
  auto format(const pathwise::Ipv6Address& address, auto& context) const {
    return std::formatter<std::string>::format(address.to_string(), context);
  }
};
template <>
struct std::formatter<pathwise::Ipv6Prefix> : std::formatter<std::string> {
  auto format(const pathwise::Ipv6Prefix& prefix, auto& context) const {
    return std::formatter<std::string>::format(prefix.to_string(), context);
  }
};
template <>
struct std::formatter<pathwise::Endpoint> : std::formatter<std::string> {
  auto format(const pathwise::Endpoint& endpoint, auto& context) const {
    return std::formatter<std::string>::format(endpoint.to_string(), context);
  }
};
