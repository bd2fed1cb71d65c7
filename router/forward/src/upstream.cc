// SPDX-License-Identifier: Apache-2.0
#include "router/forward/upstream.h"

#include <algorithm>
#include <cstring>

#include "net/listen.h"

namespace pathwise::router::forward {

namespace {

constexpr http::HeadLimits kResponseLimits{};

// Reads more into the upstream's buffer; an end is an error here.
net::Awaitable<Result<void>> receive_more(Upstream& upstream) {
  if (upstream.begin > 0) {
    std::memmove(upstream.buffer.data(), upstream.buffer.data() + upstream.begin, upstream.end - upstream.begin);
    upstream.end -= upstream.begin;
    upstream.begin = 0;
  }
  if (upstream.end == upstream.buffer.size()) {
    co_return fail(ErrorCode::kResourceExhausted, "the response's head is over {} bytes", upstream.buffer.size());
  }
  const auto count = co_await upstream.stream.read_some(std::span(upstream.buffer).subspan(upstream.end));
  if (!count) co_return std::unexpected(count.error());
  if (*count == 0) co_return fail(ErrorCode::kUnavailable, "closed before the response");
  upstream.end += *count;
  co_return Result<void>{};
}

}  // namespace

std::size_t DestinationHash::operator()(const Destination& destination) const noexcept {
  std::size_t hash = std::hash<std::string>{}(destination.remote.host) * 31 + destination.remote.port;
  if (destination.local) hash = hash * 31 + std::hash<Ipv6Address>{}(*destination.local);
  return hash;
}

UpstreamPool::UpstreamPool(net::asio::io_context& io, const Clock& clock, std::shared_ptr<net::TlsContext> client_tls,
                           UpstreamLimits limits)
    : io_(io), clock_(clock), tls_(std::move(client_tls)), limits_(limits) {}

net::Awaitable<Result<std::unique_ptr<Upstream>>> UpstreamPool::acquire(const Destination& destination) {
  if (const auto found = idle_.find(destination); found != idle_.end()) {
    auto& kept = found->second;
    while (!kept.empty()) {
      auto upstream = std::move(kept.back());  // the most recent: the others may age out
      kept.pop_back();
      if (upstream->stream.peer_gone()) continue;
      upstream->reused = true;
      co_return upstream;
    }
  }
  co_return co_await connect(destination);
}

net::Awaitable<Result<std::unique_ptr<Upstream>>> UpstreamPool::connect(const Destination& destination) {
  auto socket = co_await net::connect_tcp(io_, destination.local, destination.remote, limits_.connect);
  if (!socket) co_return std::unexpected(socket.error());
  if (!destination.is_peer()) co_return std::make_unique<Upstream>(ByteStream(std::move(*socket)), destination);
  if (!tls_) co_return fail(ErrorCode::kFailedPrecondition, "no TLS configuration for peers");
  net::TlsStream tls(std::move(*socket), *tls_);
  if (auto done = co_await tls.handshake(limits_.handshake); !done) co_return std::unexpected(done.error());
  const auto site = tls.peer().router_site();
  if (!site || *site != destination.site) {
    co_return fail(ErrorCode::kUnauthenticated, "{} is {}, not a router of {}", destination.remote,
                   tls.peer().to_string(), destination.site);
  }
  co_return std::make_unique<Upstream>(ByteStream(std::move(tls)), destination);
}

void UpstreamPool::release(std::unique_ptr<Upstream> upstream) {
  if (!upstream->stream.is_open() || upstream->begin != upstream->end) return;
  auto& kept = idle_[upstream->destination];
  if (kept.size() >= limits_.idle_per_destination) return;
  upstream->begin = upstream->end = 0;
  upstream->idle_since = clock_.now();
  kept.push_back(std::move(upstream));
}

net::Awaitable<void> UpstreamPool::warm(Destination destination) {
  const auto found = idle_.find(destination);
  if (found != idle_.end() &&
      std::ranges::any_of(found->second, [](const auto& kept) { return !kept->stream.peer_gone(); })) {
    co_return;
  }
  if (!warming_.insert(destination).second) co_return;
  auto connected = co_await connect(destination);
  warming_.erase(destination);
  if (connected) release(std::move(*connected));
}

void UpstreamPool::sweep() {
  const SteadyTime oldest = clock_.now() - limits_.idle;
  std::erase_if(idle_, [&](auto& entry) {
    std::erase_if(entry.second, [&](const auto& upstream) { return upstream->idle_since < oldest; });
    return entry.second.empty();
  });
}

std::size_t UpstreamPool::idle() const {
  std::size_t count = 0;
  for (const auto& [destination, kept] : idle_) count += kept.size();
  return count;
}

net::Awaitable<Result<void>> read_response_head(Upstream& upstream, bool stop_at_continue) {
  for (;;) {
    std::size_t scanned = 0;
    std::size_t length = 0;
    while ((length = http::find_head_end(upstream.pending(), scanned)) == 0) {
      if (auto filled = co_await receive_more(upstream); !filled) co_return filled;
    }
    upstream.head_text.assign(upstream.pending().substr(0, length));
    upstream.begin += length;
    if (auto parsed = http::parse_response(upstream.head_text, kResponseLimits, upstream.head); !parsed) {
      co_return fail(ErrorCode::kUnavailable, "bad response: {}", http::to_string(parsed.error()));
    }
    const int status = upstream.head.status;
    if (status >= 200 || (status == 100 && stop_at_continue)) co_return Result<void>{};
    if (status == 101) co_return fail(ErrorCode::kUnavailable, "bad response: 101 was not asked for");
  }
}

}  // namespace pathwise::router::forward
