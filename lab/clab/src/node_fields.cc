// SPDX-License-Identifier: Apache-2.0
#include "node_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "words.h"

namespace pathwise::lab {
namespace {

using config::Diagnostics;
using config::MapReader;
using config::Value;

// The value whose name is `text`, from a table of names.
template <typename T, std::size_t N>
bool choose(const Value& value, Diagnostics& problems, const std::array<std::pair<std::string_view, T>, N>& table,
            T& out) {
  std::string allowed;
  for (const auto& [name, meaning] : table) {
    if (value.kind == Value::Kind::kScalar && value.scalar == name) {
      out = meaning;
      return true;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  problems.add(value.at, "'{}' is not one of: {}", value.scalar, allowed);
  return false;
}

constexpr std::array<std::pair<std::string_view, Stage>, 5> kStageNames = {{{"create", Stage::kCreate},
                                                                            {"create-links", Stage::kCreateLinks},
                                                                            {"configure", Stage::kConfigure},
                                                                            {"healthy", Stage::kHealthy},
                                                                            {"exit", Stage::kExit}}};
constexpr std::array<std::pair<std::string_view, PullPolicy>, 6> kPullPolicies = {
    {{"IfNotPresent", PullPolicy::kIfNotPresent},
     {"ifnotpresent", PullPolicy::kIfNotPresent},
     {"Always", PullPolicy::kAlways},
     {"always", PullPolicy::kAlways},
     {"Never", PullPolicy::kNever},
     {"never", PullPolicy::kNever}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kRestartPolicies = {
    {{"no", "no"}, {"always", "always"}, {"on-failure", "on-failure"}, {"unless-stopped", "unless-stopped"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kNetworkModes = {
    {{"none", "none"}, {"host", "host"}}};

void read_words(MapReader& map, std::string_view key, Diagnostics& problems,
                std::optional<std::vector<std::string>>& out) {
  std::string line;
  const Value* value = map.child(key);
  if (value == nullptr || !config::read(*value, problems, line)) return;
  if (auto words = split_words(line)) {
    out = std::move(*words);
  } else {
    problems.append(value->at, words.error().message);
  }
}

template <typename T>
void read_chosen(MapReader& map, std::string_view key, Diagnostics& problems, const auto& table,
                 std::optional<T>& out) {
  const Value* value = map.child(key);
  if (value == nullptr) return;
  typename std::decay_t<decltype(table)>::value_type::second_type chosen{};
  if (choose(*value, problems, table, chosen)) out = T(chosen);
}

// Calls read_item(item) for each scalar of the list under `key`.
template <typename ReadItem>
bool read_scalars(MapReader& map, std::string_view key, Diagnostics& problems, ReadItem read_item) {
  const Value* value = map.child(key);
  if (value == nullptr) return false;
  if (value->kind != Value::Kind::kSequence) {
    problems.add(value->at, "{} must be a list, like [a, b]", key);
    return false;
  }
  for (const Value& item : value->items) {
    std::string text;
    if (config::read(item, problems, text)) read_item(item, text);
  }
  return true;
}

void read_bind(const Value& item, const std::string& text, Diagnostics& problems, std::vector<Bind>& out) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  Bind bind;
  bind.source = text.substr(0, first);
  if (first != std::string::npos) bind.destination = text.substr(first + 1, second - first - 1);
  if (second != std::string::npos) bind.options = text.substr(second + 1);
  if (bind.source.empty() || !bind.destination.starts_with('/')) {
    problems.add(item.at, "bind '{}' must be source:/destination or source:/destination:ro", text);
    return;
  }
  out.push_back(std::move(bind));
}

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port <= 65535;
}

// "18080:8080", "127.0.0.1:18080:8080/tcp"
void read_port(const Value& item, std::string_view text, Diagnostics& problems, std::vector<PortMapping>& out) {
  PortMapping mapping;
  std::string_view ports = text;
  if (const std::size_t slash = ports.rfind('/'); slash != std::string_view::npos) {
    mapping.protocol = ports.substr(slash + 1);
    ports = ports.substr(0, slash);
  }
  const std::size_t last = ports.rfind(':');
  const std::size_t first = ports.find(':');
  if (last != std::string_view::npos) {
    mapping.container_port = ports.substr(last + 1);
    mapping.host_port = first == last ? ports.substr(0, last) : ports.substr(first + 1, last - first - 1);
    mapping.host_ip = first == last ? "" : ports.substr(0, first);
  }
  const bool known = mapping.protocol == "tcp" || mapping.protocol == "udp" || mapping.protocol == "sctp";
  if (!known || !is_port(mapping.container_port) || !is_port(mapping.host_port)) {
    problems.add(item.at, "port '{}' must be host:container or address:host:container, with /tcp or /udp if needed",
                 text);
    return;
  }
  out.push_back(std::move(mapping));
}

void read_healthcheck(const Value& value, Diagnostics& problems, std::optional<Healthcheck>& out) {
  MapReader map(value, problems);
  Healthcheck check;
  std::uint32_t interval = 0;
  std::uint32_t timeout = 0;
  std::uint32_t start_period = 0;
  map.required("test", check.test);
  map.optional("interval", interval);
  map.optional("timeout", timeout);
  map.optional("start-period", start_period);
  map.optional("retries", check.retries);
  map.finish();
  check.interval = std::chrono::seconds(interval);
  check.timeout = std::chrono::seconds(timeout);
  check.start_period = std::chrono::seconds(start_period);
  const bool known =
      !check.test.empty() && (check.test[0] == "CMD" || check.test[0] == "CMD-SHELL" || check.test[0] == "NONE");
  if (!known) problems.add(value.at, "healthcheck test must begin with CMD, CMD-SHELL or NONE");
  out = std::move(check);
}

void read_wait_for(const Value& value, Diagnostics& problems, std::vector<WaitFor>& out) {
  if (value.kind != Value::Kind::kSequence) {
    problems.add(value.at, "wait-for must be a list of {{node: …, stage: …}}");
    return;
  }
  for (const Value& item : value.items) {
    MapReader map(item, problems);
    WaitFor wait;
    map.required("node", wait.node);
    if (const Value* stage = map.required_child("stage")) choose(*stage, problems, kStageNames, wait.stage);
    map.finish();
    out.push_back(std::move(wait));
  }
}

void read_stages(const Value& value, Diagnostics& problems, NodeFields& out) {
  MapReader stages(value, problems);
  for (const auto& [name, stage] : kStageNames) {
    const Value* body = stages.child(name);
    if (body == nullptr) continue;
    MapReader map(*body, problems);
    if (const Value* waits = map.child("wait-for")) read_wait_for(*waits, problems, out.wait_for[stage]);
    map.finish();
  }
  stages.finish();
}

void read_container_fields(MapReader& map, Diagnostics& problems, NodeFields& out) {
  map.optional("image", out.image);
  read_chosen(map, "image-pull-policy", problems, kPullPolicies, out.pull_policy);
  map.optional("hostname", out.hostname);
  read_words(map, "entrypoint", problems, out.entrypoint);
  read_words(map, "cmd", problems, out.cmd);
  map.optional("privileged", out.privileged);
  read_scalars(map, "cap-add", problems, [&](const Value&, std::string& name) { out.cap_add.push_back(name); });
  read_chosen(map, "restart-policy", problems, kRestartPolicies, out.restart_policy);
  if (const Value* check = map.child("healthcheck")) read_healthcheck(*check, problems, out.healthcheck);
}

void read_lists(MapReader& map, Diagnostics& problems, NodeFields& out) {
  read_scalars(map, "binds", problems,
               [&](const Value& item, const std::string& text) { read_bind(item, text, problems, out.binds); });
  read_scalars(map, "exec", problems, [&](const Value& item, const std::string& text) {
    auto words = split_words(text);
    if (!words || words->empty()) {
      problems.append(item.at, words ? "an exec command is empty" : words.error().message);
    } else {
      out.exec.push_back(std::move(*words));
    }
  });
  std::vector<PortMapping> ports;
  const bool some = read_scalars(map, "ports", problems, [&](const Value& item, const std::string& text) {
    read_port(item, text, problems, ports);
  });
  if (some) out.ports = std::move(ports);
}

void read_network_fields(MapReader& map, Diagnostics& problems, NodeFields& out) {
  read_chosen(map, "network-mode", problems, kNetworkModes, out.network_mode);
  map.optional("mgmt-ipv4", out.mgmt_ipv4);
  map.optional("mgmt-ipv6", out.mgmt_ipv6);
}

template <typename T>
void override_with(std::optional<T>& base, const std::optional<T>& over) {
  if (over) base = over;
}

void merge(StringMap& base, const StringMap& over) {
  for (const auto& [key, value] : over) base[key] = value;
}

template <typename T>
void append_new(std::vector<T>& base, const std::vector<T>& over) {
  for (const T& item : over) {
    if (!std::ranges::contains(base, item)) base.push_back(item);
  }
}

}  // namespace

void read_string_map(const Value& value, Diagnostics& problems, StringMap& out) {
  if (value.kind != Value::Kind::kMap) {
    problems.add(value.at, "must be a map, like {{key: value}}");
    return;
  }
  for (const config::Entry& entry : value.entries) {
    if (entry.value.kind == Value::Kind::kScalar) {
      out[entry.key] = entry.value.scalar;
    } else {
      problems.add(entry.at, "{} must be one value", entry.key);
    }
  }
}

NodeFields read_node_fields(const Value& value, Diagnostics& problems) {
  NodeFields out;
  if (value.kind == Value::Kind::kNull) return out;
  MapReader map(value, problems);
  map.optional("kind", out.kind);
  map.optional("group", out.group);
  read_container_fields(map, problems, out);
  read_lists(map, problems, out);
  read_network_fields(map, problems, out);
  if (const Value* stages = map.child("stages")) read_stages(*stages, problems, out);
  if (const Value* env = map.child("env")) read_string_map(*env, problems, out.env);
  if (const Value* sysctls = map.child("sysctls")) read_string_map(*sysctls, problems, out.sysctls);
  if (const Value* labels = map.child("labels")) read_string_map(*labels, problems, out.labels);
  map.finish();
  return out;
}

NodeFields inherit(NodeFields base, const NodeFields& over) {
  override_with(base.kind, over.kind);
  override_with(base.group, over.group);
  override_with(base.image, over.image);
  override_with(base.pull_policy, over.pull_policy);
  override_with(base.hostname, over.hostname);
  override_with(base.entrypoint, over.entrypoint);
  override_with(base.cmd, over.cmd);
  merge(base.env, over.env);
  for (const Bind& bind : over.binds) {
    std::erase_if(base.binds, [&](const Bind& old) { return old.destination == bind.destination; });
    base.binds.push_back(bind);
  }
  append_new(base.exec, over.exec);
  override_with(base.ports, over.ports);
  merge(base.sysctls, over.sysctls);
  append_new(base.cap_add, over.cap_add);
  override_with(base.privileged, over.privileged);
  override_with(base.network_mode, over.network_mode);
  override_with(base.restart_policy, over.restart_policy);
  merge(base.labels, over.labels);
  override_with(base.healthcheck, over.healthcheck);
  for (const auto& [stage, waits] : over.wait_for) append_new(base.wait_for[stage], waits);
  override_with(base.mgmt_ipv4, over.mgmt_ipv4);
  override_with(base.mgmt_ipv6, over.mgmt_ipv6);
  return base;
}

}  // namespace pathwise::lab
