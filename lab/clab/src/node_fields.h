// SPDX-License-Identifier: Apache-2.0
// The fields of one node definition as written, before inheritance: an absent field is not the
// same as an empty one. `defaults`, each kind, each group and each node is one of these.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/clab/topology.h"

namespace pathwise::lab {

using StringMap = std::map<std::string, std::string>;

struct NodeFields {
  std::optional<std::string> kind;
  std::optional<std::string> group;
  std::optional<std::string> image;
  std::optional<PullPolicy> pull_policy;
  std::optional<std::string> hostname;
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  StringMap env;
  std::vector<Bind> binds;  // sources as written
  std::vector<std::vector<std::string>> exec;
  std::optional<std::vector<PortMapping>> ports;
  StringMap sysctls;
  std::vector<std::string> cap_add;
  std::optional<bool> privileged;
  std::optional<std::string> network_mode;
  std::optional<std::string> restart_policy;
  StringMap labels;
  std::optional<Healthcheck> healthcheck;
  std::map<Stage, std::vector<WaitFor>> wait_for;
  std::optional<std::string> mgmt_ipv4;
  std::optional<std::string> mgmt_ipv6;
};

// `value` may be null ("r2:"), which is a definition without fields.
[[nodiscard]] NodeFields read_node_fields(const config::Value& value, config::Diagnostics& problems);

// `over` on top of `base`: maps merge, binds replace by destination, lists append without
// repeating, everything else is overridden.
[[nodiscard]] NodeFields inherit(NodeFields base, const NodeFields& over);

// A map of scalars, as text.
void read_string_map(const config::Value& value, config::Diagnostics& problems, StringMap& out);

}  // namespace pathwise::lab
