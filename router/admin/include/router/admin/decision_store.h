// SPDX-License-Identifier: Apache-2.0
// The latest decision records, by request id: a ring. One thread (control).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "router/select/decision_record.h"

namespace pathwise::router::admin {

class DecisionStore {
 public:
  explicit DecisionStore(std::size_t capacity = 10'000) : slots_(capacity) {}
  // Takes the record's contents; leaves old buffers in it. A request id that comes again finds the
  // newer record.
  void add(select::DecisionRecord& record);
  [[nodiscard]] const select::DecisionRecord* find(std::string_view request_id) const;
  // The newest first.
  [[nodiscard]] std::vector<const select::DecisionRecord*> latest(std::size_t count) const;
  [[nodiscard]] std::uint64_t total() const { return next_; }

 private:
  std::vector<select::DecisionRecord> slots_;
  std::uint64_t next_ = 0;
  std::unordered_map<std::string, std::uint64_t> by_id_;  // → number of the record
};

}  // namespace pathwise::router::admin
