// SPDX-License-Identifier: Apache-2.0
// The gRPC service of proto/pathwise/pce.proto, read-only. gRPC's threads ask `snapshot`, which must
// fetch the state from its own thread; gRPC stays behind this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "pcep/pce/pce.h"

namespace pathwise::pcep {

struct PceSnapshot {
  std::vector<PceLspView> lsps;
  std::vector<PceSessionView> sessions;
  std::uint64_t topology_version = 0;
};

class LspService {
 public:
  // Nullopt: the Pce's thread does not answer (shutting down).
  using Snapshot = std::function<std::optional<PceSnapshot>()>;
  // Serves on the unix socket `path`. Replaces one that a dead process left; kAlreadyExists if a live one answers
  // on it, kPermissionDenied or kIo if it cannot be bound.
  [[nodiscard]] static Result<std::unique_ptr<LspService>> start(const std::string& path, Snapshot snapshot);
  ~LspService();
  LspService(const LspService&) = delete;
  LspService& operator=(const LspService&) = delete;

 private:
  struct State;
  explicit LspService(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::pcep
