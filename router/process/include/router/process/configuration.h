// SPDX-License-Identifier: Apache-2.0
// node.yaml and fabric.yaml together, as this router starts and reloads with them. Blocking: start-up
// and reload only. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/tls.h"
#include "policy/node_config.h"
#include "policy/policy_snapshot.h"
#include "router/forward/worker.h"

namespace pathwise::router::process {

struct Configuration {
  policy::NodeConfig node;
  policy::PolicySnapshotPtr policy;
};

// Errors name file, line and column. Also checked: that the fabric has this site and router, that the
// digests' tier exists and that runtimes resolve.
[[nodiscard]] Result<Configuration> load(const std::string& node_path, std::uint64_t revision);

struct TlsContexts {
  std::shared_ptr<net::TlsContext> server, client, fabric;  // nullptr: no `tls` in node.yaml
};
[[nodiscard]] Result<TlsContexts> make_tls(const policy::NodeConfig& node);
[[nodiscard]] Result<void> reload_tls(const TlsContexts& contexts);

[[nodiscard]] forward::Identity identity_of(const policy::NodeConfig& node);

// What of `next` cannot be changed without a restart and differs, for the log; empty: nothing.
[[nodiscard]] std::string needs_restart(const policy::NodeConfig& now, const policy::NodeConfig& next);

}  // namespace pathwise::router::process
