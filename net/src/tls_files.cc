// SPDX-License-Identifier: Apache-2.0
#include "tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <format>

#include "base/process.h"
#include "base/string_util.h"

namespace pathwise::net {
namespace {

constexpr std::size_t kMaxFile = 4U << 20;
constexpr int kMaxChain = 8;

Result<BioPtr> open_pem(const std::string& path) {
  const auto text = read_file(path, kMaxFile);
  if (!text) return std::unexpected(text.error());
  BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr ||
      BIO_write(bio.get(), text->data(), static_cast<int>(text->size())) != static_cast<int>(text->size())) {
    return fail(ErrorCode::kInternal, "{}: no memory", path);
  }
  return bio;
}

// OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Result<std::vector<X509Ptr>> read_certificates(const std::string& path) {
  auto bio = open_pem(path);
  if (!bio) return std::unexpected(bio.error());
  std::vector<X509Ptr> certificates;
  while (X509Ptr certificate{PEM_read_bio_X509(bio->get(), nullptr, no_passphrase, nullptr)}) {
    certificates.push_back(std::move(certificate));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return fail(ErrorCode::kInvalidArgument, "{}: {}", path, take_openssl_error("not PEM"));
  ERR_clear_error();
  if (certificates.empty()) return fail(ErrorCode::kInvalidArgument, "{}: no certificate in it (PEM is needed)", path);
  return certificates;
}

Result<void> use_certificate(SSL_CTX* context, const std::string& path, const std::string& trust_domain, SpiffeId& id) {
  const auto chain = read_certificates(path);
  if (!chain) return std::unexpected(chain.error());
  auto identity = spiffe_id_of(chain->front().get(), trust_domain);
  if (!identity) return std::unexpected(identity.error().within(path));
  id = *std::move(identity);
  if (SSL_CTX_use_certificate(context, chain->front().get()) != 1) {
    return fail(ErrorCode::kInvalidArgument, "{}: {}", path, take_openssl_error("certificate refused"));
  }
  for (std::size_t i = 1; i < chain->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) != 1) {
      return fail(ErrorCode::kInvalidArgument, "{}: {}", path, take_openssl_error("chain refused"));
    }
  }
  return {};
}

Result<void> use_key(SSL_CTX* context, const TlsFiles& files) {
  auto bio = open_pem(files.key);
  if (!bio) return std::unexpected(bio.error());
  const KeyPtr key(PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    ERR_clear_error();
    return fail(ErrorCode::kInvalidArgument, "{}: no private key in it (PEM without a passphrase is needed)",
                files.key);
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::kInvalidArgument, "{}: not the key of the certificate in {}", files.key, files.cert);
  }
  return {};
}

Result<void> use_authorities(SSL_CTX* context, const std::string& path) {
  const auto authorities = read_certificates(path);
  if (!authorities) return std::unexpected(authorities.error());
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& authority : *authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) {
      return fail(ErrorCode::kInvalidArgument, "{}: {}", path, take_openssl_error("authority refused"));
    }
  }
  return {};
}

// Runs inside the handshake, so that a peer that is not ours gets an alert and no byte of ours.
int verify_peer(int chain_is_good, X509_STORE_CTX* store) {
  const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, index));
  auto* check = ssl == nullptr ? nullptr : static_cast<PeerCheck*>(SSL_get_app_data(ssl));
  if (check == nullptr) return 0;
  if (chain_is_good != 1) {
    check->refusal = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
    return 0;
  }
  if (X509_STORE_CTX_get_error_depth(store) > 0) return 1;
  auto id = spiffe_id_of(X509_STORE_CTX_get_current_cert(store), check->trust_domain);
  if (!id) {
    check->refusal = std::move(id.error().message);
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
  }
  check->id = *std::move(id);
  return 1;
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                unsigned offered_size, void* argument) {
  const auto& ours = *static_cast<const std::vector<unsigned char>*>(argument);
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, ours.data(), static_cast<unsigned>(ours.size()), offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SslCtxPtr make_context(TlsRole role, const std::vector<unsigned char>& alpn_wire) {
  SslCtxPtr context(SSL_CTX_new(role == TlsRole::kServer ? TLS_server_method() : TLS_client_method()));
  if (context == nullptr) return context;
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify_peer);
  SSL_CTX_set_verify_depth(raw, kMaxChain);
  // Every handshake is a full one: see TlsContext.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (!alpn_wire.empty() && role == TlsRole::kServer) {
    SSL_CTX_set_alpn_select_cb(raw, select_alpn, const_cast<std::vector<unsigned char>*>(&alpn_wire));
  } else if (!alpn_wire.empty() &&
             SSL_CTX_set_alpn_protos(raw, alpn_wire.data(), static_cast<unsigned>(alpn_wire.size())) != 0) {
    return nullptr;
  }
  return context;
}

}  // namespace

Result<SpiffeId> spiffe_id_of(X509* certificate, const std::string& trust_domain) {
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string_view> uris;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<std::size_t>(ASN1_STRING_length(uri)));
  }
  if (uris.size() != 1) {
    return fail(ErrorCode::kUnauthenticated,
                "the certificate has {} URI names; it needs exactly one, a SPIFFE id of trust domain {}", uris.size(),
                trust_domain);
  }
  auto id = SpiffeId::parse(uris.front());
  if (!id) return fail(ErrorCode::kUnauthenticated, "{}", id.error().message);
  if (id->trust_domain != trust_domain) {
    return fail(ErrorCode::kUnauthenticated, "{} is not of trust domain {}", id->to_string(), trust_domain);
  }
  return id;
}

Result<LoadedFiles> load_tls_files(const TlsFiles& files, TlsRole role, const std::string& trust_domain,
                                   const std::vector<unsigned char>& alpn_wire) {
  ERR_clear_error();
  LoadedFiles loaded{.context = make_context(role, alpn_wire)};
  if (loaded.context == nullptr) return fail(ErrorCode::kInternal, "TLS context: {}", take_openssl_error("no memory"));
  SSL_CTX* raw = loaded.context.get();
  if (auto used = use_certificate(raw, files.cert, trust_domain, loaded.identity); !used) {
    return std::unexpected(used.error());
  }
  if (auto used = use_key(raw, files); !used) return std::unexpected(used.error());
  if (auto used = use_authorities(raw, files.ca); !used) return std::unexpected(used.error());
  return loaded;
}

}  // namespace pathwise::net
