// SPDX-License-Identifier: Apache-2.0
// Between the tree's types and gNMI's messages.
#pragma once

#include <string>
#include <vector>

#include "gnmi/gnmi.pb.h"
#include "gnmi/tree.h"

namespace pathwise::gnmi {

// Prefix and path joined. Errors name what is not supported (an origin other than ours).
[[nodiscard]] Result<Path> from_wire(const ::gnmi::Path& prefix, const ::gnmi::Path& path);
void to_wire(const Path& path, ::gnmi::Path& out);

// Which of the encodings we serve: JSON, JSON_IETF and PROTO (scalars).
[[nodiscard]] bool supported(::gnmi::Encoding encoding);
void to_wire(const Value& value, ::gnmi::Encoding encoding, ::gnmi::TypedValue& out);

[[nodiscard]] std::int64_t to_unix_nanoseconds(SystemTime time);

}  // namespace pathwise::gnmi
