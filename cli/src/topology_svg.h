// SPDX-License-Identifier: Apache-2.0
// A topology as a picture: nodes, links with their delays, and each tier's active paths as strokes beside the
// links they take. One self-contained SVG file, readable on light and on dark. Pure; any thread.
#pragma once

#include <string>

#include "base/error.h"
#include "topology_text.h"

namespace pathwise::cli {

// The same input gives the same picture. kResourceExhausted beyond kMaxDrawnNodes.
[[nodiscard]] Result<std::string> topology_to_svg(const TopologyPicture& picture);

}  // namespace pathwise::cli
