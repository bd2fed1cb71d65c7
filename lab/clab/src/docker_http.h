// SPDX-License-Identifier: Apache-2.0
// One HTTP exchange with a Docker Engine over its unix socket: connect, ask, read to the end,
// close. Each call is independent; any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace pathwise::lab {

struct HttpCall {
  std::string method = "GET";
  std::string target;
  std::string body;  // JSON; empty: none
  std::chrono::milliseconds limit{30'000};
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

// kUnavailable where nobody listens, kPermissionDenied where the socket may not be used,
// kDeadlineExceeded after `limit`, kResourceExhausted for an answer over 64 MiB.
[[nodiscard]] Result<HttpAnswer> exchange(const std::string& socket_path, const HttpCall& call);

// `text` as one component of a URL.
[[nodiscard]] std::string url_escape(std::string_view text);

}  // namespace pathwise::lab
