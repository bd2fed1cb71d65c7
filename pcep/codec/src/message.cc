// SPDX-License-Identifier: Apache-2.0
#include "pcep/codec/message.h"

#include "base/format.h"

namespace pathwise::pcep {

Decoded<std::size_t> message_length(ByteView buffer) {
  if (buffer.size() < kCommonHeaderSize) return 0;
  Reader in(buffer);
  const std::uint8_t version = in.u8() >> 5;
  in.skip(1);
  const std::uint16_t length = in.u16();
  if (version != kVersion)
    return std::unexpected(
        DecodeError{DecodeError::Fault::kVersion, errors::kVersionNotSupported, formatted("PCEP version {}", version)});
  if (length < kCommonHeaderSize || length % 4 != 0) return framing(formatted("message length {}", length));
  return length;
}

Decoded<Message> decode_message(ByteView bytes) {
  const Decoded<std::size_t> length = message_length(bytes);
  if (!length) return std::unexpected(length.error());
  if (*length == 0 || *length != bytes.size())
    return framing(formatted("message of {} bytes says {}", bytes.size(), *length));
  Reader in(bytes);
  Message message;
  message.flags = in.u8() & 0x1F;
  message.type = static_cast<MessageType>(in.u8());
  in.skip(2);
  while (!in.at_end()) {
    Decoded<Object> object = decode_object(in);
    if (!object) return std::unexpected(std::move(object.error()));
    message.objects.push_back(std::move(*object));
  }
  return message;
}

Result<Bytes> encode_message(const Message& message) {
  Writer out;
  {
    const auto scope = out.message(message.type, message.flags);
    for (const Object& object : message.objects) encode_object(out, object);
  }
  if (out.overflowed())
    return fail(ErrorCode::kResourceExhausted, "{} message of {} bytes does not fit its length fields",
                to_string(message.type), out.bytes().size());
  return std::move(out).release();
}

}  // namespace pathwise::pcep
