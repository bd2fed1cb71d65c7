// SPDX-License-Identifier: Apache-2.0
#include "net/test_ca.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>

namespace pathwise::net {
namespace {

template <auto Free>
struct Delete {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Delete<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Delete<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Delete<BIO_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Delete<X509_EXTENSION_free>>;

std::unexpected<Error> refuse(std::string_view step) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return fail(ErrorCode::kInvalidArgument, "{}: {}", step, reason == nullptr ? "failed" : reason);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

PemPair to_pem(X509* certificate, EVP_PKEY* key) {
  const BioPtr certificate_bio(BIO_new(BIO_s_mem()));
  const BioPtr key_bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_bio.get(), certificate);
  PEM_write_bio_PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_bio.get()), text_of(key_bio.get())};
}

bool set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1;
}

bool set_name(X509_NAME* name, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Subject key and validity; the rest is the caller's.
X509Ptr blank(EVP_PKEY* key, std::chrono::seconds begins, std::chrono::seconds ends) {
  X509Ptr certificate(X509_new());
  const bool good = certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    set_serial(certificate.get()) &&
                    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), begins.count()) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends.count()) != nullptr &&
                    X509_set_pubkey(certificate.get(), key) == 1;
  if (!good) certificate.reset();
  return certificate;
}

std::string alternative_names(const CertificateRequest& request) {
  std::string names;
  const auto add = [&names](std::string_view kind, const std::vector<std::string>& values) {
    for (const std::string& value : values) names += (names.empty() ? "" : ",") + std::string(kind) + ":" + value;
  };
  add("URI", request.uris);
  add("DNS", request.dns_names);
  add("IP", request.addresses);
  return names;
}

}  // namespace

struct TestCa::State {
  X509Ptr certificate;
  KeyPtr key;
  PemPair pem;
};

TestCa::TestCa(std::unique_ptr<State> state) : state_(std::move(state)) {}
TestCa::~TestCa() = default;
TestCa::TestCa(TestCa&&) noexcept = default;
TestCa& TestCa::operator=(TestCa&&) noexcept = default;

Result<TestCa> TestCa::create(const std::string& common_name) {
  auto state = std::make_unique<State>();
  state->key.reset(EVP_EC_gen("P-256"));
  state->certificate = blank(state->key.get(), std::chrono::hours{-1}, std::chrono::hours{24 * 365});
  X509* raw = state->certificate.get();
  const bool good = raw != nullptr && set_name(X509_get_subject_name(raw), common_name) &&
                    X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1 &&
                    add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(raw, raw, NID_subject_key_identifier, "hash") &&
                    X509_sign(raw, state->key.get(), EVP_sha256()) > 0;
  if (!good) return refuse("test CA");
  state->pem = to_pem(raw, state->key.get());
  return TestCa(std::move(state));
}

Result<TestCa> TestCa::from_pem(const PemPair& pem) {
  auto state = std::make_unique<State>();
  const BioPtr certificate(BIO_new_mem_buf(pem.certificate.data(), static_cast<int>(pem.certificate.size())));
  const BioPtr key(BIO_new_mem_buf(pem.key.data(), static_cast<int>(pem.key.size())));
  state->certificate.reset(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
  state->key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
  if (state->certificate == nullptr || state->key == nullptr ||
      X509_check_private_key(state->certificate.get(), state->key.get()) != 1) {
    return refuse("test CA");
  }
  state->pem = pem;
  return TestCa(std::move(state));
}

const PemPair& TestCa::pem() const {
  return state_->pem;
}

Result<PemPair> TestCa::issue(const CertificateRequest& request) const {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate = blank(key.get(), request.begins, request.ends);
  X509* raw = certificate.get();
  X509* issuer = state_->certificate.get();
  const std::string names = alternative_names(request);
  const bool good = raw != nullptr && set_name(X509_get_subject_name(raw), "pathwise") &&
                    X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1 &&
                    add_extension(raw, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(raw, issuer, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(raw, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                    add_extension(raw, issuer, NID_authority_key_identifier, "keyid") &&
                    (names.empty() || add_extension(raw, issuer, NID_subject_alt_name, names)) &&
                    X509_sign(raw, state_->key.get(), EVP_sha256()) > 0;
  if (!good) return refuse("certificate");
  return to_pem(raw, key.get());
}

}  // namespace pathwise::net
