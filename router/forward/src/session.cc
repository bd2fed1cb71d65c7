// SPDX-License-Identifier: Apache-2.0
#include "router/forward/session.h"

#include <sys/socket.h>

#include <array>

#include "base/format.h"
#include "exchange.h"
#include "router/openai/error.h"

namespace pathwise::router::forward {

namespace {

constexpr http::HeadLimits kRequestLimits{.max_bytes = Input::kBuffer};

constexpr std::size_t kLinger = 1 << 20;
constexpr std::chrono::milliseconds kLingerTime{2000};

openai::ApiError bad_head(http::HeadError error) {
  return openai::invalid_request(http::status_of(error), "bad_request", std::string(http::to_string(error)));
}

// Empty lines before a request are skipped (RFC 9112 section 2.2).
void skip_empty_lines(Input& input) {
  const std::string_view pending = input.pending();
  const std::size_t first = pending.find_first_not_of("\r\n");
  input.consume(first == std::string_view::npos ? pending.size() : first);
}

}  // namespace

Session::Session(Worker& worker, ByteStream stream, std::optional<SiteName> peer)
    : worker_(worker), stream_(std::move(stream)), input_(stream_, worker.io.get_executor()), peer_(std::move(peer)) {
  worker_.add(*this);
}

Session::~Session() {
  worker_.remove(*this);
}

void Session::close_if_waiting() {
  if (waiting_) stream_.close();
}

// Time ends an idle connection in silence, and one whose head has begun with 408.
net::Awaitable<bool> Session::read_head() {
  std::size_t scanned = 0;
  std::size_t length = 0;
  bool begun = false;
  bool late = false;
  head_text_.clear();
  waiting_ = true;
  auto timeout = worker_.wheel.arm(worker_.deps.limits.keep_alive, [this] { stream_.close(); });
  for (;;) {
    if (length == 0) skip_empty_lines(input_);
    length = http::find_head_end(input_.pending(), scanned);
    if (length > 0) break;
    if (!input_.pending().empty() && !begun) {
      begun = true;
      timeout = worker_.wheel.arm(worker_.deps.limits.head, [this, &late] {
        late = true;
        stream_.stop_waiting();
      });
    }
    const auto count = late ? Result<std::size_t>{0} : co_await input_.fill();
    if (late) {
      co_await refuse_head(openai::too_slow("The request's head did not arrive in time."));
      co_return false;
    }
    if (!count && count.error().code == ErrorCode::kResourceExhausted) {
      co_await refuse_head(bad_head(http::HeadError::kTooLarge));
      co_return false;
    }
    if (!count || *count == 0) co_return false;
  }
  waiting_ = false;
  head_text_.assign(input_.pending().substr(0, length));
  input_.consume(length);
  if (auto parsed = http::parse_request(head_text_, kRequestLimits, head_); !parsed) {
    co_await refuse_head(bad_head(parsed.error()));
    co_return false;
  }
  co_return true;
}

net::Awaitable<void> Session::refuse_head(openai::ApiError refusal) {
  const bool has_body = !(head_text_.empty() ? input_.pending() : head_text_).starts_with("HEAD ");
  const std::string body = openai::error_body(refusal);
  const std::string text =
      formatted("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                refusal.status, openai::reason_phrase(refusal.status), body.size(), has_body ? body : "");
  const auto timeout = worker_.wheel.arm(worker_.deps.limits.client_write, [this] { stream_.close(); });
  if (co_await stream_.write(text)) co_await linger();
}

net::Awaitable<void> Session::linger() {
  const auto timeout = worker_.wheel.arm(kLingerTime, [this] { stream_.close(); });
  if (stream_.is_open()) ::shutdown(stream_.socket().native_handle(), SHUT_WR);
  std::array<char, 4096> waste;
  for (std::size_t total = 0; total < kLinger;) {
    const auto count = co_await input_.read_into(waste);
    if (!count || *count == 0) co_return;
    total += *count;
  }
}

net::Awaitable<void> Session::run(std::shared_ptr<Session> self) {
  Exchange exchange(*self, self);
  while (co_await self->read_head()) {
    if (!co_await exchange.run() || self->worker_.draining()) break;
  }
  self->input_.unwatch();
  self->stream_.close();
}

}  // namespace pathwise::router::forward
