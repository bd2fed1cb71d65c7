// SPDX-License-Identifier: Apache-2.0
// Whatever arrives on a raw ICMPv6 socket: the decoder must not overrun, and says only what is in the message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "te/verify/quote.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pathwise::te;
  const auto quote = decode_icmp_quote({data, size});
  if (!quote) return 0;
  if (size < 8 + 40 + 8 + 4 || quote->type != data[0] || quote->code != data[1]) std::abort();
  // What is behind the datagram's first word changes nothing: the shortest message that decodes says the same.
  for (std::size_t shorter = 60; shorter <= size; ++shorter) {
    const auto same = decode_icmp_quote({data, shorter});
    if (!same) continue;
    if (*same != *quote) std::abort();
    break;
  }
  return 0;
}
