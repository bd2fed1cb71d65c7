// SPDX-License-Identifier: Apache-2.0
#include "admin_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

namespace pathwise::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint64_t kBodyLimit = 16U << 20U;

// One exchange on a connected stream, driven to its end or its expiry.
template <typename Stream>
Result<std::string> exchange(asio::io_context& io, Stream& stream, const std::string& target,
                             const std::string& where) {
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, "pathwise");
  request.set(http::field::connection, "close");
  http::response_parser<http::string_body> parser;
  parser.body_limit(kBodyLimit);
  beast::flat_buffer buffer;
  beast::error_code failure;
  http::async_write(stream, request, [&](beast::error_code error, std::size_t) {
    failure = error;
    if (error) return;
    http::async_read(stream, buffer, parser, [&](beast::error_code ended, std::size_t) { failure = ended; });
  });
  io.restart();
  io.run();
  if (failure) return fail(ErrorCode::kUnavailable, "{}: {}", where, failure.message());
  const auto& response = parser.get();
  if (response.result() == http::status::not_found)
    return fail(ErrorCode::kNotFound, "{}: {}", target, response.body());
  if (response.result() != http::status::ok) {
    return fail(ErrorCode::kInternal, "{}{}: HTTP {}: {}", where, target, response.result_int(), response.body());
  }
  return response.body();
}

template <typename Protocol, typename Address>
Result<std::string> get(const Address& address, const std::string& target, const std::string& where,
                        std::chrono::milliseconds timeout) {
  asio::io_context io(1);
  beast::basic_stream<Protocol> stream(io);
  stream.expires_after(timeout);
  beast::error_code failure;
  stream.async_connect(address, [&](beast::error_code error) { failure = error; });
  io.run();
  if (failure) {
    return fail(ErrorCode::kUnavailable, "no router answers at {} ({}); is pathwise-router running?", where,
                failure.message());
  }
  return exchange(io, stream, target, where);
}

}  // namespace

Result<std::string> admin_get(const Endpoint& admin, const std::string& target, std::chrono::milliseconds timeout) {
  const std::string where = admin.to_string();
  if (admin.is_unix()) {
    return get<asio::local::stream_protocol>(asio::local::stream_protocol::endpoint(admin.unix_path), target, where,
                                             timeout);
  }
  beast::error_code failure;
  const auto address = asio::ip::make_address(admin.host.empty() ? "::1" : admin.host, failure);
  if (failure) return fail(ErrorCode::kInvalidArgument, "{}: an address is needed, like [::1]:9464", where);
  return get<asio::ip::tcp>(asio::ip::tcp::endpoint(address, admin.port), target, where, timeout);
}

Result<nlohmann::json> admin_get_json(const Endpoint& admin, const std::string& target) {
  const auto body = admin_get(admin, target);
  if (!body) return std::unexpected(body.error());
  auto json = nlohmann::json::parse(*body, nullptr, false);
  if (json.is_discarded()) return fail(ErrorCode::kInternal, "{}{}: the answer is not JSON", admin.to_string(), target);
  return json;
}

}  // namespace pathwise::cli
