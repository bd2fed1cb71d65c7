// SPDX-License-Identifier: Apache-2.0
// te.proto ↔ structs. Decoding checks every address, prefix and number, and says where it stands. Any thread.
#pragma once

#include <pathwise/te.pb.h>

#include "base/error.h"
#include "te/policy/intent.h"
#include "te/snapshot/path_snapshot.h"
#include "te/wire/te_queries.h"

namespace pathwise::te {

namespace wire = ::pathwise::te::v1;

[[nodiscard]] wire::TeIntent encode(const TeIntent& intent);
[[nodiscard]] Result<TeIntent> decode(const wire::TeIntent& message);

[[nodiscard]] wire::PathSnapshot encode(const PathSnapshot& snapshot);
[[nodiscard]] Result<PathSnapshot> decode(const wire::PathSnapshot& message);

[[nodiscard]] wire::GetTopologyResponse encode(const TopologyReport& report);
[[nodiscard]] Result<TopologyReport> decode(const wire::GetTopologyResponse& message);
[[nodiscard]] wire::HistoryResponse encode(const std::vector<PathHistory>& histories);
[[nodiscard]] std::vector<PathHistory> decode(const wire::HistoryResponse& message);
[[nodiscard]] wire::VerifyResponse encode(const std::vector<VerifiedPath>& paths);
[[nodiscard]] Result<std::vector<VerifiedPath>> decode(const wire::VerifyResponse& message);
[[nodiscard]] wire::VerifyRequest encode(const VerifyOrder& order);
// kInvalidArgument: a deadline beyond kLongestVerify.
[[nodiscard]] Result<VerifyOrder> decode(const wire::VerifyRequest& message);

}  // namespace pathwise::te
