// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "base/format.h"

namespace pathwise::lab {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t kMaxAnswer = 64U << 20U;

std::string header(const http::fields& fields, std::string_view name) {
  return std::string(fields[name]);
}

}  // namespace

struct Connection::Response {
  http::response_parser<http::string_body> parser;
  std::size_t seen = 0;  // bytes of the body that the check has had
};

asio::awaitable<error_code> Connection::connect(const std::vector<asio::ip::tcp::endpoint>& addresses) {
  error_code last;
  for (const auto& address : addresses) {
    const auto [error] = co_await stream_.async_connect(address, kNoThrow);
    last = error;
    if (!error) {
      error_code ignored;
      stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
      break;
    }
    error_code ignored;
    stream_.socket().close(ignored);
  }
  co_return last;
}

asio::awaitable<bool> Connection::exchange(HttpRequest& request, std::optional<std::uint64_t> text_seed,
                                           RequestRecord& record) {
  const bool fresh = !used_;
  used_ = true;
  reusable_ = false;
  const auto [write_error, written] = co_await http::async_write(stream_, request, kNoThrow);
  Response response;
  response.parser.body_limit(kMaxAnswer);
  error_code error = write_error;
  if (!error) {
    const auto [read_error, size] = co_await http::async_read_header(stream_, buffer_, response.parser, kNoThrow);
    error = read_error;
  }
  if (error) {
    const bool closed = error == http::error::end_of_stream || error == asio::error::connection_reset ||
                        error == asio::error::broken_pipe;
    if (closed && !fresh) co_return false;
    fail_io(record, error);
    co_return true;
  }
  const auto& message = response.parser.get();
  record.status = message.result_int();
  record.request_id = RequestId(header(message, "x-request-id"));
  record.site = SiteName(header(message, "x-pathwise-site"));
  record.served_tier = TierName(header(message, "x-pathwise-tier"));
  record.decision = header(message, "x-pathwise-decision");
  const bool events = message[http::field::content_type].starts_with("text/event-stream");
  AnswerCheck check(events, text_seed);
  co_await read_answer(response, check, record);
  co_return true;
}

asio::awaitable<void> Connection::read_answer(Response& response, AnswerCheck& check, RequestRecord& record) {
  auto& parser = response.parser;
  const auto& body = parser.get().body();
  const bool good = record.status == 200;
  while (!parser.is_done()) {
    const auto [error, size] = co_await http::async_read_some(stream_, buffer_, parser, kNoThrow);
    const SteadyTime now = std::chrono::steady_clock::now();
    if (good) check.feed(std::string_view(body).substr(response.seen), now);
    response.seen = body.size();
    record.tokens = check.tokens();
    if (!error || parser.is_done()) continue;
    fail_io(record, error);
    co_return;
  }
  reusable_ = parser.get().keep_alive();
  if (!good) {
    record.failure = record.status == 429 || record.status == 503 ? Failure::kRefused : Failure::kStatus;
    record.error = body.substr(0, 500);
    co_return;
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  check.finish(now);
  record.failure = check.failure();
  record.error = check.detail();
  record.tokens = check.tokens();
  record.cached_tokens = check.cached_tokens();
  record.ttft = std::chrono::duration_cast<Microseconds>(check.first_token_at().value_or(now) - record.started);
}

void Connection::fail_io(RequestRecord& record, const error_code& error) {
  record.failure = error == boost::beast::error::timeout ? Failure::kTimeout : Failure::kClosed;
  record.error = formatted("{} after {} tokens", error.message(), record.tokens);
}

}  // namespace pathwise::lab
