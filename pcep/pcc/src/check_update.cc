// SPDX-License-Identifier: Apache-2.0
#include "pcep/pcc/check_update.h"

#include <cmath>
#include <set>
#include <utility>

namespace pathwise::pcep {
namespace {

std::optional<ErrorCodePoint> check_route(const UpdateRequest& request, const UpdateContext& context) {
  const std::vector<Subobject>& hops = request.ero.hops;
  const bool srv6_path = request.srp.setup_type() == PathSetupType::kSrv6;
  if (has_srv6(hops) && (!srv6_path || !context.srv6_agreed)) return errors::kSrv6NotAdvertised;
  if (!srv6_path) return errors::kUnsupportedSetupType;
  if (is_mixed(hops)) return errors::kEroMixed;
  if (!hops.empty() && !has_srv6(hops)) return errors::kMalformedObject;
  if (hops.size() > context.max_segments) return errors::kTooManySegments;
  for (const Subobject& hop : hops)  // we do not resolve NAIs: the N flag of our Open is clear
    if (!std::get<Srv6Subobject>(hop).sid) return errors::kUnsupportedParameter;
  return std::nullopt;
}

std::optional<ErrorCodePoint> check_values(const Attributes& attributes) {
  std::set<std::pair<MetricType, bool>> seen;
  for (const MetricObject& metric : attributes.metrics) {
    if (!std::isfinite(metric.value) || metric.value < 0) return errors::kMalformedObject;
    if (!seen.emplace(metric.type, metric.is_bound()).second) return errors::kMalformedObject;
  }
  if (attributes.bandwidth) {
    const float rate = attributes.bandwidth->bytes_per_second;
    if (!std::isfinite(rate) || rate < 0) return errors::kMalformedObject;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ErrorCodePoint> check_update(const UpdateRequest& request, const UpdateContext& context) {
  if (!context.known) return errors::kUnknownPlspId;
  if (!context.delegated) return errors::kNotDelegated;
  if (request.srp.srp_id == 0 || request.srp.srp_id == 0xFFFFFFFF) return errors::kMalformedObject;
  if (const auto error = check_route(request, context)) return error;
  return check_values(request.attributes);
}

}  // namespace pathwise::pcep
