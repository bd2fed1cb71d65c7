// SPDX-License-Identifier: Apache-2.0
// The server side of the relay's control socket: lines in, lines out, a bounded number of clients.
// A client that sends a line over the limit, or does not read its answers, is closed. One thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "lab/clab/descriptor.h"

namespace pathwise::wan {

class ControlSocket {
 public:
  static constexpr std::size_t kClientsMax = 16;
  static constexpr std::size_t kLineMax = 64 * 1024;

  // Replaces a socket file that a former process left; kAlreadyExists if a live one answers, or if it is no socket.
  [[nodiscard]] static Result<ControlSocket> listen(const std::string& path);

  [[nodiscard]] int listener() const { return listener_.get(); }
  // A new client's descriptor, to be watched; -1 if there was none or there are too many.
  int accept();
  [[nodiscard]] bool owns(int client) const { return clients_.contains(client); }
  // Answers each whole line that has come. The client is closed at its end.
  void serve(int client, const std::function<std::string(std::string_view line)>& answer);

 private:
  struct Client {
    lab::Descriptor socket;
    std::string pending;
  };
  explicit ControlSocket(lab::Descriptor listener) : listener_(std::move(listener)) {}

  lab::Descriptor listener_;
  std::map<int, Client> clients_;
};

// The client side: sends one line and returns the answer's line. kUnavailable if nobody listens,
// kDeadlineExceeded without an answer within 5 s.
[[nodiscard]] Result<std::string> ask(const std::string& path, const std::string& line);

}  // namespace pathwise::wan
