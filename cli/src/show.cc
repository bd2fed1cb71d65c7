// SPDX-License-Identifier: Apache-2.0
#include "show.h"

#include <nlohmann/json.hpp>

#include "base/format.h"
#include "base/units.h"
#include "table.h"

namespace pathwise::cli {
namespace {

using nlohmann::json;

std::string text(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) return "-";
  if (it->is_string()) return it->get<std::string>().empty() ? "-" : it->get<std::string>();
  return it->dump();
}

std::string micros(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? to_human(Microseconds{it->get<std::int64_t>()}) : "-";
}

std::string joined(const json& object, const char* key, std::string_view between) {
  std::string out;
  for (const json& word : object.value(key, json::array())) {
    out += formatted("{}{}", out.empty() ? "" : between, word.get<std::string>());
  }
  return out.empty() ? "-" : out;
}

json member(const json& object, const char* key) {
  return object.value(key, json::object());
}

// The active candidate, or an empty object.
json active_of(const json& path) {
  const json candidates = path.value("candidates", json::array());
  const auto it = path.find("active");
  if (it == path.end() || !it->is_number_unsigned() || it->get<std::size_t>() >= candidates.size())
    return json::object();
  return candidates[it->get<std::size_t>()];
}

}  // namespace

std::string render_paths(const json& document) {
  Table table({"SITE", "TIER", "STATE", "ACTIVE", "RTT p50", "p99", "LOSS", "PATH", "SIDS", "REASON"});
  for (const json& path : document.value("paths", json::array())) {
    const json active = active_of(path);
    const json measured = member(active, "measured");
    table.add({text(path, "site"), text(path, "tier"), text(path, "status"), text(active, "origin"),
               micros(measured, "rtt_p50_us"), micros(measured, "rtt_p99_us"),
               measured.contains("loss") ? formatted("{:.1f}%", 100 * measured.value("loss", 0.0)) : "-",
               joined(active, "nodes", " > "), joined(active, "segments", " "), text(path, "reason")});
  }
  std::string out = table.to_string();
  for (const json& session : document.value("pcep_sessions", json::array())) {
    out += formatted("PCE {} {} {}\n", text(session, "address"), text(session, "state"), text(session, "reason"));
  }
  return out + formatted("topology {}\n", text(document, "topology"));
}

std::string render_sites(const json& document) {
  Table table({"SITE", "ROUTER", "ADMISSION", "AGE", "MODEL", "RUNNING", "WAITING", "CAPACITY", "KV", "PREFILL/s"});
  for (const json& site : document.value("sites", json::array())) {
    const std::string age = site.contains("age_ms") ? formatted("{:.0f}ms", site.value("age_ms", 0.0)) : "-";
    const json models = site.value("models", json::array());
    if (models.empty()) table.add({text(site, "site"), text(site, "router"), text(site, "admission"), age, "-"});
    for (const json& model : models) {
      table.add({text(site, "site"), text(site, "router"), text(site, "admission"), age, text(model, "model"),
                 text(model, "running"), text(model, "waiting"), text(model, "capacity"),
                 formatted("{:.0f}%", 100 * model.value("kv_used", 0.0)),
                 formatted("{:.0f}", model.value("prefill_rate", 0.0))});
    }
  }
  return table.to_string();
}

std::string render_decision(const json& document) {
  const json request = member(document, "request");
  const json chosen = member(document, "chosen");
  const json outcome = member(document, "outcome");
  std::string out =
      formatted("request {} of tenant {}: tier {}, model {}, labels {}\n", text(document, "request_id"),
                text(request, "tenant"), text(request, "tier"), text(request, "model"), text(request, "labels"));
  out += formatted("chosen {} over {} ({}); {} after {} ms, predicted {} ms\n", text(chosen, "site"),
                   text(chosen, "path"), text(chosen, "picked_by"), text(outcome, "result"), text(outcome, "ttft_ms"),
                   text(outcome, "ttft_predicted_ms"));
  Table table(
      {"SITE", "OBJECTIVE", "RTT ms", "TRANSFER", "WAIT", "ADAPTER", "PREFILL", "DECODE", "CACHED", "REMOVED BY"});
  for (const json& site : document.value("alternatives", json::array())) {
    const json terms = member(site, "terms");
    table.add({text(site, "site"), text(terms, "objective"), text(terms, "rtt_ms"), text(terms, "transfer_ms"),
               text(terms, "wait_ms"), text(terms, "adapter_load_ms"), text(terms, "prefill_ms"),
               text(terms, "decode_ms"), text(terms, "cached_tokens"), ""});
  }
  for (const json& site : document.value("removed", json::array())) {
    table.add(
        {text(site, "site"), "-", "-", "-", "-", "-", "-", "-", "-", text(site, "reason") + ": " + text(site, "rule")});
  }
  return out + table.to_string();
}

}  // namespace pathwise::cli
