// SPDX-License-Identifier: Apache-2.0
// A topology file (te/topology/json.h) as a source: read at once, and again when it changes. It may be
// replaced (rename) or rewritten in place; a file that is wrong ends the source with the element's name.
#pragma once

#include <string>

#include "base/units.h"
#include "te/topology/publish_backoff.h"
#include "te/topology/source.h"

namespace pathwise::te {

struct TopologyFileOptions {
  Milliseconds poll{500};  // between two looks at the file's inode, size and time
  // A file that is rewritten all the time is read at these intervals.
  BackoffParams backoff{.initial = Milliseconds(0),
                        .shortest = Milliseconds(500),
                        .longest = Milliseconds(10'000),
                        .quiet = Milliseconds(20'000)};
};

// The snapshots' epoch and version are those of the file, unless a changed file has the same ones as before: its
// version is then counted up, because readers take an equal version for an equal topology.
[[nodiscard]] TopologySourcePtr topology_file_source(std::string path, TopologyFileOptions options = {});

}  // namespace pathwise::te
