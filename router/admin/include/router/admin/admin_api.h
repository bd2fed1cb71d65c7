// SPDX-License-Identifier: Apache-2.0
// What people ask a router: GET /admin/decisions/{request-id}, /admin/decisions?last=N, /admin/sites,
// /admin/paths, /admin/policy, /metrics, /health, /ready. Read-only. One thread (control).
#pragma once

#include <functional>
#include <string>

#include "fabric/peers_bus.h"
#include "net/http_responder.h"
#include "router/admin/decision_store.h"
#include "router/forward/state.h"

namespace pathwise::router::admin {

struct AdminSources {
  const Clock& clock;
  const DecisionStore& decisions;
  std::function<forward::StatePtr()> state;  // never nullptr
  std::function<std::vector<fabric::PeerStatus>()> peers;
  std::function<std::string()> metrics;  // Prometheus text
  std::function<void()> refresh;         // takes in records that wait in the rings
};

class AdminApi {
 public:
  explicit AdminApi(AdminSources sources) : sources_(std::move(sources)) {}
  [[nodiscard]] net::HttpResponse handle(const net::HttpRequest& request) const;

 private:
  [[nodiscard]] net::HttpResponse decisions(std::string_view path, std::string_view query) const;
  AdminSources sources_;
};

// JSON of one record, indented: the sum of every alternative, term by term.
[[nodiscard]] std::string render_decision(const select::DecisionRecord& record);

}  // namespace pathwise::router::admin
