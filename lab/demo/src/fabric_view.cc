// SPDX-License-Identifier: Apache-2.0
#include "lab/demo/fabric_view.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/format.h"

namespace pathwise::lab {
namespace {

using nlohmann::json;

Result<json> parse(const std::string& text, const std::string& what) {
  json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return fail(ErrorCode::kInternal, "{}: not JSON: {:.120}", what, text);
  return parsed;
}

std::vector<std::string> strings(const json& object, const char* key) {
  return object.value(key, std::vector<std::string>{});
}

Microseconds micros(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? Microseconds{it->get<std::int64_t>()} : Microseconds{0};
}

PathView read_path(const json& path) {
  PathView view{.site = SiteName(path.value("site", "")),
                .tier = TierName(path.value("tier", "")),
                .status = path.value("status", "")};
  const auto active = path.find("active");
  const json candidates = path.value("candidates", json::array());
  if (active == path.end() || !active->is_number_integer()) return view;
  const auto index = active->get<std::int64_t>();
  if (index < 0 || index >= static_cast<std::int64_t>(candidates.size())) return view;
  const json& candidate = candidates[static_cast<std::size_t>(index)];
  view.origin = candidate.value("origin", "");
  view.segments = strings(candidate, "segments");
  view.nodes = strings(candidate, "nodes");
  view.rtt = micros(candidate.value("measured", json::object()), "rtt_p50_us");
  if (candidate.contains("computed_delay_us")) view.computed_delay = micros(candidate, "computed_delay_us");
  view.installed_unix_us = candidate.value("installed_unix_us", std::uint64_t{0});
  return view;
}

}  // namespace

std::string join(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

Result<std::string> FabricView::run(const std::string& node, const std::vector<std::string>& argv) const {
  const auto output = exec(topology_, engine_, node, argv);
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0) {
    return fail(ErrorCode::kUnavailable, "{}: `{}` ended with {}: {}{}", node, join(argv, " "), output->exit_code,
                output->err, output->out);
  }
  return output->out;
}

namespace {

std::vector<std::string> admin_get(const std::string& target) {
  return {"curl", "-sf", "--max-time", "5", "--unix-socket", "/run/pathwise/admin.sock", "http://pathwise" + target};
}

}  // namespace

Result<std::vector<PathView>> FabricView::paths(const std::string& host) const {
  const auto text = run(host, admin_get("/admin/paths"));
  if (!text) return std::unexpected(text.error());
  const auto document = parse(*text, "/admin/paths");
  if (!document) return std::unexpected(document.error());
  std::vector<PathView> views;
  for (const json& path : document->value("paths", json::array())) views.push_back(read_path(path));
  return views;
}

Result<DecisionView> FabricView::decision(const std::string& host, const RequestId& request) const {
  const auto text = run(host, admin_get("/admin/decisions/" + request.str()));
  if (!text) return std::unexpected(text.error());
  const auto document = parse(*text, "/admin/decisions");
  if (!document) return std::unexpected(document.error());
  DecisionView view{.site = SiteName(document->value("chosen", json::object()).value("site", "")), .alternatives = {}};
  for (const json& entry : document->value("alternatives", json::array())) {
    const json terms = entry.value("terms", json::object());
    view.alternatives.push_back({.site = SiteName(entry.value("site", "")),
                                 .rtt = Microseconds{std::llround(terms.value("rtt_ms", 0.0) * 1000)},
                                 .objective = terms.value("objective", 0.0)});
  }
  return view;
}

Result<std::vector<SiteName>> FabricView::serving_sites(const std::string& host) const {
  const auto text = run(host, admin_get("/admin/sites"));
  if (!text) return std::unexpected(text.error());
  const auto document = parse(*text, "/admin/sites");
  if (!document) return std::unexpected(document.error());
  std::vector<SiteName> sites;
  for (const json& site : document->value("sites", json::array())) {
    if (!site.value("models", json::array()).empty()) sites.emplace_back(site.value("site", ""));
  }
  return sites;
}

Result<std::string> FabricView::route_interface(const std::string& node, const std::string& address) const {
  const auto text = run(node, {"ip", "-6", "-json", "route", "get", address});
  if (!text) return std::unexpected(text.error());
  const auto document = parse(*text, "ip route get");
  if (!document) return std::unexpected(document.error());
  if (!document->is_array() || document->empty())
    return fail(ErrorCode::kNotFound, "{}: no route to {}", node, address);
  return document->front().value("dev", "");
}

Result<void> FabricView::set_delay(const std::string& a, const std::string& b, Microseconds delay) const {
  const std::string text = formatted("{}us", delay.count());
  for (const auto& direction : {a + "-" + b, b + "-" + a}) {
    if (auto done = run("wan", {"/opt/pathwise/pathwise-wan", "ctl", "set", direction, "delay", text}); !done) {
      return std::unexpected(done.error());
    }
  }
  return {};
}

Result<void> FabricView::cut(const std::string& a, const std::string& b) const {
  for (const auto& direction : {a + "-" + b, b + "-" + a}) {
    if (auto done = run("wan", {"/opt/pathwise/pathwise-wan", "ctl", "cut", direction}); !done) {
      return std::unexpected(done.error());
    }
  }
  return {};
}

Result<void> FabricView::heal(const std::string& a, const std::string& b) const {
  for (const auto& direction : {a + "-" + b, b + "-" + a}) {
    if (auto done = run("wan", {"/opt/pathwise/pathwise-wan", "ctl", "heal", direction}); !done) {
      return std::unexpected(done.error());
    }
  }
  return {};
}

}  // namespace pathwise::lab
