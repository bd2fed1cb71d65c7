// SPDX-License-Identifier: Apache-2.0
// Strong types for the names and numbers that cross module boundaries, so that a site's name
// can never be passed for a tier's. Values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace pathwise {

// A name with a tag. Ordered and hashable; compares with its own kind only.
template <typename Tag>
class Name {
 public:
  Name() = default;
  explicit Name(std::string value) : value_(std::move(value)) {}
  explicit Name(std::string_view value) : value_(value) {}
  explicit Name(const char* value) : value_(value) {}
  [[nodiscard]] const std::string& str() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
  friend auto operator<=>(const Name&, const Name&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Name& name) { return out << name.value_; }

 private:
  std::string value_;
};

// A number with a tag.
template <typename Tag, typename Rep>
class Number {
 public:
  constexpr Number() = default;
  constexpr explicit Number(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Number&, const Number&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Number& number) { return out << +number.value_; }

 private:
  Rep value_{};
};

using SiteName = Name<struct SiteTag>;      // a place with GPUs, or an edge PoP without
using RouterName = Name<struct RouterTag>;  // one pathwise-router of a site
using NodeName = Name<struct NodeTag>;      // a router of the network (IS-IS hostname)
using TierName = Name<struct TierTag>;
using TenantName = Name<struct TenantTag>;
using ModelName = Name<struct ModelTag>;  // as the runtimes know it
using AdapterName = Name<struct AdapterTag>;
using RequestId = Name<struct RequestTag>;  // x-request-id

using Color = Number<struct ColorTag, std::uint32_t>;         // RFC 9256 section 2.1; 0 is reserved
using NodeId = Number<struct NodeIdTag, std::uint16_t>;       // the uSID node id, 1..0xDFFF
using Algorithm = Number<struct AlgorithmTag, std::uint8_t>;  // RFC 9350: 0 is SPF, 128..255 Flex-Algos

inline constexpr Algorithm kAlgorithmSpf{0};
[[nodiscard]] constexpr bool is_flex_algo(Algorithm algorithm) {
  return algorithm.value() >= 128;
}

}  // namespace pathwise

template <typename Tag>
struct std::hash<pathwise::Name<Tag>> {
  std::size_t operator()(const pathwise::Name<Tag>& name) const noexcept {
    return std::hash<std::string>{}(name.str());
  }
};
template <typename Tag, typename Rep>
struct std::hash<pathwise::Number<Tag, Rep>> {
  std::size_t operator()(pathwise::Number<Tag, Rep> number) const noexcept { return std::hash<Rep>{}(number.value()); }
};
template <typename Tag>
struct std::formatter<pathwise::Name<Tag>> : std::formatter<std::string> {
  auto format(const pathwise::Name<Tag>& name, auto& context) const {
    return std::formatter<std::string>::format(name.str(), context);
  }
};
template <typename Tag, typename Rep>
struct std::formatter<pathwise::Number<Tag, Rep>> : std::formatter<std::uint64_t> {
  auto format(pathwise::Number<Tag, Rep> number, auto& context) const {
    return std::formatter<std::uint64_t>::format(number.value(), context);
  }
};
