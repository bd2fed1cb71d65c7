// SPDX-License-Identifier: Apache-2.0
#include "lab/clab/topology.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/format.h"
#include "base/process.h"
#include "expand.h"
#include "link_fields.h"
#include "node_fields.h"
#include "validate.h"

namespace pathwise::lab {
namespace {

using config::Diagnostics;
using config::MapReader;
using config::Value;
namespace fs = std::filesystem;

constexpr std::string_view kNodeNameVariable = "__clabNodeName__";
constexpr std::size_t kFileMax = 4 * 1024 * 1024;

bool is_name(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && plain(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return plain(c) || c == '-' || c == '.' || c == '_'; });
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string absolute_source(std::string source, const std::string& directory) {
  if (source.starts_with("~/")) {
    const char* home = std::getenv("HOME");
    source = (home == nullptr ? "" : home) + source.substr(1);
  }
  return (fs::path(directory) / source).lexically_normal().string();
}

// defaults, kinds and groups: what nodes inherit from.
struct Layers {
  NodeFields defaults;
  std::map<std::string, NodeFields> kinds;
  std::map<std::string, NodeFields> groups;
};

void read_named(const Value& value, Diagnostics& problems, std::map<std::string, NodeFields>& out) {
  if (value.kind != Value::Kind::kMap) {
    problems.add(value.at, "must be a map of node definitions");
    return;
  }
  for (const config::Entry& entry : value.entries) out[entry.key] = read_node_fields(entry.value, problems);
}

const NodeFields* layer(const std::map<std::string, NodeFields>& layers, const std::optional<std::string>& name) {
  const auto found = name ? layers.find(*name) : layers.end();
  return found == layers.end() ? nullptr : &found->second;
}

NodeFields resolve(const Layers& layers, const NodeFields& own) {
  const std::optional<std::string>& own_group = own.group ? own.group : layers.defaults.group;
  const NodeFields* group = layer(layers.groups, own_group);
  std::optional<std::string> kind = own.kind;
  if (!kind && group != nullptr) kind = group->kind;
  if (!kind) kind = layers.defaults.kind;
  NodeFields fields = layers.defaults;
  if (const NodeFields* of_kind = layer(layers.kinds, kind)) fields = inherit(std::move(fields), *of_kind);
  if (group != nullptr) fields = inherit(std::move(fields), *group);
  fields = inherit(std::move(fields), own);
  fields.kind = kind;
  fields.group = own_group;
  return fields;
}

void set_kind(const NodeFields& fields, const config::Entry& entry, Diagnostics& problems, Node& node) {
  const std::string kind = fields.kind.value_or("");
  if (kind == "bridge") {
    node.kind = NodeKind::kBridge;
  } else if (kind != "linux") {
    problems.add(entry.at, "node {}: kind '{}' is not supported; use linux or bridge", entry.key, kind);
  }
}

Node make_node(const config::Entry& entry, NodeFields fields, const std::string& directory, Diagnostics& problems) {
  Node node;
  node.name = entry.key;
  node.at = entry.at;
  set_kind(fields, entry, problems, node);
  node.group = fields.group.value_or("");
  node.image = fields.image.value_or("");
  node.pull_policy = fields.pull_policy.value_or(PullPolicy::kIfNotPresent);
  node.hostname = fields.hostname.value_or(entry.key);
  node.entrypoint = fields.entrypoint.value_or(std::vector<std::string>{});
  node.cmd = fields.cmd.value_or(std::vector<std::string>{});
  node.env = std::move(fields.env);
  node.binds = std::move(fields.binds);
  for (Bind& bind : node.binds) {
    replace_all(bind.source, kNodeNameVariable, node.name);
    replace_all(bind.destination, kNodeNameVariable, node.name);
    bind.source = absolute_source(bind.source, directory);
  }
  node.exec = std::move(fields.exec);
  node.ports = fields.ports.value_or(std::vector<PortMapping>{});
  node.sysctls = std::move(fields.sysctls);
  node.cap_add = std::move(fields.cap_add);
  node.privileged = fields.privileged.value_or(true);
  node.network_mode = fields.network_mode.value_or("");
  node.restart_policy = fields.restart_policy.value_or("always");
  node.labels = std::move(fields.labels);
  node.healthcheck = std::move(fields.healthcheck);
  node.wait_for = std::move(fields.wait_for);
  node.mgmt_ipv4 = fields.mgmt_ipv4.value_or("");
  node.mgmt_ipv6 = fields.mgmt_ipv6.value_or("");
  return node;
}

void read_nodes(const Value& value, const Layers& layers, Diagnostics& problems, Topology& out) {
  if (value.kind != Value::Kind::kMap || value.entries.empty()) {
    problems.add(value.at, "nodes must be a map with at least one node");
    return;
  }
  for (const config::Entry& entry : value.entries) {
    if (!is_name(entry.key) || entry.key == "host" || entry.key == "mgmt-net") {
      problems.add(entry.at, "'{}' cannot be a node's name: letters, digits, '-', '.' and '_', not host or mgmt-net",
                   entry.key);
    }
    NodeFields fields = resolve(layers, read_node_fields(entry.value, problems));
    out.nodes.push_back(make_node(entry, std::move(fields), out.directory, problems));
  }
}

void read_body(const Value& value, Diagnostics& problems, Topology& out) {
  MapReader map(value, problems);
  Layers layers;
  if (const Value* defaults = map.child("defaults")) layers.defaults = read_node_fields(*defaults, problems);
  if (const Value* kinds = map.child("kinds")) read_named(*kinds, problems, layers.kinds);
  if (const Value* groups = map.child("groups")) read_named(*groups, problems, layers.groups);
  if (const Value* nodes = map.required_child("nodes")) read_nodes(*nodes, layers, problems, out);
  if (const Value* links = map.child("links")) out.links = read_links(*links, problems);
  map.finish();
}

void read_management(const Value& value, Diagnostics& problems, Management& out) {
  MapReader map(value, problems);
  map.optional("network", out.network);
  map.optional("bridge", out.bridge);
  map.optional("ipv4-subnet", out.ipv4_subnet);
  map.optional("ipv6-subnet", out.ipv6_subnet);
  map.optional("mtu", out.mtu);
  map.finish();
}

void read_topology(const Value& value, Diagnostics& problems, Topology& out) {
  MapReader map(value, problems);
  if (map.required("name", out.name) && !is_name(out.name)) {
    problems.add(map.child("name")->at, "'{}' cannot be a lab's name: letters, digits, '-', '.' and '_'", out.name);
  }
  map.optional("prefix", out.prefix);
  if (const Value* mgmt = map.child("mgmt")) read_management(*mgmt, problems, out.management);
  if (out.management.ipv4_subnet.empty() && out.management.ipv6_subnet.empty()) {
    out.management.ipv4_subnet = "172.20.20.0/24";  // containerlab's default
  }
  if (const Value* body = map.required_child("topology")) read_body(*body, problems, out);
  map.finish();
}

}  // namespace

std::string_view to_string(Stage stage) noexcept {
  constexpr std::array<std::string_view, 5> kNames = {"create", "create-links", "configure", "healthy", "exit"};
  return kNames[static_cast<std::size_t>(stage)];
}

const Node* Topology::find(std::string_view node) const {
  const auto found = std::ranges::find(nodes, node, &Node::name);
  return found == nodes.end() ? nullptr : &*found;
}

std::string Topology::long_name(std::string_view node) const {
  if (prefix.empty()) return std::string(node);
  if (prefix == "__lab-name") return formatted("{}-{}", name, node);
  return formatted("{}-{}-{}", prefix, name, node);
}

bool Topology::uses_management_network() const {
  return std::ranges::any_of(
      nodes, [](const Node& node) { return node.kind == NodeKind::kLinux && node.network_mode.empty(); });
}

Result<Topology> load_text(std::string_view text, const std::string& path, const Environment& environment) {
  Diagnostics problems;
  if (text.contains("{{")) {
    return fail(ErrorCode::kInvalidArgument, "{}: templates ({{{{ … }}}}) are not supported", path);
  }
  const std::string expanded = expand(text, path, environment, problems);
  const std::optional<Value> root = config::parse_text(expanded, path, problems);
  if (!root) return std::unexpected(problems.error());
  Topology topology;
  topology.file = fs::absolute(path).lexically_normal().string();
  topology.directory = fs::path(topology.file).parent_path().string();
  read_topology(*root, problems, topology);
  if (problems.empty()) validate(topology, problems);
  if (!problems.empty()) return std::unexpected(problems.error());
  return topology;
}

Result<Topology> load(const std::string& path, const Environment& environment) {
  const auto text = read_file(path, kFileMax);
  if (!text) return std::unexpected(text.error());
  return load_text(*text, path, environment);
}

}  // namespace pathwise::lab
