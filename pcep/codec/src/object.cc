// SPDX-License-Identifier: Apache-2.0
// Object headers, and which struct decodes which class and type.

#include "base/format.h"
#include "pcep/codec/objects.h"

namespace pathwise::pcep {
namespace {

using BodyDecoder = Decoded<ObjectBody> (*)(ByteView, std::uint8_t);

template <typename T>
Decoded<ObjectBody> decode_body(ByteView body, std::uint8_t object_type) {
  Reader in(body);
  Decoded<T> object = T::decode(in, object_type);
  const auto object_class = static_cast<unsigned>(T::kClass);
  if (in.failed()) return malformed(formatted("object class {} of {} bytes is too short", object_class, body.size()));
  if (!object) return std::unexpected(std::move(object.error()));
  if (!in.at_end()) return malformed(formatted("object class {} has {} bytes too many", object_class, in.remaining()));
  return ObjectBody(std::move(*object));
}

template <typename T>
bool knows(std::uint8_t object_type) {
  if constexpr (requires { T::knows(object_type); }) {
    return T::knows(object_type);
  } else {
    return object_type == 1;
  }
}

template <typename... T>
BodyDecoder decoder_of(std::uint8_t object_class, std::uint8_t object_type, std::variant<UnknownObject, T...>*) {
  BodyDecoder found = nullptr;
  ((static_cast<std::uint8_t>(T::kClass) == object_class && knows<T>(object_type) ? void(found = &decode_body<T>)
                                                                                  : void()),
   ...);
  return found;
}

template <typename T>
std::uint8_t type_of(const T& body) {
  if constexpr (requires { body.object_type(); }) {
    return body.object_type();
  } else {
    return 1;
  }
}

}  // namespace

Decoded<Object> decode_object(Reader& in) {
  const std::uint8_t object_class = in.u8();
  const std::uint8_t second = in.u8();
  const std::uint16_t length = in.u16();
  if (in.failed() || length < kObjectHeaderSize || length % 4 != 0)
    return framing(formatted("object class {} with a length of {}", object_class, length));
  const ByteView body = in.take(length - kObjectHeaderSize);
  if (in.failed()) return framing(formatted("object class {} of {} bytes overruns its message", object_class, length));
  const std::uint8_t object_type = second >> 4;
  Object object;
  object.processing = (second & 0x02) != 0;
  object.ignored = (second & 0x01) != 0;
  if (const BodyDecoder decode = decoder_of(object_class, object_type, static_cast<ObjectBody*>(nullptr))) {
    Decoded<ObjectBody> decoded = decode(body, object_type);
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    object.body = std::move(*decoded);
  } else {
    object.body = UnknownObject{object_class, object_type, Bytes(body.begin(), body.end())};
  }
  return object;
}

void encode_object(Writer& out, const Object& object) {
  const auto flags = static_cast<std::uint8_t>((object.processing ? 0x02 : 0) | (object.ignored ? 0x01 : 0));
  std::visit(
      [&]<typename T>(const T& body) {
        if constexpr (std::is_same_v<T, UnknownObject>) {
          const auto scope = out.object(body.object_class, body.object_type, flags);
          out.raw(body.body);
        } else {
          const auto scope = out.object(static_cast<std::uint8_t>(T::kClass), type_of(body), flags);
          body.encode(out);
        }
      },
      object.body);
}

}  // namespace pathwise::pcep
