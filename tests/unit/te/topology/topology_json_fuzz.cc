// SPDX-License-Identifier: Apache-2.0
// Any text as a topology file: an error that names something, or a snapshot that can be saved and loaded again.
#include <cstdlib>
#include <string_view>

#include "te/topology/diff.h"
#include "te/topology/json.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  namespace te = pathwise::te;
  const auto first = te::parse_topology_json({reinterpret_cast<const char*>(data), size});
  if (!first) {
    if (first.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = te::parse_topology_json(te::topology_to_json(*first));
  if (!again || again->nodes != first->nodes || again->links.size() != first->links.size()) std::abort();
  if (te::describe(te::diff(*first, *first), *first, *first) != "") std::abort();
  return 0;
}
