// SPDX-License-Identifier: Apache-2.0
#include "router/runtime/scraper.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <format>

#include "base/log.h"
#include "http_get.h"

namespace pathwise::router::runtime {

namespace {

constexpr unsigned kFailuresUntilDown = 2;

}  // namespace

// Shared with the coroutines, which end when `stopped`, or when their generation is over.
struct Scraper::State {
  State(net::asio::io_context& context, const Clock& time, ScraperConfig settings, OnChange notify)
      : io(context), clock(time), config(settings), on_change(std::move(notify)) {}

  net::asio::io_context& io;
  const Clock& clock;
  ScraperConfig config;
  OnChange on_change;
  RuntimeBoard board;
  std::uint64_t generation = 0;  // of the configuration
  bool stopped = false;

  [[nodiscard]] bool current(std::uint64_t mine) const { return !stopped && mine == generation; }

  net::Awaitable<Result<Scrape>> scrape(std::size_t index, bool with_models) {
    const Endpoint endpoint = board.state(index).endpoint;
    std::vector<ServedModel> models = board.state(index).models;
    const auto page = co_await http_get(io, endpoint, "/metrics", config.timeout);
    if (!page) co_return std::unexpected(page.error().within("/metrics"));
    auto metrics = parse_vllm_metrics(*page);
    if (!metrics) co_return std::unexpected(metrics.error());
    if (with_models || models.empty()) {
      const auto body = co_await http_get(io, endpoint, "/v1/models", config.timeout);
      if (!body) co_return std::unexpected(body.error().within("/v1/models"));
      auto parsed = parse_models(*body);
      if (!parsed) co_return std::unexpected(parsed.error());
      models = std::move(*parsed);
    }
    co_return Scrape{std::move(*metrics), std::move(models)};
  }

  void apply(std::size_t index, Result<Scrape> result, unsigned& failures) {
    const bool was_up = board.state(index).up;
    if (result) {
      failures = 0;
      board.scraped(index, std::move(*result), clock.now());
      if (!was_up) log::info("router", "runtime up", {{"url", board.state(index).url}});
    } else if (++failures >= kFailuresUntilDown || !was_up) {
      board.failed(index, result.error().message);
      if (was_up) {
        log::warning("router", "runtime down", {{"url", board.state(index).url}, {"reason", result.error().message}});
      }
    }
    on_change(board.view());
  }

  static net::Awaitable<void> watch(std::shared_ptr<State> self, std::size_t index, std::uint64_t mine) {
    net::SteadyTimer timer(self->io.get_executor());
    unsigned failures = 0;
    for (unsigned round = 0; self->current(mine); ++round) {
      const bool with_models = round % self->config.models_every == 0 || !self->board.state(index).up;
      auto result = co_await self->scrape(index, with_models);
      if (!self->current(mine)) co_return;
      self->apply(index, std::move(result), failures);
      timer.expires_after(self->config.interval);
      co_await timer.async_wait(net::use_tuple);
    }
  }
};

Scraper::Scraper(boost::asio::io_context& io, const Clock& clock, ScraperConfig config, OnChange on_change)
    : state_(std::make_shared<State>(io, clock, config, std::move(on_change))) {}

Scraper::~Scraper() {
  state_->stopped = true;
}

Result<void> Scraper::configure(const std::vector<policy::RuntimeConfig>& runtimes) {
  std::vector<Endpoint> endpoints;
  for (const policy::RuntimeConfig& runtime : runtimes) {
    auto endpoint = resolve_runtime_url(runtime.url);
    if (!endpoint) return std::unexpected(endpoint.error());
    endpoints.push_back(std::move(*endpoint));
  }
  state_->board.configure(runtimes, endpoints);
  const std::uint64_t mine = ++state_->generation;
  for (std::size_t i = 0; i < runtimes.size(); ++i) {
    net::asio::co_spawn(state_->io.get_executor(), State::watch(state_, i, mine), net::asio::detached);
  }
  return {};
}

RuntimeViewPtr Scraper::view() {
  return state_->board.view();
}

Result<Endpoint> resolve_runtime_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return fail(ErrorCode::kInvalidArgument, "runtime {}: must start with http://", url);
  std::string_view rest = std::string_view(url).substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto endpoint = Endpoint::parse(rest);
  if (!endpoint || endpoint->is_unix() || endpoint->host.empty() || endpoint->port == 0) {
    return fail(ErrorCode::kInvalidArgument, "runtime {}: must be http://host:port", url);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(endpoint->host.c_str(), nullptr, &hints, &found);
  if (error != 0) return fail(ErrorCode::kInvalidArgument, "runtime {}: {}", url, ::gai_strerror(error));
  std::array<char, NI_MAXHOST> host{};
  ::getnameinfo(found->ai_addr, found->ai_addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  ::freeaddrinfo(found);
  endpoint->host = host.data();
  return endpoint;
}

}  // namespace pathwise::router::runtime
