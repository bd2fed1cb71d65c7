// SPDX-License-Identifier: Apache-2.0
// What a topology must satisfy beyond the form of each field: names that exist, interfaces that
// are unique, waits that end.
#pragma once

#include "lab/clab/topology.h"

namespace pathwise::lab {

void validate(const Topology& topology, config::Diagnostics& problems);

}  // namespace pathwise::lab
