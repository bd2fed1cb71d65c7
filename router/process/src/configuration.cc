// SPDX-License-Identifier: Apache-2.0
#include "router/process/configuration.h"

#include <algorithm>

#include "base/format.h"
#include "router/runtime/scraper.h"

namespace pathwise::router::process {

namespace {

constexpr const char* kHttpAlpn = "http/1.1";
constexpr const char* kFabricAlpn = "pathwise-fabric/1";

Result<void> check_place(const policy::NodeConfig& node, const policy::FabricConfig& fabric) {
  const policy::SiteConfig* own = fabric.site(node.site);
  if (own == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "{}: has no site '{}', which node.yaml names", node.policy_file,
                node.site);
  }
  if (std::ranges::find(own->routers, node.router) == own->routers.end()) {
    return fail(ErrorCode::kInvalidArgument, "{}: site '{}' has no router '{}', which node.yaml names",
                node.policy_file, node.site, node.router);
  }
  if (!node.fabric.tier.empty() && fabric.tier(node.fabric.tier) == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "{}: has no tier '{}', which node.yaml's fabric.tier names",
                node.policy_file, node.fabric.tier);
  }
  if (fabric.sites.size() > 1 && node.tls.cert.empty()) {
    return fail(ErrorCode::kInvalidArgument, "node.yaml: tls is missing; {} has other sites, reached by mutual TLS",
                node.policy_file);
  }
  return {};
}

}  // namespace

Result<Configuration> load(const std::string& node_path, std::uint64_t revision) {
  auto node = policy::load_node(node_path);
  if (!node) return std::unexpected(node.error());
  auto fabric = policy::load_fabric(node->policy_file);
  if (!fabric) return std::unexpected(fabric.error());
  if (auto placed = check_place(*node, *fabric); !placed) return std::unexpected(placed.error());
  for (const policy::RuntimeConfig& runtime : node->runtimes) {
    if (auto resolved = runtime::resolve_runtime_url(runtime.url); !resolved) {
      return std::unexpected(resolved.error().within(node_path));
    }
  }
  auto policy = std::make_shared<const policy::PolicySnapshot>(std::move(*fabric), revision);
  return Configuration{std::move(*node), std::move(policy)};
}

Result<TlsContexts> make_tls(const policy::NodeConfig& node) {
  TlsContexts contexts;
  if (node.tls.cert.empty()) return contexts;
  const net::TlsFiles files{node.tls.cert, node.tls.key, node.tls.ca};
  auto server = net::TlsContext::create(files, net::TlsRole::kServer, node.trust_domain, {kHttpAlpn, kFabricAlpn});
  if (!server) return std::unexpected(server.error());
  auto client = net::TlsContext::create(files, net::TlsRole::kClient, node.trust_domain, {kHttpAlpn});
  if (!client) return std::unexpected(client.error());
  auto fabric = net::TlsContext::create(files, net::TlsRole::kClient, node.trust_domain, {kFabricAlpn});
  if (!fabric) return std::unexpected(fabric.error());
  if ((*server)->identity().router_site() != node.site) {
    return fail(ErrorCode::kInvalidArgument, "{}: is the certificate of {}, not of a router of site '{}'",
                node.tls.cert, (*server)->identity().to_string(), node.site);
  }
  return TlsContexts{std::move(*server), std::move(*client), std::move(*fabric)};
}

Result<void> reload_tls(const TlsContexts& contexts) {
  for (const auto& context : {contexts.server, contexts.client, contexts.fabric}) {
    if (!context) continue;
    if (auto done = context->reload(); !done) return done;
  }
  return {};
}

forward::Identity identity_of(const policy::NodeConfig& node) {
  return {.site = node.site, .router = node.router, .trust_domain = node.trust_domain, .peers_port = node.listen.peers};
}

std::string needs_restart(const policy::NodeConfig& now, const policy::NodeConfig& next) {
  std::string list;
  const auto note = [&](bool differs, std::string_view what) {
    if (differs) list += formatted("{}{}", list.empty() ? "" : ", ", what);
  };
  note(now.site != next.site || now.router != next.router || now.trust_domain != next.trust_domain, "identity");
  note(now.listen.openai != next.listen.openai || now.listen.peers != next.listen.peers ||
           now.listen.admin != next.listen.admin || now.listen.metrics != next.listen.metrics ||
           now.listen.gnmi != next.listen.gnmi,
       "listen");
  note(now.tls.cert != next.tls.cert || now.tls.key != next.tls.key || now.tls.ca != next.tls.ca, "tls file names");
  note(now.te.socket != next.te.socket, "te.socket");
  note(now.threads != next.threads, "threads");
  note(now.fabric.tier != next.fabric.tier || now.fabric.interval != next.fabric.interval, "fabric");
  return list;
}

}  // namespace pathwise::router::process
