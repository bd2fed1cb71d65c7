// SPDX-License-Identifier: Apache-2.0
#include "router/openai/endpoint.h"

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

}  // namespace

Endpoint classify(std::string_view method, std::string_view path) {
  for (const Route& route : kRoutes) {
    if (route.path != path) continue;
    return route.method == method ? route.endpoint : Endpoint::kMethodNotAllowed;
  }
  return Endpoint::kUnknown;
}

}  // namespace pathwise::router::openai
