// SPDX-License-Identifier: Apache-2.0
// One request under way, counted where selection looks, for as long as this lives. The counters must
// outlive it. One thread.
#pragma once

#include <cstdint>

#include "router/runtime/runtime_view.h"
#include "router/select/ledger.h"

namespace pathwise::router::forward {

class InFlight {
 public:
  InFlight(select::LoadCell* cell, double prefill_tokens)
      : cell_(cell), tokens_(static_cast<std::int32_t>(prefill_tokens)) {
    if (cell_ == nullptr) return;
    cell_->requests.fetch_add(1, std::memory_order_relaxed);
    cell_->prefill_tokens.fetch_add(tokens_, std::memory_order_relaxed);
  }
  ~InFlight() {
    first_token();
    at(nullptr);
    if (cell_ != nullptr) cell_->requests.fetch_sub(1, std::memory_order_relaxed);
  }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  // At this runtime now; nullptr: at none.
  void at(runtime::RuntimeCounters* runtime) {
    if (runtime_ != nullptr) {
      runtime_->requests.fetch_sub(1, std::memory_order_relaxed);
      if (!answered_) runtime_->prefill_tokens.fetch_sub(tokens_, std::memory_order_relaxed);
    }
    runtime_ = runtime;
    if (runtime_ != nullptr) {
      runtime_->requests.fetch_add(1, std::memory_order_relaxed);
      if (!answered_) runtime_->prefill_tokens.fetch_add(tokens_, std::memory_order_relaxed);
    }
  }
  // The prompt has been computed.
  void first_token() {
    if (answered_) return;
    if (cell_ != nullptr) cell_->prefill_tokens.fetch_sub(tokens_, std::memory_order_relaxed);
    if (runtime_ != nullptr) runtime_->prefill_tokens.fetch_sub(tokens_, std::memory_order_relaxed);
    answered_ = true;
  }

 private:
  select::LoadCell* cell_;
  std::int32_t tokens_;  // at most a body's bytes
  runtime::RuntimeCounters* runtime_ = nullptr;
  bool answered_ = false;
};

}  // namespace pathwise::router::forward
