// SPDX-License-Identifier: Apache-2.0
// The last accepted intent on disk, so that te starts without the router. Text form of the same
// protobuf, replaced atomically. Blocking; te's thread.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "te/policy/intent.h"

namespace pathwise::te {

class IntentStore {
 public:
  explicit IntentStore(std::string path) : path_(std::move(path)) {}
  // nullopt: there is none yet. kInvalidArgument: the file is damaged (named).
  [[nodiscard]] Result<std::optional<TeIntent>> load() const;
  [[nodiscard]] Result<void> save(const TeIntent& intent) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace pathwise::te
