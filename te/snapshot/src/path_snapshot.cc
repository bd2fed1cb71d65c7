// SPDX-License-Identifier: Apache-2.0
#include "te/snapshot/path_snapshot.h"

#include <algorithm>
#include <tuple>

namespace pathwise::te {

std::string_view to_string(PathOrigin origin) {
  switch (origin) {
    case PathOrigin::kPcep:
      return "pcep";
    case PathOrigin::kFlexAlgo:
      return "flex-algo";
    case PathOrigin::kBestEffort:
      return "best-effort";
    case PathOrigin::kUnderlay:
      return "underlay";
    case PathOrigin::kExplicit:
      return "explicit";
  }
  return "unknown";
}

std::string_view to_string(PathStatus status) {
  switch (status) {
    case PathStatus::kUp:
      return "up";
    case PathStatus::kDegraded:
      return "degraded";
    case PathStatus::kDown:
      return "down";
  }
  return "unknown";
}

std::string_view to_string(ReturnedBy returned) {
  switch (returned) {
    case ReturnedBy::kUnknown:
      return "unknown";
    case ReturnedBy::kSamePath:
      return "same-path";
    case ReturnedBy::kActivePath:
      return "active-path";
  }
  return "unknown";
}

const PathState* PathSnapshot::find(const SiteName& site, const TierName& tier) const {
  const auto less = [](const PathState& path, const std::pair<const SiteName&, const TierName&>& key) {
    return std::tie(path.site, path.tier) < std::tie(key.first, key.second);
  };
  const std::pair<const SiteName&, const TierName&> wanted{site, tier};
  const auto it = std::lower_bound(paths.begin(), paths.end(), wanted, less);
  return it != paths.end() && it->site == site && it->tier == tier ? &*it : nullptr;
}

}  // namespace pathwise::te
