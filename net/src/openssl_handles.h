// SPDX-License-Identifier: Apache-2.0
// Owners of OpenSSL's objects, and its error queue as text.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace pathwise::net {

template <auto Free>
struct OpensslDelete {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
inline void free_general_names(GENERAL_NAMES* names) {
  GENERAL_NAMES_free(names);
}

using BioPtr = std::unique_ptr<BIO, OpensslDelete<BIO_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDelete<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslDelete<X509_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslDelete<SSL_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslDelete<SSL_CTX_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDelete<free_general_names>>;

// The reason of the newest entry of this thread's queue, which is emptied; `otherwise` if it is empty.
[[nodiscard]] std::string take_openssl_error(std::string otherwise);

}  // namespace pathwise::net
