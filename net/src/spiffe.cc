// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/string_util.h"
#include "net/tls.h"

namespace pathwise::net {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::size_t kMaxUri = 2048;
constexpr std::size_t kMaxTrustDomain = 255;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_trust_domain(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTrustDomain &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_segment(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

Result<SpiffeId> SpiffeId::parse(std::string_view uri) {
  const auto refuse = [uri] {
    return fail(ErrorCode::kInvalidArgument, "{} is not a SPIFFE id like spiffe://fabric.example/site/mumbai/router",
                excerpt(uri));
  };
  if (uri.size() > kMaxUri || !uri.starts_with(kScheme)) return refuse();
  const std::string_view rest = uri.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return refuse();
  const std::string_view path = rest.substr(slash + 1);
  if (!is_trust_domain(rest.substr(0, slash)) || !std::ranges::all_of(split(path, '/'), is_segment)) return refuse();
  return SpiffeId{std::string(rest.substr(0, slash)), std::string(path)};
}

std::string SpiffeId::to_string() const {
  return std::string(kScheme) + trust_domain + "/" + path;
}

std::optional<SiteName> SpiffeId::router_site() const {
  const auto segments = split(path, '/');
  if (segments.size() != 3 || segments[0] != "site" || segments[2] != "router") return std::nullopt;
  return SiteName(segments[1]);
}

}  // namespace pathwise::net
