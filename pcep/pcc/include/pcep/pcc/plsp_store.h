// SPDX-License-Identifier: Apache-2.0
// PLSP-IDs survive a restart, so that a PCE recognises our LSPs (RFC 8231 section 7.3). One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"

namespace pathwise::pcep {

using PlspIds = std::map<std::string, std::uint32_t>;  // symbolic path name → PLSP-ID

class PlspStore {
 public:
  virtual ~PlspStore() = default;
  [[nodiscard]] virtual Result<PlspIds> load() = 0;
  [[nodiscard]] virtual Result<void> save(const PlspIds& ids) = 0;
};

// One line an LSP, "<id> <name>", replaced whole: a crash leaves the old file or the new.
class FilePlspStore final : public PlspStore {
 public:
  explicit FilePlspStore(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Result<PlspIds> load() override;  // a missing file is empty
  [[nodiscard]] Result<void> save(const PlspIds& ids) override;

 private:
  std::string path_;
};

class MemoryPlspStore final : public PlspStore {
 public:
  [[nodiscard]] Result<PlspIds> load() override { return ids_; }
  [[nodiscard]] Result<void> save(const PlspIds& ids) override {
    ids_ = ids;
    return {};
  }

 private:
  PlspIds ids_;
};

}  // namespace pathwise::pcep
