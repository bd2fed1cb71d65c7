// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/program/config.h"

#include <charconv>

#include "base/config.h"
#include "base/format.h"
#include "base/string_util.h"
#include "net/tls.h"

namespace pathwise::te {
namespace {

using config::Diagnostics;
using config::MapReader;
using config::Value;

constexpr std::size_t kLongestUnixPath = 107;

void read_listen(const Value& value, Diagnostics& problems, FrrConfig& out) {
  MapReader map(value, problems);
  map.optional("topology", out.topology);
  map.optional("metrics", out.metrics);
  map.finish();
  if (!out.topology.overlaps(out.metrics)) return;
  const Value* at = map.child("metrics") != nullptr ? map.child("metrics") : map.child("topology");
  problems.add(at->at, "topology {} and metrics {} overlap", out.topology, out.metrics);
}

void read_tls(const Value& value, Diagnostics& problems, TopologyTls& out) {
  MapReader map(value, problems);
  map.required("cert", out.cert);
  map.required("key", out.key);
  map.required("ca", out.ca);
  map.finish();
}

// "10%", "2.5%"
void read_percent(const Value& value, Diagnostics& problems, double& out) {
  std::string text;
  if (!config::read(value, problems, text)) return;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || at + 1 != end || *at != '%' || !(number >= 0 && number <= 100)) {
    return problems.add(value.at, "must be a percentage of 0%..100%, like 10%");
  }
  out = number / 100;
}

void check_range(const Value* value, Diagnostics& problems, Milliseconds given, Milliseconds least, Milliseconds most) {
  if (value == nullptr || (given >= least && given <= most)) return;
  problems.add(value->at, "must be {}ms..{}ms", least.count(), most.count());
}

void read_link_delay(const Value& value, Diagnostics& problems, LinkMonitorParams& out) {
  MapReader map(value, problems);
  map.optional("interval", out.interval);
  map.optional("window", out.window);
  if (const Value* threshold = map.child("threshold")) read_percent(*threshold, problems, out.damper.threshold);
  map.optional("min_change", out.damper.min_change);
  map.optional("hold", out.damper.hold);
  map.optional("period", out.damper.period);
  map.optional("port", out.port);
  map.optional("key_file", out.key_file);
  map.finish();
  check_range(map.child("interval"), problems, out.interval, Milliseconds(10), Milliseconds(10'000));
  check_range(map.child("window"), problems, out.window, out.interval, out.interval * 1000);
  check_range(map.child("hold"), problems, out.damper.hold, Milliseconds(0), Milliseconds(600'000));
  check_range(map.child("period"), problems, out.damper.period, out.damper.hold, Milliseconds(3'600'000));
}

void read_ordered_install(const Value& value, Diagnostics& problems, OrderedInstallParams& out) {
  MapReader map(value, problems);
  map.optional("step", out.step);
  map.optional("longest", out.longest);
  map.finish();
  check_range(map.child("step"), problems, out.step, Milliseconds(0), Milliseconds(1'000));
  check_range(map.child("longest"), problems, out.longest, Milliseconds(0), Milliseconds(30'000));
}

void read_graceful_restart(const Value& value, Diagnostics& problems, std::chrono::seconds& out) {
  Milliseconds given{};
  if (!config::read(value, problems, given)) return;
  check_range(&value, problems, given, Milliseconds(0), Milliseconds(3'600'000));
  out = std::chrono::ceil<std::chrono::seconds>(given);
}

void read_interfaces(const Value& value, Diagnostics& problems, std::set<std::string>& out) {
  MapReader map(value, problems);
  std::vector<std::string> excluded;
  const Value* list = map.child("exclude");
  if (list != nullptr && config::read(*list, problems, excluded)) {
    for (std::size_t i = 0; i < excluded.size(); ++i) {
      if (!out.insert(excluded[i]).second) problems.add(list->items[i].at, "{} is listed twice", excerpt(excluded[i]));
    }
  }
  map.finish();
}

void check(const Value& root, Diagnostics& problems, const FrrConfig& config) {
  if (!config.topology.is_unix() && !config.tls) {
    problems.add(root.at, "'tls' is missing: listen.topology is on TCP ({}), which needs cert, key and ca",
                 config.topology);
  }
  if (config.tls && config.tls->trust_domain.empty()) {
    problems.add(root.at, "'trust_domain' is missing: 'tls' needs it to know its peers");
  }
  if (config.zserv.empty() || config.zserv.size() > kLongestUnixPath) {
    problems.add(root.at, "'zserv' must be a socket path of at most {} bytes", kLongestUnixPath);
  }
}

}  // namespace

std::string FrrConfig::mgmtd() const {
  return zserv.substr(0, zserv.find_last_of('/') + 1) + "mgmtd_fe.sock";
}

static Result<FrrConfig> read_config(const std::optional<Value>& root, Diagnostics& problems) {
  FrrConfig config;
  if (!root) return std::unexpected(problems.error());
  MapReader map(*root, problems);
  map.required("node", config.node);
  map.optional("zserv", config.zserv);
  map.optional("fabric", config.fabric);
  std::string trust_domain;
  map.optional("trust_domain", trust_domain);
  if (const Value* listen = map.child("listen")) read_listen(*listen, problems, config);
  if (const Value* tls = map.child("tls")) read_tls(*tls, problems, config.tls.emplace());
  if (config.tls) {
    config.tls->trust_domain = trust_domain;
    config.tls->peers = {"site/*/router", "site/*/te", "pce", "node/*/frr"};
  }
  if (const Value* delay = map.child("link_delay")) read_link_delay(*delay, problems, config.link_delay);
  if (const Value* ordered = map.child("ordered_install"))
    read_ordered_install(*ordered, problems, config.ordered_install);
  if (const Value* restart = map.child("graceful_restart")) {
    read_graceful_restart(*restart, problems, config.graceful_restart);
  }
  if (const Value* interfaces = map.child("interfaces")) {
    read_interfaces(*interfaces, problems, config.excluded_interfaces);
  }
  map.finish();
  check(*root, problems, config);
  if (!problems.empty()) return std::unexpected(problems.error());
  return config;
}

Result<FrrConfig> load_frr_config(const std::string& path) {
  Diagnostics problems;
  const auto root = config::parse_file(path, problems);
  return read_config(root, problems);
}

Result<FrrConfig> parse_frr_config(std::string_view text, const std::string& name) {
  Diagnostics problems;
  const auto root = config::parse_text(text, name, problems);
  return read_config(root, problems);
}

Result<void> check_frr_tls(const FrrConfig& config) {
  if (!config.tls) return {};
  const TopologyTls& tls = *config.tls;
  return net::check_tls_files({tls.cert, tls.key, tls.ca}, tls.trust_domain, {formatted("node/{}/frr", config.node)});
}

}  // namespace pathwise::te
