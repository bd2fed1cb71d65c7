// SPDX-License-Identifier: Apache-2.0
#include "net/http_responder.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <list>

#include "base/string_util.h"
#include "net/deadline.h"
#include "net/listen.h"

namespace pathwise::net {

namespace http = boost::beast::http;

// Outlives the responder for as long as a connection is open.
struct HttpResponder::Shared {
  HttpHandler handler;
  HttpLimits limits;
  Endpoint endpoint;
  bool stopped = false;
  std::size_t connections = 0;
  std::list<std::function<void()>> closers;  // one a connection
  std::function<void()> close_acceptor;
};

namespace {

HttpRequest to_request(http::request<http::string_body>&& message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  request.body = std::move(message.body());
  return request;
}

// How the connection goes on, from the request.
struct Framing {
  unsigned version = 11;
  bool keep_alive = false;
  bool head_only = false;  // the answer to HEAD has the length of a body and none
};

http::response<http::string_body> to_message(HttpResponse&& response, const Framing& framing) {
  http::response<http::string_body> message;
  message.version(framing.version);
  message.result(response.status);
  message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.body() = std::move(response.body);
  message.keep_alive(framing.keep_alive);
  message.prepare_payload();
  if (framing.head_only) message.body().clear();
  return message;
}

// The answer to a request that could not be read; 0: none can be given.
unsigned status_of(const boost::system::error_code& error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit) return 431;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

template <typename Socket, typename State>
Awaitable<bool> answer(Socket& socket, State& state, http::response<http::string_body> message) {
  const Deadline deadline(socket, state.limits.timeout);
  const auto [error, count] = co_await http::async_write(socket, message, use_tuple);
  co_return !error && message.keep_alive();
}

// One request and its answer; false ends the connection.
template <typename Socket, typename State>
Awaitable<bool> serve_one(Socket& socket, boost::beast::flat_buffer& buffer, State& state) {
  http::request_parser<http::string_body> parser;
  parser.body_limit(state.limits.body_bytes);
  parser.header_limit(state.limits.header_bytes);
  {
    const Deadline deadline(socket, state.limits.timeout);
    const auto [error, count] = co_await http::async_read(socket, buffer, parser, use_tuple);
    if (error) {
      const unsigned status = status_of(error);
      if (status != 0) co_await answer(socket, state, to_message({.status = status}, {}));
      co_return false;
    }
  }
  if (state.stopped) co_return false;
  auto message = parser.release();
  const Framing framing{message.version(), message.keep_alive(), message.method() == http::verb::head};
  const HttpRequest request = to_request(std::move(message));
  co_return co_await answer(socket, state, to_message(state.handler(request), framing));
}

template <typename Socket, typename State>
Awaitable<void> serve(Socket socket, std::shared_ptr<State> state) {
  ++state->connections;
  const auto closer = state->closers.insert(state->closers.end(), [&socket] {
    boost::system::error_code ignored;
    socket.close(ignored);
  });
  boost::beast::flat_buffer buffer(state->limits.header_bytes + state->limits.body_bytes);
  while (!state->stopped && co_await serve_one(socket, buffer, *state)) {
  }
  state->closers.erase(closer);
  --state->connections;
}

template <typename Acceptor, typename State>
Awaitable<void> accept_all(std::shared_ptr<Acceptor> acceptor, std::shared_ptr<State> state) {
  using Socket = typename Acceptor::protocol_type::socket::template rebind_executor<Executor>::other;
  while (!state->stopped) {
    Socket socket(acceptor->get_executor());
    const auto [error] = co_await acceptor->async_accept(socket, use_tuple);
    if (state->stopped) co_return;
    if (error) {
      // Out of descriptors, most likely: try again when some may be free.
      SteadyTimer pause(acceptor->get_executor(), std::chrono::milliseconds{100});
      static_cast<void>(co_await pause.async_wait(use_tuple));
      continue;
    }
    if (state->connections >= state->limits.connections) continue;  // closes it
    asio::co_spawn(acceptor->get_executor(), serve(std::move(socket), state), asio::detached);
  }
}

template <typename Acceptor, typename State>
void run(Acceptor acceptor, const std::shared_ptr<State>& state) {
  auto shared = std::make_shared<Acceptor>(std::move(acceptor));
  state->close_acceptor = [shared] {
    boost::system::error_code ignored;
    shared->close(ignored);
  };
  const auto executor = shared->get_executor();
  asio::co_spawn(executor, accept_all(std::move(shared), state), asio::detached);
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (iequals(key, name)) return value;
  }
  return {};
}

std::string_view HttpRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

Result<std::unique_ptr<HttpResponder>> HttpResponder::start(boost::asio::io_context& io, const Endpoint& endpoint,
                                                            HttpHandler handler, HttpLimits limits) {
  auto shared = std::make_shared<Shared>();
  shared->handler = std::move(handler);
  shared->limits = limits;
  shared->endpoint = endpoint;
  if (endpoint.is_unix()) {
    auto acceptor = listen_unix(io, endpoint.unix_path);
    if (!acceptor) return std::unexpected(acceptor.error());
    run(*std::move(acceptor), shared);
  } else {
    auto acceptor = listen_tcp(io, endpoint);
    if (!acceptor) return std::unexpected(acceptor.error());
    shared->endpoint.port = acceptor->local_endpoint().port();
    run(*std::move(acceptor), shared);
  }
  return std::unique_ptr<HttpResponder>(new HttpResponder(std::move(shared)));
}

HttpResponder::HttpResponder(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

HttpResponder::~HttpResponder() {
  shared_->stopped = true;
  shared_->close_acceptor();
  shared_->close_acceptor = nullptr;
  for (const auto& close : shared_->closers) close();
  if (shared_->endpoint.is_unix()) ::unlink(shared_->endpoint.unix_path.c_str());
}

const Endpoint& HttpResponder::endpoint() const {
  return shared_->endpoint;
}

std::size_t HttpResponder::connections() const {
  return shared_->connections;
}

}  // namespace pathwise::net
