// SPDX-License-Identifier: Apache-2.0
// A PCEP message is a header and objects in order (RFC 5440 section 6). Order and unknown objects
// are kept, so that encode(decode(bytes)) == bytes for what a correct peer sends. What the order
// means is in grammar.h. Values; any thread.
#pragma once

#include <initializer_list>
#include <vector>

#include "base/error.h"
#include "pcep/codec/objects.h"

namespace pathwise::pcep {

struct Message {
  MessageType type = MessageType::kKeepalive;
  std::uint8_t flags = 0;  // 5 bits
  std::vector<Object> objects;
  friend bool operator==(const Message&, const Message&) = default;
};

// The length of the first message in `buffer`: 0 while its header is not complete. The header is
// checked (version, length at least 4 and a multiple of 4), the rest may not have come yet.
[[nodiscard]] Decoded<std::size_t> message_length(ByteView buffer);

// `bytes` is exactly one message.
[[nodiscard]] Decoded<Message> decode_message(ByteView bytes);

// kResourceExhausted if a length does not fit its field: such a message cannot be sent.
[[nodiscard]] Result<Bytes> encode_message(const Message& message);

// The first object of type T, or nullptr.
template <typename T>
[[nodiscard]] const T* find(const Message& message) {
  for (const Object& object : message.objects)
    if (const T* found = std::get_if<T>(&object.body)) return found;
  return nullptr;
}

}  // namespace pathwise::pcep
