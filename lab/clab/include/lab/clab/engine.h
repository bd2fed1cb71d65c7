// SPDX-License-Identifier: Apache-2.0
// What the lab runner needs of a container engine: an interface narrow enough to fake, and
// Docker's implementation, which speaks the Engine API over its unix socket (no docker command).
// Implementations are safe to call from several threads at once.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "lab/clab/topology.h"

namespace pathwise::lab {

enum class Health : std::uint8_t { kNone, kStarting, kHealthy, kUnhealthy };
[[nodiscard]] std::string_view to_string(Health health) noexcept;

struct ContainerState {
  std::string id;
  std::string name;  // the container's
  std::string node;  // the label clab-node-name
  std::string image;
  std::string status;  // created, running, exited, …
  std::string ipv4;    // in the management network; may be empty
  int pid = 0;         // 0 unless running
  int exit_code = 0;
  Health health = Health::kNone;
  std::string health_output;  // of the last check that failed
};

struct ExecOutput {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// A container to be created: a node of a topology, with what the lab adds to it.
struct ContainerSpec {
  const Node* node = nullptr;
  std::string name;
  std::string network;                        // the engine's network, "none" or "host"
  std::map<std::string, std::string> labels;  // the lab's own and the node's
  std::map<std::string, std::string> env;
  std::vector<std::string> extra_hosts;  // "name:address"
};

struct EngineVersion {
  std::string engine;  // "20.10.24"
  std::string api;     // the version that is spoken, "1.41"
};

class ContainerEngine {
 public:
  virtual ~ContainerEngine() = default;

  [[nodiscard]] virtual Result<EngineVersion> version() = 0;
  // Makes sure that the image is there, by the policy. kNotFound names the image.
  virtual Result<void> provide_image(const std::string& image, PullPolicy policy) = 0;
  virtual Result<void> create(const ContainerSpec& spec) = 0;
  virtual Result<void> start(const std::string& container) = 0;
  [[nodiscard]] virtual Result<ContainerState> inspect(const std::string& container) = 0;
  // Runs argv to its end. An exit code other than 0 is not an error here.
  virtual Result<ExecOutput> exec(const std::string& container, const std::vector<std::string>& argv,
                                  std::chrono::milliseconds limit) = 0;
  // Kills and removes; a container that is gone already is no error.
  virtual Result<void> remove(const std::string& container) = 0;
  // Ids of the containers, running or not, that carry the label.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& label, const std::string& value) = 0;
  // The last lines of a container's output.
  [[nodiscard]] virtual Result<std::string> logs(const std::string& container, int lines) = 0;

  // Creates the management network unless it exists. The bridge's interface name.
  virtual Result<std::string> provide_network(const Management& management) = 0;
  // Removes it if it is a lab's and nothing uses it any more; otherwise does nothing.
  virtual Result<void> remove_network(const std::string& network) = 0;
};

inline constexpr const char* kDockerSocket = "/var/run/docker.sock";
[[nodiscard]] std::unique_ptr<ContainerEngine> make_docker(std::string socket_path = kDockerSocket);

}  // namespace pathwise::lab
