// SPDX-License-Identifier: Apache-2.0
#include "pcep/daemon/config.h"

#include <algorithm>

#include "base/config.h"
#include "net/tls.h"

namespace pathwise::pcep {
namespace {

using config::Diagnostics;
using config::MapReader;
using config::Value;

// Seconds of an 8-bit field of the OPEN object.
void read_seconds(MapReader& map, const char* key, Diagnostics& problems, std::chrono::seconds& out, int maximum) {
  Microseconds value{};
  if (!map.optional(key, value)) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(value);
  if (seconds != value || seconds.count() < 1 || seconds.count() > maximum) {
    problems.add(map.child(key)->at, "must be whole seconds from 1s to {}s", maximum);
    return;
  }
  out = seconds;
}

void read_timers(const Value& value, Diagnostics& problems, PceDaemonConfig& out) {
  MapReader map(value, problems);
  read_seconds(map, "keepalive", problems, out.keepalive, 255);
  read_seconds(map, "dead", problems, out.dead_timer, 255);
  read_seconds(map, "state", problems, out.state_timeout, 86'400);
  if (out.dead_timer < out.keepalive) problems.add(map.at(), "dead must not be less than keepalive");
  map.finish();
}

void read_tls(const Value& value, Diagnostics& problems, PceDaemonConfig& out) {
  MapReader map(value, problems);
  PceTlsFiles files;
  map.required("cert", files.cert);
  map.required("key", files.key);
  map.required("ca", files.ca);
  map.finish();
  out.tls = std::move(files);
}

void read_source(const Value& item, Diagnostics& problems, PceDaemonConfig& out) {
  MapReader map(item, problems);
  const Value* address = map.child("address");
  const Value* file = map.child("file");
  map.finish();
  if (item.kind != Value::Kind::kMap) return;  // said already
  if ((address == nullptr) == (file == nullptr)) {
    return problems.add(item.at, "either 'address' (of a pathwise-frr) or 'file' is needed");
  }
  PceTopologySource source;
  const Value& given = address != nullptr ? *address : *file;
  const bool good =
      address != nullptr ? config::read(given, problems, source.address) : config::read(given, problems, source.file);
  if (!good) return;
  if (file != nullptr && source.file.empty()) return problems.add(given.at, "is empty; a path is needed");
  if (std::ranges::contains(out.topology_sources, source)) {
    problems.add(given.at, "the source {} is listed twice",
                 source.file.empty() ? source.address.to_string() : source.file);
  }
  out.topology_sources.push_back(std::move(source));
}

void read_topology(const Value& value, Diagnostics& problems, PceDaemonConfig& out) {
  MapReader map(value, problems);
  const Value* sources = map.required_child("sources");
  map.optional("insecure", out.topology_insecure);
  map.optional("keep", out.topology_keep);
  map.finish();
  if (sources == nullptr) return;
  for (const Value& item : sources->items) read_source(item, problems, out);
  if (sources->items.empty()) problems.add(sources->at, "must be a list, like [{{address: \"[fd00::1]:9340\"}}]");
}

// What we listen on: `listen`, `metrics` and `socket` of one machine.
void check_listeners(MapReader& map, Diagnostics& problems, const PceDaemonConfig& out) {
  if (out.listen.is_unix()) {
    problems.add(map.child("listen")->at, "must be an address and a port, like \"[::]:4189\"");
  }
  if (!out.metrics) return;
  const Endpoint socket{.host = {}, .port = 0, .unix_path = out.socket};
  const Value& metrics = *map.child("metrics");
  if (out.metrics->overlaps(out.listen)) problems.add(metrics.at, "{} overlaps listen, {}", *out.metrics, out.listen);
  if (out.metrics->overlaps(socket)) problems.add(metrics.at, "{} is the socket already", socket);
}

void check_tls(MapReader& map, Diagnostics& problems, const PceDaemonConfig& out) {
  if (out.pcep_tls && !out.tls) problems.add(map.child("pcep_tls")->at, "needs tls: {{cert, key, ca}}");
  if (out.tls && out.trust_domain.empty()) problems.add(map.child("tls")->at, "needs trust_domain");
  for (const auto& [address, file] : out.topology_sources)
    if (file.empty() && !address.is_unix() && !out.tls && !out.topology_insecure)
      problems.add(map.child("topology")->at, "{} needs tls, or insecure: true", address);
}

Result<PceDaemonConfig> read_pce(const Value& root, Diagnostics& problems) {
  PceDaemonConfig out;
  MapReader map(root, problems);
  map.optional("listen", out.listen);
  map.optional("trust_domain", out.trust_domain);
  if (const Value* tls = map.child("tls")) read_tls(*tls, problems, out);
  out.pcep_tls = out.tls.has_value();
  map.optional("pcep_tls", out.pcep_tls);
  if (const Value* topology = map.required_child("topology")) read_topology(*topology, problems, out);
  map.optional("fabric", out.fabric);
  map.optional("socket", out.socket);
  if (Endpoint metrics; map.optional("metrics", metrics)) out.metrics = metrics;
  if (const Value* timers = map.child("timers")) read_timers(*timers, problems, out);
  check_listeners(map, problems, out);
  check_tls(map, problems, out);
  map.finish();
  if (!problems.empty()) return std::unexpected(problems.error());
  return out;
}

}  // namespace

Result<PceDaemonConfig> load_pce(const std::string& path) {
  Diagnostics problems;
  const std::optional<Value> root = config::parse_file(path, problems);
  if (!root) return std::unexpected(problems.error());
  return read_pce(*root, problems);
}

Result<PceDaemonConfig> parse_pce(std::string_view text, const std::string& name) {
  Diagnostics problems;
  const std::optional<Value> root = config::parse_text(text, name, problems);
  if (!root) return std::unexpected(problems.error());
  return read_pce(*root, problems);
}

Result<void> check_pce_tls(const PceDaemonConfig& config) {
  if (!config.tls) return {};
  return net::check_tls_files({config.tls->cert, config.tls->key, config.tls->ca}, config.trust_domain, {"pce"});
}

}  // namespace pathwise::pcep
