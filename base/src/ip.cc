// SPDX-License-Identifier: Apache-2.0
#include "base/ip.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/format.h"
#include "base/string_util.h"

namespace pathwise {
namespace {

constexpr std::size_t kLongestAddress = INET6_ADDRSTRLEN - 1;
constexpr std::size_t kLongestUnixPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t kLongestHostName = 253;  // RFC 1035 section 2.3.4, without the root's dot
constexpr std::string_view kEndpointExamples = "[::1]:8080, 127.0.0.1:8080, :8080 or unix:/run/name.sock";

// Decimal digits only, no sign, no leading zero.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t most) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

struct Run {
  std::size_t begin = 0;
  std::size_t length = 0;
};

// RFC 5952 section 4.2: the longest run of zero groups, the first of equals; one group is no run.
Run longest_zero_run(const Ipv6Address& address) {
  Run best;
  for (std::size_t begin = 0; begin < 8; ++begin) {
    std::size_t end = begin;
    while (end < 8 && address.group(end) == 0) ++end;
    if (end - begin > best.length) best = {begin, end - begin};
    begin = end;
  }
  return best.length >= 2 ? best : Run{};
}

bool is_host_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  return !text.empty() && text.size() <= kLongestHostName && std::ranges::all_of(text, allowed) &&
         text.front() != '-' && text.front() != '.';
}

// A literal in dotted decimal, or a name that cannot be taken for one (RFC 1123 section 2.1).
bool is_host(const std::string& text) {
  if (!is_host_name(text)) return false;
  if (text.find_first_not_of("0123456789.") != std::string::npos) return true;
  in_addr ignored{};
  return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1;
}

std::unexpected<Error> bad_endpoint(std::string_view text, std::string_view reason) {
  return fail(ErrorCode::kInvalidArgument, "must be an endpoint like {}, not {} ({})", kEndpointExamples, excerpt(text),
              reason);
}

Result<Endpoint> parse_unix(std::string_view text, std::string_view path) {
  if (!path.starts_with('/')) return bad_endpoint(text, "the path must be absolute");
  if (path.size() > kLongestUnixPath) return bad_endpoint(text, "the path is too long for a unix socket");
  if (path.contains('\0')) return bad_endpoint(text, "the path has a NUL in it");
  return Endpoint{.unix_path = std::string(path)};
}

}  // namespace

Result<Ipv6Address> Ipv6Address::parse(std::string_view text) {
  const std::string terminated(text.substr(0, kLongestAddress + 1));
  Ipv6Address address;
  if (text.size() > kLongestAddress || text.contains('\0') ||
      ::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) {
    return fail(ErrorCode::kInvalidArgument, "must be an IPv6 address like fd00::1, not {}", excerpt(text));
  }
  return address;
}

// inet_ntop would write ::ab:cd as ::0.171.0.205; RFC 5952 section 5 wants the mixed form only
// where the prefix says that an IPv4 address follows, as ::ffff:0:0/96 does.
std::string Ipv6Address::to_string() const {
  const Run zeros = longest_zero_run(*this);
  const bool mapped = zeros.begin == 0 && zeros.length == 5 && group(5) == 0xFFFF;
  if (mapped) return formatted("::ffff:{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  std::string out;
  for (std::size_t index = 0; index < 8; ++index) {
    if (zeros.length > 0 && index == zeros.begin) {
      out += "::";
      index += zeros.length - 1;
      continue;
    }
    if (!out.empty() && !out.ends_with(':')) out += ':';
    out += formatted("{:x}", group(index));
  }
  return out;
}

Result<Ipv6Prefix> Ipv6Prefix::parse(std::string_view text) {
  const auto bad = [text] {
    return fail(ErrorCode::kInvalidArgument, "must be an IPv6 prefix like fd00:1::/48, not {}", excerpt(text));
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return bad();
  const auto address = Ipv6Address::parse(text.substr(0, slash));
  const auto length = parse_decimal(text.substr(slash + 1), 128);
  if (!address || !length) return bad();
  const Ipv6Prefix prefix = masked(*address, static_cast<std::uint8_t>(*length));
  if (prefix.address != *address) {
    return fail(ErrorCode::kInvalidArgument, "{} has bits set behind its length; the prefix is {}", excerpt(text),
                prefix.to_string());
  }
  return prefix;
}

Ipv6Prefix Ipv6Prefix::masked(const Ipv6Address& address, std::uint8_t length) {
  Ipv6Prefix prefix{address, std::min<std::uint8_t>(length, 128)};
  for (std::size_t index = 0; index < prefix.address.bytes.size(); ++index) {
    const std::size_t begin = index * 8;
    if (begin >= prefix.length) {
      prefix.address.bytes[index] = 0;
    } else if (prefix.length - begin < 8) {
      const unsigned mask = 0xFFU << (8 - (prefix.length - begin));
      prefix.address.bytes[index] = static_cast<std::uint8_t>(prefix.address.bytes[index] & mask);
    }
  }
  return prefix;
}

std::string Ipv6Prefix::to_string() const {
  return formatted("{}/{}", address.to_string(), length);
}

bool Ipv6Prefix::contains(const Ipv6Address& other) const {
  return masked(other, length).address == address;
}

bool Ipv6Prefix::contains(const Ipv6Prefix& other) const {
  return other.length >= length && contains(other.address);
}

Ipv6Address Ipv6Prefix::host(std::uint16_t host) const {
  Ipv6Address result = address;
  result.set_group(7, static_cast<std::uint16_t>(result.group(7) | host));
  return result;
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  if (text.starts_with("unix:")) return parse_unix(text, text.substr(5));
  const auto colon = text.rfind(':');
  const std::string_view host = colon == std::string_view::npos ? std::string_view{} : text.substr(0, colon);
  const auto port = parse_decimal(text.substr(colon == std::string_view::npos ? 0 : colon + 1), 65535);
  Endpoint endpoint;
  if (host.starts_with('[')) {
    const auto address = Ipv6Address::parse(host.ends_with(']') ? host.substr(1, host.size() - 2) : std::string_view{});
    if (!address) return bad_endpoint(text, "no IPv6 address in the brackets, or no port after them");
    endpoint.host = address->to_string();
  } else if (host.contains(':')) {
    return bad_endpoint(text, "an IPv6 address needs brackets");
  } else if (!host.empty()) {
    endpoint.host = host;
    if (!is_host(endpoint.host)) return bad_endpoint(text, "the host is no IPv4 address and no host name");
  }
  if (!port) return bad_endpoint(text, "a port from 0 to 65535 is needed");
  endpoint.port = static_cast<std::uint16_t>(*port);
  return endpoint;
}

bool Endpoint::overlaps(const Endpoint& other) const {
  if (is_unix() || other.is_unix()) return unix_path == other.unix_path;
  if (port == 0 || port != other.port) return false;
  const auto covers = [](const std::string& wide, const std::string& host) {
    const bool ipv6 = host.contains(':');
    return wide.empty() || wide == "::" || wide == host || (wide == "0.0.0.0" && !ipv6);
  };
  return covers(host, other.host) || covers(other.host, host);
}

std::string Endpoint::to_string() const {
  if (is_unix()) return "unix:" + unix_path;
  return host.contains(':') ? formatted("[{}]:{}", host, port) : formatted("{}:{}", host, port);
}

}  // namespace pathwise
