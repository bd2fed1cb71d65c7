// SPDX-License-Identifier: Apache-2.0
// A connection to te's unix socket.
#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <memory>
#include <string>

namespace pathwise::te {

// Not connected yet. `retry`: between attempts.
[[nodiscard]] std::shared_ptr<grpc::Channel> connect(const std::string& path, std::chrono::milliseconds retry);

}  // namespace pathwise::te
