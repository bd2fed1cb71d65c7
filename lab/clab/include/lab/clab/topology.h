// SPDX-License-Identifier: Apache-2.0
// A containerlab topology file (containerlab >= 0.78) as an immutable, validated value: the
// subset of the format that this repository's labs use. A field outside the subset is refused
// with its line and name, because a field that is silently ignored is a lab that lies.
//
// What containerlab does, this does too: ${NAME:=default} expands from the environment before the
// YAML is read, nodes inherit from defaults, kinds and groups (maps merge, lists append, scalars
// override), __clabNodeName__ in binds becomes the node's name, and binds are relative to the file.
// Values; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/error.h"

namespace pathwise::lab {

// The life of a node, in order; a stage may wait for stages of other nodes.
enum class Stage : std::uint8_t { kCreate, kCreateLinks, kConfigure, kHealthy, kExit };
inline constexpr std::array kStages = {Stage::kCreate, Stage::kCreateLinks, Stage::kConfigure, Stage::kHealthy,
                                       Stage::kExit};
[[nodiscard]] std::string_view to_string(Stage stage) noexcept;

struct WaitFor {
  std::string node;
  Stage stage = Stage::kCreate;
  friend bool operator==(const WaitFor&, const WaitFor&) = default;
};

struct Healthcheck {
  std::vector<std::string> test;  // Docker's form: CMD, CMD-SHELL or NONE, then the words
  std::chrono::seconds interval{0};
  std::chrono::seconds timeout{0};
  std::chrono::seconds start_period{0};
  std::uint32_t retries = 0;
  friend bool operator==(const Healthcheck&, const Healthcheck&) = default;
};

struct Bind {
  std::string source;       // absolute, on the machine that runs Docker
  std::string destination;  // absolute, in the container
  std::string options;      // "ro" and the like; may be empty
  friend bool operator==(const Bind&, const Bind&) = default;
};

struct PortMapping {
  std::string host_ip;  // empty: every address
  std::string host_port;
  std::string container_port;
  std::string protocol = "tcp";
  friend bool operator==(const PortMapping&, const PortMapping&) = default;
};

enum class NodeKind : std::uint8_t {
  kLinux,   // a container
  kBridge,  // a bridge of this machine that exists already
};
enum class PullPolicy : std::uint8_t { kIfNotPresent, kAlways, kNever };

// A node after inheritance.
struct Node {
  std::string name;
  NodeKind kind = NodeKind::kLinux;
  std::string group;
  std::string image;
  PullPolicy pull_policy = PullPolicy::kIfNotPresent;
  std::string hostname;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::map<std::string, std::string> env;
  std::vector<Bind> binds;
  std::vector<std::vector<std::string>> exec;  // run in order once the links are there
  std::vector<PortMapping> ports;
  std::map<std::string, std::string> sysctls;
  std::vector<std::string> cap_add;
  bool privileged = true;    // containerlab's default
  std::string network_mode;  // empty: the management network; "none" or "host" otherwise
  std::string restart_policy = "always";
  std::map<std::string, std::string> labels;
  std::optional<Healthcheck> healthcheck;
  std::map<Stage, std::vector<WaitFor>> wait_for;
  std::string mgmt_ipv4;
  std::string mgmt_ipv6;
  config::Location at;
};

// One end of a link. `node` is a node's name, or "host" or "mgmt-net" for an interface of this
// machine, plain or in the management bridge.
struct LinkEnd {
  std::string node;
  std::string interface;
  std::string mac;  // empty: a random one
  friend bool operator==(const LinkEnd&, const LinkEnd&) = default;
};

struct Link {
  std::array<LinkEnd, 2> ends;
  std::uint32_t mtu = 9500;  // containerlab's default
  std::map<std::string, std::string> labels;
  std::optional<config::Value> vars;  // a map, as written; the wan relay reads it
  config::Location at;
};

struct Management {
  std::string network = "clab";
  std::string ipv4_subnet;
  std::string ipv6_subnet;
  std::string bridge;
  std::uint32_t mtu = 1500;
};

struct Topology {
  std::string file;       // absolute
  std::string directory;  // of the file
  std::string name;
  std::string prefix = "clab";
  Management management;
  std::vector<Node> nodes;  // in the order of the file
  std::vector<Link> links;

  [[nodiscard]] const Node* find(std::string_view node) const;
  // "clab-tiers-r-pune": the container's name.
  [[nodiscard]] std::string long_name(std::string_view node) const;
  // True if some container is attached to the management network.
  [[nodiscard]] bool uses_management_network() const;
};

// The value of an environment variable, or nullopt where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

// Reads and validates a topology file. Errors: kInvalidArgument with every mistake, one a line,
// each with file, line and column; kNotFound or kIo where the file cannot be read.
[[nodiscard]] Result<Topology> load(const std::string& path, const Environment& environment = process_environment());
// The same for text; `path` names it in errors, and binds are relative to its directory.
[[nodiscard]] Result<Topology> load_text(std::string_view text, const std::string& path,
                                         const Environment& environment);

}  // namespace pathwise::lab
