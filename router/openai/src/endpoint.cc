// SPDX-License-Identifier: Apache-2.0
#include "router/openai/endpoint.h"

#include <algorithm>
#include <array>

namespace pathwise::router::openai {

namespace {

struct Route {
  std::string_view path, method;
  Endpoint endpoint;
};

constexpr std::array<Route, 5> kRoutes = {{
    {"/v1/chat/completions", "POST", Endpoint::kChatCompletions},
    {"/v1/completions", "POST", Endpoint::kCompletions},
    {"/v1/models", "GET", Endpoint::kModels},
    {"/health", "GET", Endpoint::kHealth},
    {"/ready", "GET", Endpoint::kReady},
}};

const Route* find(std::string_view path) {
  const auto* found = std::ranges::find(kRoutes, path, &Route::path);
  return found == kRoutes.end() ? nullptr : found;
}

}  // namespace

// HEAD is GET without the body (RFC 9110 section 9.3.2).
Endpoint classify(std::string_view method, std::string_view path) {
  const Route* route = find(path);
  if (route == nullptr) return Endpoint::kUnknown;
  const bool allowed = method == route->method || (method == "HEAD" && route->method == "GET");
  return allowed ? route->endpoint : Endpoint::kMethodNotAllowed;
}

std::string_view allowed_methods(std::string_view path) {
  const Route* route = find(path);
  if (route == nullptr) return {};
  return route->method == "GET" ? "GET, HEAD" : route->method;
}

}  // namespace pathwise::router::openai
