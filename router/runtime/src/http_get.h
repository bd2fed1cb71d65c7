// SPDX-License-Identifier: Apache-2.0
// One GET over a fresh connection, for scrapes: body bounded, deadline for the whole. One thread.
#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "base/ip.h"
#include "net/asio.h"

namespace pathwise::router::runtime {

[[nodiscard]] net::Awaitable<Result<std::string>> http_get(net::asio::io_context& io, Endpoint endpoint,
                                                           std::string path, std::chrono::milliseconds timeout);

}  // namespace pathwise::router::runtime
