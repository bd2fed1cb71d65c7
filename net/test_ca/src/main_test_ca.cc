// SPDX-License-Identifier: Apache-2.0
// pathwise-test-ca DIR TRUST-DOMAIN NAME=PATH[,dns:HOST][,ip:ADDRESS]...
//   Writes DIR/ca.pem, DIR/ca.key (made unless they are there), and DIR/<NAME>.pem and .key for each
//   identity spiffe://TRUST-DOMAIN/PATH. NAME= may be left out: site/mumbai/router is site-mumbai-router.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>

#include "base/process.h"
#include "base/string_util.h"
#include "net/test_ca.h"

namespace pathwise::net {
namespace {

constexpr std::size_t kMaxPem = 1U << 20;

struct Identity {
  std::string name;
  CertificateRequest request;
};

Result<Identity> parse_identity(std::string_view argument, const std::string& trust_domain) {
  Identity identity;
  const auto parts = split(argument, ',');
  const std::size_t equals = parts.front().find('=');
  std::string_view path = parts.front();
  if (equals != std::string_view::npos) {
    identity.name = std::string(path.substr(0, equals));
    path.remove_prefix(equals + 1);
  }
  const std::string prefix = "spiffe://" + trust_domain + "/";
  if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  if (path.empty() || path.contains(':')) {
    return fail(ErrorCode::kInvalidArgument, "{}: must be like site/mumbai/router", excerpt(argument));
  }
  if (identity.name.empty()) {
    identity.name = std::string(path);
    std::ranges::replace(identity.name, '/', '-');
  }
  if (identity.name.contains('/')) return fail(ErrorCode::kInvalidArgument, "{}: a name without /", excerpt(argument));
  identity.request.uris.push_back(prefix + std::string(path));
  for (const std::string_view part : std::span(parts).subspan(1)) {
    if (part.starts_with("dns:")) {
      identity.request.dns_names.emplace_back(part.substr(4));
    } else if (part.starts_with("ip:")) {
      identity.request.addresses.emplace_back(part.substr(3));
    } else {
      return fail(ErrorCode::kInvalidArgument, "{}: must be dns:HOST or ip:ADDRESS", excerpt(part));
    }
  }
  return identity;
}

Result<void> write_pair(const std::string& stem, const PemPair& pem) {
  return write_file_atomically(stem + ".key", pem.key, 0600).and_then([&] {
    return write_file_atomically(stem + ".pem", pem.certificate);
  });
}

Result<TestCa> open_or_create(const std::string& directory, const std::string& trust_domain) {
  const auto certificate = read_file(directory + "/ca.pem", kMaxPem);
  const auto key = read_file(directory + "/ca.key", kMaxPem);
  if (certificate && key) return TestCa::from_pem({*certificate, *key});
  auto authority = TestCa::create(trust_domain + " test CA");
  if (!authority) return authority;
  if (auto written = write_pair(directory + "/ca", authority->pem()); !written) return std::unexpected(written.error());
  return authority;
}

Result<void> run(std::span<const char* const> arguments) {
  if (arguments.size() < 3) {
    return fail(ErrorCode::kInvalidArgument, "usage: DIR TRUST-DOMAIN [NAME=]PATH[,dns:HOST][,ip:ADDRESS]...");
  }
  const std::string directory = arguments[0];
  const std::string trust_domain = arguments[1];
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno(directory, errno);
  const auto authority = open_or_create(directory, trust_domain);
  if (!authority) return std::unexpected(authority.error());
  for (const char* argument : arguments.subspan(2)) {
    const auto identity = parse_identity(argument, trust_domain);
    if (!identity) return std::unexpected(identity.error());
    const auto pem = authority->issue(identity->request);
    if (!pem) return std::unexpected(pem.error().within(argument));
    if (auto written = write_pair(directory + "/" + identity->name, *pem); !written) return written;
  }
  return {};
}

}  // namespace
}  // namespace pathwise::net

int main(int argc, char** argv) {
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const auto done = pathwise::net::run(arguments.subspan(std::min<std::size_t>(1, arguments.size())));
  if (done) return 0;
  std::fprintf(stderr, "pathwise-test-ca: %s\n", done.error().message.c_str());
  return 1;
}
