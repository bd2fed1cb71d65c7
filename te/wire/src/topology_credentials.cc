// SPDX-License-Identifier: Apache-2.0
#include "topology_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "base/process.h"
#include "base/string_util.h"

namespace pathwise::te {
namespace {

namespace tls_api = grpc::experimental;

constexpr unsigned kReloadSeconds = 1;
constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20;

// Runs after the chain was verified against our CA. gRPC's own threads.
class SpiffeVerifier : public tls_api::ExternalCertificateVerifier {
 public:
  explicit SpiffeVerifier(TopologyTls tls) : tls_(std::move(tls)) {}

  bool Verify(tls_api::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)> /*callback*/,
              grpc::Status* sync_status) override {
    const auto names = request->uri_names();
    // RFC-wise a SPIFFE certificate has exactly one URI; more would make the identity ambiguous.
    if (names.size() == 1 && spiffe_id_matches(tls_, {names.front().data(), names.front().size()})) return true;
    const std::string found = names.empty() ? "none" : std::string(names.front().data(), names.front().size());
    log::warning("topology", "peer refused: wrong identity",
                 {{"spiffe_id", found}, {"trust_domain", tls_.trust_domain}});
    *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "SPIFFE id not accepted: " + found);
    return true;  // decided synchronously
  }
  void Cancel(tls_api::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  TopologyTls tls_;
};

// gRPC reports an unreadable file only by failing handshakes: look first.
Result<void> check_files(const TopologyTls& tls) {
  for (const std::string& path : {tls.cert, tls.key, tls.ca}) {
    if (const auto text = read_file(path, kMaxPemBytes); !text) return std::unexpected(text.error());
  }
  return {};
}

template <typename Options>
void set_common(Options& options, const TopologyTls& tls) {
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(tls_api::ExternalCertificateVerifier::Create<SpiffeVerifier>(tls));
  options.set_check_call_host(false);  // the verifier above checks who it is; names and addresses do not matter
}

std::shared_ptr<tls_api::CertificateProviderInterface> provider(const TopologyTls& tls) {
  return std::make_shared<tls_api::FileWatcherCertificateProvider>(tls.key, tls.cert, tls.ca, kReloadSeconds);
}

std::unexpected<Error> no_tls(const Endpoint& endpoint) {
  return fail(ErrorCode::kInvalidArgument, "topology stream on {}: TCP needs tls (cert, key, ca)", endpoint);
}

bool path_matches(std::string_view pattern, std::string_view path) {
  const auto wanted = split(pattern, '/');
  const auto given = split(path, '/');
  return std::ranges::equal(wanted, given, [](std::string_view want, std::string_view part) {
    return !part.empty() && (want == "*" || want == part);
  });
}

}  // namespace

bool spiffe_id_matches(const TopologyTls& tls, std::string_view uri) {
  const std::string prefix = "spiffe://" + tls.trust_domain + "/";
  if (tls.trust_domain.empty() || !uri.starts_with(prefix) || uri.size() == prefix.size()) return false;
  const std::string_view path = uri.substr(prefix.size());
  return tls.peers.empty() ||
         std::ranges::any_of(tls.peers, [&](const auto& each) { return path_matches(each, path); });
}

Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const Endpoint& listen,
                                                                    const std::optional<TopologyTls>& tls,
                                                                    bool insecure) {
  if (listen.is_unix() || (!tls && insecure)) return grpc::InsecureServerCredentials();
  if (!tls) return no_tls(listen);
  if (auto readable = check_files(*tls); !readable) return std::unexpected(readable.error());
  tls_api::TlsServerCredentialsOptions options(provider(*tls));
  set_common(options, *tls);
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls_api::TlsServerCredentials(options);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(const Endpoint& source,
                                                                      const std::optional<TopologyTls>& tls,
                                                                      bool insecure) {
  if (source.is_unix() || (!tls && insecure)) return grpc::InsecureChannelCredentials();
  if (!tls) return no_tls(source);
  if (auto readable = check_files(*tls); !readable) return std::unexpected(readable.error());
  tls_api::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider(*tls));
  set_common(options, *tls);
  options.set_verify_server_certs(true);
  return tls_api::TlsCredentials(options);
}

std::string grpc_address(const Endpoint& endpoint) {
  if (endpoint.is_unix()) return "unix:" + endpoint.unix_path;
  const std::string host = endpoint.host.empty() ? "::" : endpoint.host;
  return host.contains(':') ? formatted("[{}]:{}", host, endpoint.port) : formatted("{}:{}", host, endpoint.port);
}

}  // namespace pathwise::te
