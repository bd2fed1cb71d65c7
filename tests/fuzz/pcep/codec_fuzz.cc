// SPDX-License-Identifier: Apache-2.0
// Any bytes decode or are refused; what decodes is stable under another round trip, and its grammar
// can be read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "pcep/codec/grammar.h"

using namespace pathwise::pcep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Decoded<Message> once = decode_message({data, size});
  if (!once) return 0;
  static_cast<void>(parse_reports(*once));
  static_cast<void>(parse_updates(*once));
  const auto bytes = encode_message(*once);
  if (!bytes) return 0;  // grew over a length field: a structure may take more room than its bytes did
  const Decoded<Message> twice = decode_message(*bytes);
  if (!twice || encode_message(*twice) != bytes) std::abort();
  return 0;
}
