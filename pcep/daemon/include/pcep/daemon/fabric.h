// SPDX-License-Identifier: Apache-2.0
// What the PCE takes from fabric.yaml: SRv6 blocks, and the algorithms that SIDs may use. A value.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "te/algo/flex_algo.h"
#include "te/srv6/sid_map.h"

namespace pathwise::pcep {

struct PceFabric {
  te::SidMap sids;
  std::vector<te::FlexAlgoDefinition> algorithms;  // 0 first, then the Flex-Algos that have a block
};

// Errors are those of fabric.yaml, with file:line:column.
[[nodiscard]] Result<PceFabric> load_pce_fabric(const std::string& path);

}  // namespace pathwise::pcep
