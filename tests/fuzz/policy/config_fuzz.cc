// SPDX-License-Identifier: Apache-2.0
// Any text as fabric.yaml and as node.yaml: an error or a configuration that the policy can be compiled
// from, never a crash.
#include <cstdlib>
#include <string_view>

#include "policy/node_config.h"
#include "policy/policy_snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  namespace policy = pathwise::policy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto fabric = policy::parse_fabric(text, "fabric.yaml")) {
    const policy::PolicySnapshot snapshot(*std::move(fabric), 1);
    for (const policy::TenantConfig& tenant : snapshot.config().tenants) {
      for (const policy::ModelConfig& model : snapshot.config().models) {
        const auto decision = snapshot.evaluate({.tenant = &tenant, .model = model.name.str()});
        // Whatever was accepted, a tenant has its default tier and every site has a verdict.
        if (!decision || decision->sites.size() != snapshot.sites().size()) std::abort();
      }
    }
  }
  static_cast<void>(policy::parse_node(text, "node.yaml"));
  return 0;
}
