// SPDX-License-Identifier: Apache-2.0
#include "docker_http.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace pathwise::lab {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;
using boost::system::error_code;

constexpr std::uint64_t kAnswerMax = 64 * 1024 * 1024;  // an image pull's progress is the longest we read

std::unexpected<Error> failure(const std::string& what, const error_code& error) {
  if (error == beast::error::timeout) return fail(ErrorCode::kDeadlineExceeded, "{}: no answer in time", what);
  if (error == http::error::body_limit) return fail(ErrorCode::kResourceExhausted, "{}: the answer is too long", what);
  if (error == asio::error::access_denied) {
    return fail(ErrorCode::kPermissionDenied, "{}: {}", what, error.message());
  }
  return fail(ErrorCode::kUnavailable, "{}: {}", what, error.message());
}

http::request<http::string_body> make_request(const HttpCall& call) {
  http::request<http::string_body> request;
  request.method_string(call.method);
  request.target(call.target);
  request.version(11);
  request.set(http::field::host, "docker");
  request.set(http::field::connection, "close");
  if (!call.body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = call.body;
  }
  request.prepare_payload();
  return request;
}

// Completion by co_await, the error in `error`.
auto reporting(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

asio::awaitable<Result<HttpAnswer>> run(const std::string& socket_path, const HttpCall& call) {
  Stream stream(co_await asio::this_coro::executor);
  stream.expires_after(call.limit);
  error_code error;

  co_await stream.async_connect(Local::endpoint(socket_path), reporting(error));
  if (error) co_return failure(socket_path, error);

  const auto request = make_request(call);
  co_await http::async_write(stream, request, reporting(error));
  if (error) co_return failure(call.target, error);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kAnswerMax);
  co_await http::async_read(stream, buffer, parser, reporting(error));
  if (error) co_return failure(call.target, error);
  co_return HttpAnswer{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace

Result<HttpAnswer> exchange(const std::string& socket_path, const HttpCall& call) {
  asio::io_context context(1);
  Result<HttpAnswer> answer = fail(ErrorCode::kInternal, "{}: never ran", call.target);
  asio::co_spawn(context, run(socket_path, call), [&](const std::exception_ptr& bug, Result<HttpAnswer> result) {
    if (bug) std::rethrow_exception(bug);
    answer = std::move(result);
  });
  context.run();
  return answer;
}

std::string url_escape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '-' || byte == '.' || byte == '_' || byte == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace pathwise::lab
