// SPDX-License-Identifier: Apache-2.0
#include "te/algo/cspf.h"

#include "cspf_search.h"

namespace pathwise::te {

Cspf::Cspf() : search_(std::make_unique<CspfSearch>()) {}
Cspf::~Cspf() = default;
Cspf::Cspf(Cspf&&) noexcept = default;
Cspf& Cspf::operator=(Cspf&&) noexcept = default;

Result<ComputedPath> Cspf::compute(const TopologySnapshot& snapshot, const CspfRequest& request) {
  if (auto ready = search_->prepare(snapshot, request); !ready) return std::unexpected(ready.error());
  const Result<bool> found = search_->search();
  if (!found) return std::unexpected(found.error());
  if (!*found) return search_->problem().no_path();
  return search_->path();
}

Result<ComputedPath> compute_cspf(const TopologySnapshot& snapshot, const CspfRequest& request) {
  return Cspf().compute(snapshot, request);
}

}  // namespace pathwise::te
