// SPDX-License-Identifier: Apache-2.0
// GET on a router's admin API, over its unix socket or TCP. Blocking; any thread.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/error.h"
#include "base/ip.h"

namespace pathwise::cli {

// The body of a 200. Errors: the socket is not there, the time-out, the API's own message.
[[nodiscard]] Result<std::string> admin_get(const Endpoint& admin, const std::string& target,
                                            std::chrono::milliseconds timeout = std::chrono::seconds(5));
[[nodiscard]] Result<nlohmann::json> admin_get_json(const Endpoint& admin, const std::string& target);

}  // namespace pathwise::cli
