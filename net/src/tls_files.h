// SPDX-License-Identifier: Apache-2.0
// PEM files → an SSL_CTX for mutual TLS 1.3, and the SPIFFE id in a certificate.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "net/tls.h"
#include "openssl_handles.h"

namespace pathwise::net {

// The one URI SAN of `certificate`, a SPIFFE id of `trust_domain`. The message says what it has instead.
[[nodiscard]] Result<SpiffeId> spiffe_id_of(X509* certificate, const std::string& trust_domain);

struct LoadedFiles {
  SslCtxPtr context;
  SpiffeId identity;
};
// `alpn_wire`: length-prefixed protocol names (RFC 7301); must outlive the context.
[[nodiscard]] Result<LoadedFiles> load_tls_files(const TlsFiles& files, TlsRole role, const std::string& trust_domain,
                                                 const std::vector<unsigned char>& alpn_wire);

// What the verification of a session's peer needs and finds; set as the SSL's application data.
struct PeerCheck {
  std::string trust_domain;
  SpiffeId id;
  std::string refusal;  // why the certificate was refused
};

}  // namespace pathwise::net
