// SPDX-License-Identifier: Apache-2.0
// Files as the programs use them: read whole with a limit, replaced whole or not at all.
// Blocking: not for a thread that serves requests. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace pathwise {

// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the directory:
// a reader, or a start after a crash, sees the old text or the new, never a part. `mode` are the
// permission bits of the new file, whatever the umask (0600 for keys). kIo or kPermissionDenied;
// the temporary file is removed on failure.
[[nodiscard]] Result<void> write_file_atomically(const std::string& path, std::string_view text, unsigned mode = 0644);

// The whole file. kNotFound, kResourceExhausted if it has more than `max_bytes`, kIo, kPermissionDenied.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace pathwise
