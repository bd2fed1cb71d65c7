// SPDX-License-Identifier: Apache-2.0
#include "fabric/fabric_snapshot.h"

#include <algorithm>

namespace pathwise::fabric {

const ModelState* FabricSnapshot::find_model(std::size_t entry, const ModelName& model) const {
  if (entry >= models.size()) return nullptr;
  const auto& states = models[entry];
  const auto found = std::ranges::lower_bound(states, model, {}, &ModelState::model);
  return found != states.end() && found->model == model ? &*found : nullptr;
}

}  // namespace pathwise::fabric
