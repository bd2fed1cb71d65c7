// SPDX-License-Identifier: Apache-2.0
// What control publishes to the request threads, and how they reach it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fabric/fabric_snapshot.h"
#include "net/tls.h"
#include "router/forward/token_budget.h"
#include "router/runtime/runtime_view.h"
#include "router/select/views.h"

namespace pathwise::router::forward {

// One version of everything that a request is decided on. Immutable; a request keeps its share.
struct State {
  select::Views views;
  runtime::RuntimeViewPtr runtimes;
  std::shared_ptr<const TokenBuckets> budgets;             // of the policy's tenants
  fabric::Admission admission = fabric::Admission::kOpen;  // of this router
  bool ready = false;
  std::string ready_text;  // JSON for /ready: what is degraded
};
using StatePtr = std::shared_ptr<const State>;

// A peer's refusal with its fresh load.
struct Refusal {
  SiteName site;
  RouterName router;
  fabric::ModelState load;
};

// Control, as seen by the request threads. Any thread; returns at once.
class ControlPort {
 public:
  virtual ~ControlPort() = default;
  virtual void refused(Refusal refusal) = 0;
  // A peer opened a digest stream: it moves to control's io_context.
  virtual void fabric_stream(net::TlsStream stream) = 0;
};

}  // namespace pathwise::router::forward
