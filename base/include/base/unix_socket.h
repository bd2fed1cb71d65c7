// SPDX-License-Identifier: Apache-2.0
// Whether a unix socket can be served: for servers whose library does not say why it could not
// listen (gRPC), or takes the path from a live one. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace pathwise {

// Nothing is in the way of a server's socket at `path`: it is free, or a dead process left it. Otherwise, beginning
// with "socket <path>:": kInvalidArgument (empty, too long), kPermissionDenied or kIo (the directory),
// kAlreadyExists (no socket, or another `program` answers on it).
[[nodiscard]] Result<void> check_unix_socket(const std::string& path, std::string_view program);

}  // namespace pathwise
