// SPDX-License-Identifier: Apache-2.0
#include "http_get.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "base/format.h"
#include "net/deadline.h"
#include "net/listen.h"
#include "router/http/chunked.h"
#include "router/http/head.h"

namespace pathwise::router::runtime {

namespace {

constexpr std::size_t kMaxPage = 4u << 20;  // a runtime with a thousand adapters stays under 1 MiB

// Unwraps a chunked body; nullopt: more is to come.
std::optional<Result<std::string>> unchunked(std::string_view text) {
  http::ChunkParser chunks;
  std::string body;
  while (!text.empty() && !chunks.done()) {
    const auto step = chunks.feed(text);
    if (!step) return fail(ErrorCode::kUnavailable, "{}", http::to_string(step.error()));
    body += step->data;
    text.remove_prefix(step->consumed);
  }
  if (!chunks.done()) return std::nullopt;
  return body;
}

// The body, once `text` has all of it; nullopt: more is to come. `ended`: the server has closed.
std::optional<Result<std::string>> body_of(std::string_view text, bool ended) {
  std::size_t scanned = 0;
  const std::size_t length = http::find_head_end(text, scanned);
  if (length == 0) return std::nullopt;
  http::ResponseHead head;
  if (!http::parse_response(text.substr(0, length), {}, head)) {
    return fail(ErrorCode::kUnavailable, "the answer is not HTTP");
  }
  if (head.status != 200) return fail(ErrorCode::kUnavailable, "status {}", head.status);
  text.remove_prefix(length);
  if (head.chunked) return unchunked(text);
  if (!head.content_length) return ended ? std::optional(Result<std::string>(text)) : std::nullopt;
  if (text.size() < *head.content_length) return std::nullopt;
  return std::string(text.substr(0, *head.content_length));
}

}  // namespace

net::Awaitable<Result<std::string>> http_get(net::asio::io_context& io, Endpoint endpoint, std::string path,
                                             std::chrono::milliseconds timeout) {
  auto socket = co_await net::connect_tcp(io, std::nullopt, endpoint, timeout);
  if (!socket) co_return std::unexpected(socket.error());
  const net::Deadline deadline(*socket, timeout);
  const std::string request = formatted("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, endpoint);
  const auto written = co_await net::asio::async_write(*socket, net::asio::buffer(request), net::use_tuple);
  if (std::get<0>(written)) co_return fail(ErrorCode::kUnavailable, "{}", std::get<0>(written).message());
  std::string text;
  std::array<char, 16384> piece;
  while (true) {
    const auto [error, count] = co_await socket->async_read_some(net::asio::buffer(piece), net::use_tuple);
    if (deadline.expired()) co_return fail(ErrorCode::kDeadlineExceeded, "no answer after {}", timeout);
    text.append(piece.data(), count);
    const bool ended = error == net::asio::error::eof;
    if (auto body = body_of(text, ended)) co_return std::move(*body);
    if (ended) co_return fail(ErrorCode::kUnavailable, "the answer is cut off");
    if (error) co_return fail(ErrorCode::kUnavailable, "{}", error.message());
    if (text.size() > kMaxPage) co_return fail(ErrorCode::kResourceExhausted, "the answer is over {} bytes", kMaxPage);
  }
}

}  // namespace pathwise::router::runtime
