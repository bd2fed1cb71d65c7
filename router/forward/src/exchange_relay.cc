// SPDX-License-Identifier: Apache-2.0
// The way back: a relayed response, or one of our own.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "exchange.h"
#include "router/forward/load_header.h"

namespace pathwise::router::forward {

namespace {

constexpr std::size_t kDiscard = 64 * 1024;  // of a refused request's body, to keep the connection

// A budget that is used up is no want of capacity.
select::Outcome outcome_of(const openai::ApiError& error) {
  const int status = error.status;
  if ((status == 429 && error.type != "tokens") || status == 503) return select::Outcome::kNoCapacity;
  return status < 500 ? select::Outcome::kClientError : select::Outcome::kUpstreamError;
}

double seconds_since(SteadyTime then, SteadyTime now) {
  return std::chrono::duration<double>(now - then).count();
}

}  // namespace

net::Awaitable<Exchange::Attempt> Exchange::relay() {
  BodyTracker body(upstream_->head);
  start_relay(body);
  for (;;) {
    const auto used = body.feed(upstream_->pending());
    if (!used) co_return co_await break_off(body, used.error().message);
    if (*used > 0) {
      const std::string_view bytes = upstream_->pending().substr(0, *used);
      first_byte();
      tail_.add(bytes);
      record_.bytes_out += bytes.size();
      out_.borrow(bytes);
    }
    if (!co_await write_out()) co_return Attempt::kGone;
    upstream_->begin += *used;
    if (body.done()) co_return complete(body);
    const auto more = co_await read_more();
    if (more && *more > 0) continue;
    if (session_.input().gone()) co_return Attempt::kGone;
    if (more && body.ends_with_close()) co_return complete(body);
    co_return co_await break_off(body, timed_out_ ? "nothing came for too long" : "the connection broke");
  }
}

// The head, to be written with the first bytes of the body.
void Exchange::start_relay(const BodyTracker& body) {
  if (body.ends_with_close()) keep_alive_ = false;
  record_.status = upstream_->head.status;
  record_.attempts.push_back({target_->site, "relayed"});
  const std::string_view text = upstream_->head_text;
  out_.clear();
  http::start_response(out_, upstream_->head, text.substr(0, text.find('\n') + 1));
  response_headers(out_);
  if (!keep_alive_) out_.header("Connection", "close");
  out_.append("\r\n");
}

net::Awaitable<bool> Exchange::write_out() {
  if (out_.size() == 0) co_return true;
  const auto timeout = worker_.wheel.arm(worker_.deps.limits.client_write, [this] { session_.close(); });
  const auto written = co_await session_.stream().write(out_.pieces());
  out_.clear();
  co_return written.has_value();
}

// 0: the upstream has ended.
net::Awaitable<Result<std::size_t>> Exchange::read_more() {
  Upstream& upstream = *upstream_;
  const auto timeout = worker_.wheel.arm(worker_.deps.limits.between_bytes, [this] {
    timed_out_ = true;
    if (upstream_) upstream_->stream.close();
  });
  upstream.begin = upstream.end = 0;
  const auto count = co_await upstream.stream.read_some(upstream.buffer);
  if (count) upstream.end = *count;
  co_return count;
}

void Exchange::first_byte() {
  if (record_.ttft_s > 0) return;
  const SteadyTime now = worker_.deps.clock.now();
  record_.ttft_s = std::max(seconds_since(started_, now), 1e-9);
  in_flight_->first_token();
  if (record_.status != 200) return;
  worker_.memory.remember(blocks_, offers_->id, target_->id);
  if (!facts_.stream) return;  // the body comes when all is computed: that says nothing of the first token
  const double path = predicted_.rtt + predicted_.transfer;
  const double site = (predicted_.ttft - path) / predicted_.ratio;
  worker_.learned.observe_ttft(target_->id, offers_->id, site, std::max(0.0, seconds_since(sent_, now) - path));
}

Exchange::Attempt Exchange::complete(const BodyTracker& body) {
  learn();
  const bool reusable = upstream_->head.keep_alive && !body.ends_with_close();
  if (reusable) worker_.pool.release(std::move(upstream_));
  session_.input().unwatch();
  return Attempt::kRelayed;
}

void Exchange::learn() {
  if (record_.status != 200) return;
  record_.prompt_tokens_used = openai::find_token_count(tail_.text(), "prompt_tokens");
  record_.completion_tokens = openai::find_token_count(tail_.text(), "completion_tokens");
  worker_.learned.observe_prompt(offers_->id, record_.prompt_bytes, record_.prompt_tokens_used);
  worker_.learned.observe_output(offers_->id, record_.completion_tokens);
}

// Never a clean-looking end: a stream of events gets an error event, and every response is cut off.
net::Awaitable<Exchange::Attempt> Exchange::break_off(const BodyTracker& body, std::string reason) {
  record_.error = formatted("{}: {}", upstream_->destination.remote, reason);
  record_.attempts.push_back({target_->site, "broken: " + reason});
  const std::string_view type = upstream_->head.find("content-type").value_or(std::string_view{});
  if (body.at_chunk_boundary() && type.starts_with("text/event-stream")) {
    const std::string event =
        formatted("data: {}\n\n", openai::error_body(openai::bad_gateway("The stream broke off: " + reason)));
    out_.clear();
    out_.append(formatted("{:x}\r\n{}\r\n", event.size(), event));
    [[maybe_unused]] const bool written = co_await write_out();
  }
  keep_alive_ = false;
  co_return Attempt::kBroken;
}

void Exchange::response_headers(http::Gather& out) const {
  out.header("x-request-id", request_id_);
  if (!record_.site.empty()) out.header("x-pathwise-site", record_.site.str());
  if (!record_.tier.empty()) out.header("x-pathwise-tier", record_.tier);
  out.header("x-pathwise-decision", record_.decision);
}

net::Awaitable<bool> Exchange::respond(Answer answer) {
  // A sender that waits for consent and does not get it sends no body. Only of our own is that certain.
  const bool will_come = !body_read_ && !(session_.peer() && head_.expect_continue && !continued_);
  const bool small = !head_.chunked && head_.content_length.value_or(0) <= kDiscard && !head_.expect_continue;
  if (will_come && !small) keep_alive_ = false;
  out_.clear();
  out_.append(formatted("HTTP/1.1 {} {}\r\n", answer.status, openai::reason_phrase(answer.status)));
  out_.header("Content-Type", answer.type);
  out_.header("Content-Length", answer.body.size());
  response_headers(out_);
  for (const auto& [name, value] : answer.headers) out_.header(name, value);
  if (!keep_alive_) out_.header("Connection", "close");
  out_.append("\r\n");
  if (head_.method != "HEAD") out_.borrow(answer.body);  // the length is what GET would have
  if (!co_await write_out()) co_return false;
  if (will_come && keep_alive_ && worker_.draining()) keep_alive_ = false;
  if (will_come && keep_alive_) co_await discard_body();
  if (will_come && !keep_alive_) co_await session_.linger();
  co_return keep_alive_;
}

net::Awaitable<void> Exchange::discard_body() {
  const auto timeout = worker_.wheel.arm(worker_.deps.limits.body, [this] { session_.close(); });
  session_.waiting(true);
  const auto length = static_cast<std::size_t>(head_.content_length.value_or(0));
  std::size_t left = length - std::min(length, body_.text().size());
  std::array<char, 4096> waste;
  while (left > 0) {
    const auto count = co_await session_.input().read_into(std::span(waste).first(std::min(left, waste.size())));
    if (!count || *count == 0) {
      keep_alive_ = false;
      co_return;
    }
    left -= *count;
  }
}

net::Awaitable<bool> Exchange::refuse(openai::ApiError error) {
  record_.error = error.message;
  Answer answer{.status = error.status, .body = openai::error_body(error)};
  if (error.retry_after_s > 0) answer.headers.emplace_back("Retry-After", std::to_string(error.retry_after_s));
  if (error.status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (error.status == 405) answer.headers.emplace_back("Allow", std::string(openai::allowed_methods(head_.path())));
  if (!head_.keep_alive) keep_alive_ = false;
  const bool keep = co_await respond(std::move(answer));
  finish(error.status, outcome_of(error));
  co_return keep;
}

net::Awaitable<bool> Exchange::refuse_peer(std::string_view reason) {
  const openai::ApiError error = openai::too_busy(429, formatted("site {}: {}", worker_.deps.identity.site, reason), 1);
  if (record_.error.empty()) record_.error = reason;
  record_.site = worker_.deps.identity.site;
  Answer answer{.status = 429, .body = openai::error_body(error)};
  answer.headers.emplace_back("x-pathwise-refused", std::string(reason));
  if (std::string load = load_header(); !load.empty()) answer.headers.emplace_back("x-pathwise-load", std::move(load));
  const bool keep = co_await respond(std::move(answer));
  finish(429, select::Outcome::kNoCapacity);
  co_return keep;
}

std::string Exchange::load_header() const {
  for (const fabric::ModelState& model :
       runtime::local_models(*state_->runtimes, state_->views.policy->config(), worker_.deps.identity.site)) {
    if (model.model == policy_.model->name) return format_load(model);
  }
  return {};
}

net::Awaitable<bool> Exchange::answer_here() {
  switch (endpoint_) {
    case openai::Endpoint::kHealth:
      co_return co_await respond({.body = R"({"status":"ok"})"});
    case openai::Endpoint::kReady: {
      const bool ready = state_ && state_->ready && !worker_.draining();
      co_return co_await respond(
          {.status = ready ? 200 : 503, .body = state_ ? state_->ready_text : R"({"ready":false})"});
    }
    case openai::Endpoint::kModels: {
      if (auto known = co_await identify(); !known) co_return co_await refuse(std::move(known.error()));
      co_return co_await respond({.body = models_list()});
    }
    case openai::Endpoint::kMethodNotAllowed:
      co_return co_await refuse(openai::invalid_request(405, "method_not_allowed", "This path takes another method."));
    default:
      co_return co_await refuse(openai::invalid_request(
          404, "unknown_url", formatted("Unknown request URL: {} {}.", head_.method, head_.path().substr(0, 200))));
  }
}

// What some site of the fabric serves now and policy knows, with the adapters of those models.
std::string Exchange::models_list() const {
  std::set<std::string, std::less<>> names;
  const select::LoadView& load = *state_->views.load;
  for (const policy::ModelConfig& model : state_->views.policy->config().models) {
    if (load.model(model.name.str()) == nullptr) continue;
    names.insert(model.name.str());
    names.insert(model.aliases.begin(), model.aliases.end());
  }
  for (const auto& [adapter, index] : load.by_adapter) {
    if (names.contains(load.models[index].name.str())) names.emplace(adapter);
  }
  std::string body = R"({"object":"list","data":[)";
  for (const std::string& name : names) {
    if (body.back() == '}') body += ',';
    body += R"({"id":")";
    openai::append_json_escaped(body, name);
    body += R"(","object":"model","created":0,"owned_by":"pathwise"})";
  }
  return body + "]}";
}

}  // namespace pathwise::router::forward
