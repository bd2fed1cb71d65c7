// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_api.h"

#include <algorithm>
#include <charconv>

#include "net/metrics.h"
#include "render.h"

namespace pathwise::router::admin {

namespace {

constexpr std::size_t kDefaultLast = 20, kMostLast = 1000;

net::HttpResponse json(unsigned status, const Json& body) {
  return {.status = status, .body = body.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

net::HttpResponse error(unsigned status, std::string_view message) {
  return json(status, {{"error", {{"message", message}}}});
}

std::size_t last_of(std::string_view query) {
  constexpr std::string_view kKey = "last=";
  std::size_t count = kDefaultLast;
  if (const std::size_t at = query.find(kKey); at != std::string_view::npos) {
    const std::string_view text = query.substr(at + kKey.size());
    std::from_chars(text.data(), text.data() + text.size(), count);
  }
  return std::min(count, kMostLast);
}

}  // namespace

net::HttpResponse AdminApi::decisions(std::string_view path, std::string_view query) const {
  constexpr std::string_view kPrefix = "/admin/decisions/";
  sources_.refresh();
  if (path.starts_with(kPrefix)) {
    const select::DecisionRecord* record = sources_.decisions.find(path.substr(kPrefix.size()));
    if (record == nullptr) return error(404, "no decision with this request id is kept here");
    return json(200, decision_json(*record));
  }
  Json list = Json::array();
  for (const select::DecisionRecord* record : sources_.decisions.latest(last_of(query))) {
    list.push_back(decision_json(*record));
  }
  return json(200, {{"decisions", list}, {"total", sources_.decisions.total()}});
}

net::HttpResponse AdminApi::handle(const net::HttpRequest& request) const {
  if (request.method != "GET") return error(405, "this API is read-only");
  const std::string_view path = request.path();
  const std::string_view target = request.target;
  const std::string_view query = target.size() > path.size() ? target.substr(path.size() + 1) : std::string_view{};
  if (path == "/metrics") return {.content_type = net::kMetricsContentType, .body = sources_.metrics()};
  if (path == "/health") return json(200, {{"status", "ok"}});
  const forward::StatePtr state = sources_.state();
  if (path == "/ready") return {.status = state->ready ? 200u : 503u, .body = state->ready_text};
  if (path == "/admin/decisions" || path.starts_with("/admin/decisions/")) return decisions(path, query);
  if (path == "/admin/sites") return json(200, sites_json(*state, sources_.peers(), sources_.clock.now()));
  if (path == "/admin/paths") return json(200, paths_json(*state));
  if (path == "/admin/policy") return json(200, policy_json(*state->views.policy));
  return error(404, "no such resource");
}

}  // namespace pathwise::router::admin
