// SPDX-License-Identifier: Apache-2.0
// The gNMI target: Capabilities, Get and Subscribe (ONCE, POLL, STREAM with ON_CHANGE, SAMPLE and
// TARGET_DEFINED) over a Tree. Set answers FAILED_PRECONDITION with the owner of the configuration.
// gRPC runs on threads of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ip.h"
#include "gnmi/tree.h"

namespace pathwise::gnmi {

struct Model {
  std::string name, organization, version;
};

struct ServerTls {
  std::string cert, key, ca;  // PEM files; clients need a certificate of this CA
};

struct ServerOptions {
  Endpoint listen;
  std::optional<ServerTls> tls;  // absent: plaintext, for unix sockets and loopback only
  std::string target;            // "mumbai/r1": set in notification prefixes
  std::vector<Model> models;
  std::string policy_authority = "file";  // named when Set is refused
  int max_subscribers = 64;
  std::function<void()> before_read;  // called before a snapshot or a sample is read; may be empty
};

class Server {
 public:
  // Listens at once. Errors: the address (in use, not plain loopback without TLS), a PEM file.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(Tree& tree, ServerOptions options);
  ~Server();  // ends the streams
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::gnmi
