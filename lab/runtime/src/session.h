// SPDX-License-Identifier: Apache-2.0
// One client connection, from its first request to its end. The server's thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <set>
#include <string>

#include "engine_driver.h"
#include "lab/runtime/openai.h"

namespace pathwise::lab {

class Session;

// What all sessions share; outlives them.
struct ServerState {
  boost::asio::io_context& io;
  const RuntimeConfig& config;
  const Clock& clock;
  EngineDriver driver;
  std::uint64_t next_response = 1;
  std::set<Session*> sessions;
};

class Session {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;
  using Reply = boost::asio::awaitable<bool>;  // false: the connection is to be closed

  Session(ServerState& state, boost::asio::ip::tcp::socket socket);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Requests one after another until the client or an error ends the connection.
  boost::asio::awaitable<void> run();
  // Closes the connection; run() ends soon after.
  void close();

 private:
  struct Exchange;  // a completion under way

  boost::asio::awaitable<void> discard_rest();
  Reply handle(const Request& request);
  [[nodiscard]] Response answer(const Request& request);
  [[nodiscard]] Response lora(const Request& request, bool load);
  Reply complete(const Request& request, ApiKind kind);
  [[nodiscard]] std::expected<Exchange, ApiError> start(const CompletionRequest& wanted);
  Reply stream_tokens(Exchange& exchange, bool keep_alive);
  Reply collect_tokens(Exchange& exchange, const Request& request);
  boost::asio::awaitable<bool> next_tokens(Exchange& exchange);
  void watch_client();
  Reply write(Response response);
  Reply write_raw(std::string_view bytes);

  ServerState& state_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;  // bounded by the parser's header and body limits
  boost::asio::cancellation_signal stop_watching_;
  std::shared_ptr<TokenSink> sink_;  // of the completion under way
};

}  // namespace pathwise::lab
