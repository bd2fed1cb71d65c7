// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "base/format.h"
#include "base/log.h"

namespace pathwise::lab {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kIdleTimeout{120};   // between requests, and for a request to arrive
constexpr std::chrono::seconds kWriteTimeout{30};   // a client that reads nothing for that long is gone
constexpr std::chrono::seconds kDiscardTimeout{2};  // for the rest of a request that was refused
constexpr std::string_view kVersion = "0.11.0";     // the vLLM release whose API this is

Session::Response respond(const Session::Request& request, http::status status, std::string body,
                          std::string_view type = "application/json") {
  Session::Response response(status, request.version());
  response.set(http::field::content_type, type);
  response.keep_alive(request.keep_alive());
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

Session::Response respond(const Session::Request& request, const ApiError& error) {
  Session::Response response = respond(request, static_cast<http::status>(error.status), render(error));
  if (error.status == 429) {
    response.set(http::field::retry_after, "1");
  }
  return response;
}

// Bytes came, but they are no HTTP.
bool is_parse_error(const error_code& error) {
  return error.category() == http::make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

ApiError engine_error(const Error& error) {
  switch (error.code) {
    case ErrorCode::kResourceExhausted:
      return {429, "TooManyRequestsError", error.message, {}};
    case ErrorCode::kNotFound:
      return {404, "NotFoundError", error.message, {}};
    default:
      return {400, "BadRequestError", error.message, {}};
  }
}

ApiError no_such_model(const std::string& model) {
  return {404, "NotFoundError", formatted("The model `{}` does not exist.", model), "model"};
}

}  // namespace

// Everything that one completion needs until its last byte. Cancels what is left when it goes.
struct Session::Exchange {
  ServerState* state;
  ResponseHead head;
  std::uint64_t text_seed = 0;
  std::string finish;
  Usage usage;
  std::uint32_t output_tokens = 0;
  std::shared_ptr<TokenSink> sink;
  SequenceId id;
  std::vector<TokenEvent> batch;  // tokens taken out of the sink

  Exchange(ServerState& owner, std::shared_ptr<TokenSink> tokens) : state(&owner), sink(std::move(tokens)) {}
  Exchange(Exchange&&) = default;
  Exchange& operator=(Exchange&&) = delete;
  ~Exchange() {
    if (!sink) return;  // moved from
    sink->over = true;
    if (id.value() != 0) state->driver.cancel(id);
  }
  [[nodiscard]] bool done() const { return usage.completion_tokens == output_tokens; }
  [[nodiscard]] std::string text(const TokenEvent& event) const {
    return word(text_seed, event.index, state->config.bytes_per_token);
  }
};

Session::Session(ServerState& state, asio::ip::tcp::socket socket) : state_(state), stream_(std::move(socket)) {
  state_.sessions.insert(this);
  error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

Session::~Session() {
  state_.sessions.erase(this);
}

void Session::close() {
  error_code ignored;
  stream_.socket().close(ignored);
  if (!sink_) return;
  sink_->client_gone = true;
  sink_->wake.cancel();
}

asio::awaitable<void> Session::run() {
  bool unread = false;  // the client may still be sending
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(state_.config.max_body_bytes);
    stream_.expires_after(kIdleTimeout);
    const auto [error, size] = co_await http::async_read(stream_, buffer_, parser, kNoThrow);
    if (error == http::error::body_limit) {
      unread = true;
      co_await write(respond(parser.get(), ApiError{413, "BadRequestError", "the request body is too long", {}}));
    } else if (is_parse_error(error)) {
      unread = true;
      co_await write(respond(parser.get(), ApiError{400, "BadRequestError", error.message(), {}}));
    }
    if (error) break;
    if (!co_await handle(parser.get())) break;
  }
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (unread) co_await discard_rest();
}

// A socket that is closed with bytes unread resets the connection, and the answer may be lost with it.
asio::awaitable<void> Session::discard_rest() {
  std::array<char, 16 * 1024> bytes;
  stream_.expires_after(kDiscardTimeout);
  for (;;) {
    const auto [error, size] = co_await stream_.async_read_some(asio::buffer(bytes), kNoThrow);
    if (error) co_return;
  }
}

Session::Reply Session::handle(const Request& request) {
  if (request.method() == http::verb::post) {
    if (request.target() == "/v1/chat/completions") co_return co_await complete(request, ApiKind::kChat);
    if (request.target() == "/v1/completions") co_return co_await complete(request, ApiKind::kCompletion);
  }
  co_return co_await write(answer(request));
}

Session::Response Session::answer(const Request& request) {
  const auto target = request.target();
  const auto wall = state_.clock.wall_now().time_since_epoch();
  if (request.method() == http::verb::get) {
    if (target == "/health") return respond(request, http::status::ok, "", "text/plain");
    if (target == "/version") {
      return respond(request, http::status::ok, formatted(R"({{"version":"{}"}})", kVersion));
    }
    if (target == "/v1/models") {
      const auto created = std::chrono::duration_cast<std::chrono::seconds>(wall).count();
      return respond(request, http::status::ok,
                     render_models(state_.config, state_.driver.engine().lora().adapters(), created));
    }
    if (target == "/metrics") {
      state_.driver.pump();
      return respond(
          request, http::status::ok,
          render_metrics(state_.config, state_.driver.engine(), state_.driver.metrics(), Seconds(wall).count()),
          "text/plain; version=0.0.4; charset=utf-8");
    }
  } else if (request.method() == http::verb::post) {
    if (target == "/v1/load_lora_adapter") return lora(request, true);
    if (target == "/v1/unload_lora_adapter") return lora(request, false);
  }
  return respond(request, ApiError{404, "NotFoundError", "Not Found", {}});
}

Session::Response Session::lora(const Request& request, bool load) {
  const auto adapter = parse_lora(request.body(), load);
  if (!adapter) return respond(request, adapter.error());
  for (const ModelName& model : state_.config.models) {
    if (model.str() == adapter->str()) {
      return respond(request, ApiError{400, "InvalidUserInput", formatted("{} is the base model.", *adapter), {}});
    }
  }
  BatchEngine& engine = state_.driver.engine();
  const auto done = load ? engine.add_adapter(*adapter) : engine.remove_adapter(*adapter);
  if (done) {
    return respond(request, http::status::ok,
                   formatted("Success: LoRA adapter '{}' {} successfully.", *adapter, load ? "added" : "removed"),
                   "text/plain; charset=utf-8");
  }
  switch (done.error().code) {
    case ErrorCode::kAlreadyExists:
      return respond(
          request,
          ApiError{400, "InvalidUserInput", formatted("The lora adapter '{}' has already been loaded.", *adapter), {}});
    case ErrorCode::kNotFound:
      return respond(request,
                     ApiError{404, "NotFoundError", formatted("The lora adapter '{}' cannot be found.", *adapter), {}});
    default:
      return respond(request, ApiError{400, "InvalidUserInput", done.error().message, {}});
  }
}

Session::Reply Session::complete(const Request& request, ApiKind kind) {
  const auto wanted = parse_completion(request.body(), kind, state_.config.bytes_per_token);
  if (!wanted) co_return co_await write(respond(request, wanted.error()));
  auto exchange = start(*wanted);
  if (!exchange) co_return co_await write(respond(request, exchange.error()));
  sink_ = exchange->sink;
  watch_client();
  const bool keep = wanted->stream ? co_await stream_tokens(*exchange, request.keep_alive())
                                   : co_await collect_tokens(*exchange, request);
  stop_watching_.emit(asio::cancellation_type::all);
  sink_.reset();
  if (exchange->sink->client_gone) {
    log::debug("runtime", "client went away",
               {{"id", exchange->head.id}, {"tokens", exchange->usage.completion_tokens}});
    co_return false;
  }
  co_return keep;
}

// Plans the whole answer, which the seed determines, and submits it.
std::expected<Session::Exchange, ApiError> Session::start(const CompletionRequest& wanted) {
  const RuntimeConfig& config = state_.config;
  const auto& lora = state_.driver.engine().lora();
  const bool base = std::ranges::find(config.models, ModelName(wanted.model)) != config.models.end();
  if (!base && !lora.known(AdapterName(wanted.model))) return std::unexpected(no_such_model(wanted.model));

  Exchange exchange(state_, std::make_shared<TokenSink>(state_.io));
  std::uint64_t prompt_hash = config.seed;
  for (const TokenHash token : wanted.prompt) prompt_hash = mix(prompt_hash, token);
  exchange.text_seed = wanted.seed.value_or(prompt_hash);
  const OutputLength& length = config.output_tokens;
  const auto natural =
      static_cast<std::uint32_t>(length.min + mix(exchange.text_seed, prompt_hash) % (length.max - length.min + 1));
  const auto prompt_tokens = static_cast<std::uint32_t>(wanted.prompt.size());
  const std::uint32_t room = config.engine.max_model_len - std::min(prompt_tokens, config.engine.max_model_len);
  const std::uint32_t limit = wanted.max_tokens.value_or(std::max(room, 1U));
  exchange.output_tokens = wanted.ignore_eos ? limit : std::min(limit, natural);
  exchange.finish = exchange.output_tokens == natural && !wanted.ignore_eos ? "stop" : "length";
  exchange.usage.prompt_tokens = prompt_tokens;

  SequenceRequest sequence{.prompt_tokens = prompt_tokens, .output_tokens = exchange.output_tokens};
  if (!base) sequence.adapter = AdapterName(wanted.model);
  if (prompt_tokens + std::uint64_t{exchange.output_tokens} <= config.engine.max_model_len) {
    std::vector<TokenHash> tokens = wanted.prompt;
    for (std::uint32_t i = 0; i < exchange.output_tokens; ++i) {
      append_tokens(word(exchange.text_seed, i, config.bytes_per_token), config.bytes_per_token, tokens);
    }
    sequence.block_hashes = chain_block_hashes(tokens, config.engine.block_size, hash_bytes(sequence.adapter.str()));
  }
  const auto id = state_.driver.submit(std::move(sequence), exchange.sink, exchange.finish);
  if (!id) return std::unexpected(engine_error(id.error()));
  exchange.id = *id;
  const auto created =
      std::chrono::duration_cast<std::chrono::seconds>(state_.clock.wall_now().time_since_epoch()).count();
  exchange.head = {.kind = wanted.kind,
                   .id = formatted("{}-{:016x}", wanted.kind == ApiKind::kChat ? "chatcmpl" : "cmpl",
                                   mix(static_cast<std::uint64_t>(created), state_.next_response++)),
                   .model = wanted.model,
                   .created = created,
                   .include_usage = wanted.include_usage};
  return exchange;
}

// The next tokens into exchange.batch; false if the client has gone.
asio::awaitable<bool> Session::next_tokens(Exchange& exchange) {
  TokenSink& sink = *exchange.sink;
  while (sink.ready.empty() && !sink.client_gone) co_await sink.wake.async_wait(kNoThrow);
  if (sink.client_gone) co_return false;
  exchange.batch.clear();
  std::swap(exchange.batch, sink.ready);
  exchange.usage.cached_tokens = exchange.batch.front().cached_tokens;
  co_return true;
}

Session::Reply Session::stream_tokens(Exchange& exchange, bool keep_alive) {
  const ResponseHead& head = exchange.head;
  // Beast's serializer has no open-ended body: head and chunks (RFC 9112 section 7.1) are written here.
  std::string out = formatted(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n{}\r\n",
      keep_alive ? "" : "Connection: close\r\n");
  const auto append = [&out](std::string_view event) { append_formatted(out, "{:x}\r\n{}\r\n", event.size(), event); };
  while (!exchange.done()) {
    if (!co_await next_tokens(exchange)) co_return false;
    for (const TokenEvent& token : exchange.batch) {
      append(render_chunk(head, exchange.text(token), token.index == 0, token.last ? exchange.finish : ""));
      ++exchange.usage.completion_tokens;
    }
    if (exchange.done()) {
      if (head.include_usage) append(render_usage_chunk(head, exchange.usage));
      append(kDoneEvent);
      out += "0\r\n\r\n";
    }
    if (!co_await write_raw(out)) co_return false;
    out.clear();
  }
  co_return keep_alive;
}

Session::Reply Session::collect_tokens(Exchange& exchange, const Request& request) {
  std::string text;
  while (!exchange.done()) {
    if (!co_await next_tokens(exchange)) co_return false;
    for (const TokenEvent& token : exchange.batch) text += exchange.text(token);
    exchange.usage.completion_tokens += static_cast<std::uint32_t>(exchange.batch.size());
  }
  co_return co_await write(
      respond(request, http::status::ok, render_completion(exchange.head, text, exchange.finish, exchange.usage)));
}

// Marks the sink when the connection ends while its answer is under way. Data that arrives instead is
// the next request: it stays where it is, and the client is no longer watched.
void Session::watch_client() {
  stream_.socket().async_wait(
      asio::ip::tcp::socket::wait_read,
      asio::bind_cancellation_slot(stop_watching_.slot(), [this, sink = sink_](error_code error) {
        if (error || sink->over) return;
        char byte = 0;
        const auto got = ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got > 0) return;
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return watch_client();
        sink->client_gone = true;
        sink->wake.cancel();
      }));
}

Session::Reply Session::write(Response response) {
  stream_.expires_after(kWriteTimeout);
  const auto [error, size] = co_await http::async_write(stream_, response, kNoThrow);
  co_return !error && response.keep_alive();
}

Session::Reply Session::write_raw(std::string_view bytes) {
  stream_.expires_after(kWriteTimeout);
  const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(bytes), kNoThrow);
  co_return !error;
}

}  // namespace pathwise::lab
