// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>

#include <array>

#include "openssl_handles.h"

namespace pathwise::net {

std::string take_openssl_error(std::string otherwise) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return otherwise;
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

}  // namespace pathwise::net
