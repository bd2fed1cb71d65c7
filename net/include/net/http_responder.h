// SPDX-License-Identifier: Apache-2.0
// A small HTTP/1.1 server for what people and scrapers ask a daemon: /metrics, /health, the admin API.
// Not for requests of applications. Boost.Beast stays behind it. TCP or a unix socket; one thread (the
// io_context's), on which the handler runs too, so the handler must not block.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/ip.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::net {

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // "/admin/decisions/abc?verbose=1", as sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  [[nodiscard]] std::string_view header(std::string_view name) const;  // case-insensitive; empty: none
  [[nodiscard]] std::string_view path() const;                         // target without the query
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

struct HttpLimits {
  std::size_t body_bytes = 64U << 10;         // more: 413
  std::uint32_t header_bytes = 16U << 10;     // more: 431
  std::size_t connections = 100;              // more are closed at once
  std::chrono::milliseconds timeout{10'000};  // for reading one request, and for writing its answer
};

// Serves until it is destroyed, which must be before the io_context; connections that are open then
// are closed.
class HttpResponder {
 public:
  [[nodiscard]] static Result<std::unique_ptr<HttpResponder>> start(boost::asio::io_context& io,
                                                                    const Endpoint& endpoint, HttpHandler handler,
                                                                    HttpLimits limits = {});
  ~HttpResponder();
  HttpResponder(const HttpResponder&) = delete;
  HttpResponder& operator=(const HttpResponder&) = delete;

  // Where it listens: with the port that the kernel chose.
  [[nodiscard]] const Endpoint& endpoint() const;
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Shared;
  explicit HttpResponder(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace pathwise::net
