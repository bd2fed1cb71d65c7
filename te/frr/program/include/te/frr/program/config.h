// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/pathwise/frr.yaml: what this pathwise-frr is. Field by field: docs/operating.md.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "base/ip.h"
#include "te/frr/agent.h"
#include "te/wire/topology_security.h"

namespace pathwise::te {

struct FrrConfig {
  NodeName node;                                 // as IS-IS knows this router (hostname)
  std::string zserv = "/var/run/frr/zserv.api";  // mgmtd's socket is beside it
  std::string fabric = "/etc/pathwise/fabric.yaml";
  Endpoint topology{.host = "::", .port = 9340, .unix_path = {}};
  Endpoint metrics{.host = "::1", .port = 9466, .unix_path = {}};
  std::optional<TopologyTls> tls;  // absent: only if `topology` is a unix socket
  LinkMonitorParams link_delay;
  OrderedInstallParams ordered_install;
  std::chrono::seconds graceful_restart{60};
  std::set<std::string> excluded_interfaces;

  [[nodiscard]] std::string mgmtd() const;  // the front-end socket in zserv's directory
};

// Everything that is wrong, with file:line:col, in one Error.
[[nodiscard]] Result<FrrConfig> load_frr_config(const std::string& path);
[[nodiscard]] Result<FrrConfig> parse_frr_config(std::string_view text, const std::string& name);

// The files of `tls`: the key is the certificate's, the authorities are readable, and the certificate is this node's
// (…/node/<node>/frr). gRPC would say so only by failing handshakes. Nothing to check without `tls`.
[[nodiscard]] Result<void> check_frr_tls(const FrrConfig& config);

}  // namespace pathwise::te
