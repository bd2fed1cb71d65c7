// SPDX-License-Identifier: Apache-2.0
#include "engine_spec.h"

#include <nlohmann/json.hpp>

namespace pathwise::lab {
namespace {

using Json = nlohmann::json;

Json healthcheck_json(const Healthcheck& check) {
  const auto nanoseconds = [](std::chrono::seconds s) { return std::chrono::nanoseconds(s).count(); };
  return {{"Test", check.test},
          {"Interval", nanoseconds(check.interval)},
          {"Timeout", nanoseconds(check.timeout)},
          {"StartPeriod", nanoseconds(check.start_period)},
          {"Retries", check.retries}};
}

Json port_bindings(const std::vector<PortMapping>& ports) {
  Json bindings = Json::object();
  for (const PortMapping& port : ports) {
    bindings[port.container_port + "/" + port.protocol].push_back(
        {{"HostIp", port.host_ip}, {"HostPort", port.host_port}});
  }
  return bindings;
}

Json host_config(const ContainerSpec& spec) {
  const Node& node = *spec.node;
  Json binds = Json::array();
  for (const Bind& bind : node.binds) {
    binds.push_back(bind.source + ":" + bind.destination + (bind.options.empty() ? "" : ":" + bind.options));
  }
  Json sysctls = node.sysctls;
  // As containerlab does: Docker turns IPv6 off in a namespace without IPv6 networks.
  if (spec.network != "host") sysctls["net.ipv6.conf.all.disable_ipv6"] = "0";
  return {{"Binds", binds},
          {"CapAdd", node.cap_add},
          {"Privileged", node.privileged},
          {"Sysctls", sysctls},
          {"NetworkMode", spec.network},
          {"RestartPolicy", {{"Name", node.restart_policy}}},
          {"PortBindings", port_bindings(node.ports)},
          {"ExtraHosts", spec.extra_hosts}};
}

Json management_endpoint(const ContainerSpec& spec) {
  Json ipam = Json::object();
  if (!spec.node->mgmt_ipv4.empty()) ipam["IPv4Address"] = spec.node->mgmt_ipv4;
  if (!spec.node->mgmt_ipv6.empty()) ipam["IPv6Address"] = spec.node->mgmt_ipv6;
  return {{"EndpointsConfig", {{spec.network, {{"IPAMConfig", ipam}}}}}};
}

Health health_of(const std::string& status) {
  if (status == "healthy") return Health::kHealthy;
  if (status == "unhealthy") return Health::kUnhealthy;
  return status == "starting" ? Health::kStarting : Health::kNone;
}

void read_health(const Json& state, ContainerState& out) {
  const auto health = state.find("Health");
  if (health == state.end() || !health->is_object()) return;
  out.health = health_of(health->value("Status", ""));
  const auto log = health->find("Log");
  if (log == health->end() || !log->is_array() || log->empty()) return;
  const Json& last = log->back();
  if (last.value("ExitCode", 0) != 0) out.health_output = last.value("Output", "");
}

std::string management_ipv4(const Json& root) {
  for (const auto& [name, network] : root.at("NetworkSettings").at("Networks").items()) {
    const std::string address = network.value("IPAddress", "");
    if (!address.empty()) return address;
  }
  return {};
}

ContainerState read_state(const Json& root) {
  ContainerState out;
  const Json& state = root.at("State");
  out.id = root.at("Id").get<std::string>();
  out.name = root.at("Name").get<std::string>();
  if (out.name.starts_with('/')) out.name.erase(0, 1);
  out.image = root.at("Config").value("Image", "");
  const Json& labels = root.at("Config").at("Labels");
  if (labels.is_object()) out.node = labels.value("clab-node-name", "");
  out.status = state.at("Status").get<std::string>();
  out.pid = state.at("Pid").get<int>();
  out.exit_code = state.value("ExitCode", 0);
  out.ipv4 = management_ipv4(root);
  read_health(state, out);
  return out;
}

// Runs `read` over the parsed text; what the library throws about the JSON becomes an Error.
template <typename Read>
auto parsed(std::string_view text, Read read) -> Result<decltype(read(Json{}))> {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInternal, "Docker's answer is not what its API says: {}", error.what());
  }
}

}  // namespace

std::string container_body(const ContainerSpec& spec) {
  const Node& node = *spec.node;
  Json env = Json::array();
  for (const auto& [name, value] : spec.env) env.push_back(name + "=" + value);
  Json exposed = Json::object();
  for (const PortMapping& port : node.ports) exposed[port.container_port + "/" + port.protocol] = Json::object();
  Json body = {{"Image", node.image},
               {"Env", env},
               {"Labels", spec.labels},
               {"Tty", true},
               {"OpenStdin", true},
               {"ExposedPorts", exposed},
               {"HostConfig", host_config(spec)}};
  if (spec.network != "host") body["Hostname"] = node.hostname;
  if (!node.cmd.empty()) body["Cmd"] = node.cmd;
  if (!node.entrypoint.empty()) body["Entrypoint"] = node.entrypoint;
  if (node.healthcheck) body["Healthcheck"] = healthcheck_json(*node.healthcheck);
  if (node.network_mode.empty()) body["NetworkingConfig"] = management_endpoint(spec);
  return body.dump();
}

std::string network_body(const Management& management) {
  Json pools = Json::array();
  for (const std::string& subnet : {management.ipv4_subnet, management.ipv6_subnet}) {
    if (!subnet.empty() && subnet != "auto") pools.push_back({{"Subnet", subnet}});
  }
  Json options = {{"com.docker.network.driver.mtu", std::to_string(management.mtu)}};
  if (!management.bridge.empty()) options["com.docker.network.bridge.name"] = management.bridge;
  const Json body = {{"Name", management.network},
                     {"CheckDuplicate", true},
                     {"Driver", "bridge"},
                     {"EnableIPv6", !management.ipv6_subnet.empty()},
                     {"IPAM", {{"Driver", "default"}, {"Config", pools}}},
                     {"Labels", {{"containerlab", ""}}},
                     {"Options", options}};
  return body.dump();
}

Result<ContainerState> container_state(std::string_view json) {
  return parsed(json, read_state);
}

Result<std::string> bridge_interface(std::string_view json) {
  return parsed(json, [](const Json& root) -> std::string {
    const Json options = root.value("Options", Json::object());
    const std::string name = options.value("com.docker.network.bridge.name", "");
    return name.empty() ? "br-" + root.at("Id").get<std::string>().substr(0, 12) : name;
  });
}

Result<bool> removable_network(std::string_view json) {
  return parsed(json, [](const Json& root) {
    return root.value("Labels", Json::object()).contains("containerlab") &&
           root.value("Containers", Json::object()).empty();
  });
}

std::string error_message(std::string_view body) {
  auto message = parsed(body, [](const Json& root) { return root.at("message").get<std::string>(); });
  return message ? *message : std::string(body);
}

Result<ExecOutput> demultiplex(std::string_view stream) {
  constexpr std::size_t kHeader = 8;
  ExecOutput out;
  while (!stream.empty()) {
    if (stream.size() < kHeader) return fail(ErrorCode::kInternal, "exec output ends within a frame header");
    std::size_t size = 0;
    for (std::size_t i = 4; i < kHeader; ++i) size = size << 8 | static_cast<unsigned char>(stream[i]);
    if (stream.size() - kHeader < size) return fail(ErrorCode::kInternal, "exec output ends within a frame");
    (stream[0] == 2 ? out.err : out.out).append(stream.substr(kHeader, size));
    stream.remove_prefix(kHeader + size);
  }
  return out;
}

std::string_view to_string(Health health) noexcept {
  switch (health) {
    case Health::kNone:
      return "-";
    case Health::kStarting:
      return "starting";
    case Health::kHealthy:
      return "healthy";
    case Health::kUnhealthy:
      return "unhealthy";
  }
  return "?";
}

}  // namespace pathwise::lab
