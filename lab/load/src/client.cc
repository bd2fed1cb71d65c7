// SPDX-License-Identifier: Apache-2.0
#include "lab/load/client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/format.h"
#include "connection.h"
#include "lab/runtime/text.h"

namespace pathwise::lab {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::uint64_t kSeedMask = (std::uint64_t{1} << 53U) - 1;  // JSON numbers are exact up to there

constexpr std::chrono::milliseconds kPauseAfterFailure{20};  // a closed loop must not spin on refusals

constexpr auto kRethrow = [](std::exception_ptr exception) {
  if (exception) std::rethrow_exception(exception);
};

struct Target {
  std::string host;  // as in the URL, for the Host header
  std::vector<tcp::endpoint> addresses;
};

Result<Target> resolve(const std::string& url) {
  if (!url.starts_with(kScheme)) return fail(ErrorCode::kInvalidArgument, "{}: must be http://host:port", url);
  std::string authority = url.substr(kScheme.size());
  while (authority.ends_with('/')) authority.pop_back();
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string::npos || authority.find('/') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "{}: must be http://host:port", url);
  }
  std::string host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  asio::io_context io;
  tcp::resolver resolver(io);
  error_code error;
  Target target{.host = authority};
  for (const auto& entry : resolver.resolve(host, authority.substr(colon + 1), error)) {
    target.addresses.push_back(entry.endpoint());
  }
  if (error) return fail(ErrorCode::kUnavailable, "{}: {}", url, error.message());
  return target;
}

Result<void> check(const LoadOptions& options) {
  if (options.profiles.empty()) return fail(ErrorCode::kInvalidArgument, "at least one kind of request is needed");
  if (options.workers == 0) return fail(ErrorCode::kInvalidArgument, "workers must be at least 1");
  if (options.rate < 0 || options.rate > 1e6) return fail(ErrorCode::kInvalidArgument, "rate must be 0 to 1,000,000");
  if (options.timeout <= Milliseconds{0}) return fail(ErrorCode::kInvalidArgument, "timeout must be more than 0");
  if (options.keep_records == 0) return fail(ErrorCode::kInvalidArgument, "keep_records must be at least 1");
  return {};
}

// Words, so that it looks like text; `seed` makes it the same again.
std::string text_of(std::uint64_t seed, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + 8);
  for (std::uint64_t i = 0; text.size() < bytes; ++i) text += word(seed, i, 6);
  text.resize(bytes);
  return text;
}

}  // namespace

class LoadClient::Impl {
 public:
  Impl(LoadOptions options, Target target)
      : options_(std::move(options)), target_(std::move(target)), pace_(io_), keep_alive_(io_.get_executor()) {}

  ~Impl() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void start() {
    started_ = std::chrono::steady_clock::now();
    if (options_.rate > 0) {
      asio::co_spawn(io_, spawn_at_rate(), kRethrow);
    } else {
      for (std::uint32_t i = 0; i < options_.workers; ++i) asio::co_spawn(io_, worker(), kRethrow);
    }
    thread_ = std::thread([this] { io_.run(); });
  }

  void finish() {
    asio::post(io_, [this] {
      stopping_ = true;
      pace_.cancel();
    });
    keep_alive_.reset();
    if (thread_.joinable()) thread_.join();
  }

  bool wait_done(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline,
                               [&] { return options_.requests > 0 && last_sequence_ >= options_.requests; });
  }

  std::optional<RequestRecord> wait_for(const std::function<bool(const RequestRecord&)>& wanted, std::uint64_t after,
                                        SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    std::optional<RequestRecord> found;
    changed_.wait_until(lock, deadline, [&] {
      for (const RequestRecord& record : records_) {
        if (record.sequence <= after || !wanted(record)) continue;
        found = record;
        return true;
      }
      after = std::max(after, last_sequence_);
      return false;
    });
    return found;
  }

  std::uint64_t last_sequence() const {
    const std::scoped_lock lock(mutex_);
    return last_sequence_;
  }
  std::vector<RequestRecord> records() const {
    const std::scoped_lock lock(mutex_);
    return {records_.begin(), records_.end()};
  }
  LoadSummary summary() const {
    const std::scoped_lock lock(mutex_);
    return summary_;
  }

 private:
  // The next request may start: counts it.
  bool take_turn() {
    if (stopping_ || (options_.requests > 0 && issued_ >= options_.requests)) return false;
    ++issued_;
    return true;
  }

  asio::awaitable<void> worker() {
    asio::steady_timer pause(io_);
    while (take_turn()) {
      if (co_await one_request(issued_)) continue;
      pause.expires_after(kPauseAfterFailure);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  asio::awaitable<void> spawn_at_rate() {
    const std::chrono::duration<double> gap(1 / options_.rate);
    for (std::uint64_t i = 0; !stopping_; ++i) {
      pace_.expires_at(started_ + std::chrono::duration_cast<SteadyTime::duration>(gap * static_cast<double>(i)));
      co_await pace_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (stopping_) co_return;
      if (in_flight_ >= options_.workers) {
        const std::scoped_lock lock(mutex_);
        ++summary_.shed;
        continue;
      }
      if (!take_turn()) co_return;
      asio::co_spawn(io_, one_request(issued_), [](std::exception_ptr exception, bool) { kRethrow(exception); });
    }
  }

  // True if it succeeded.
  asio::awaitable<bool> one_request(std::uint64_t number) {
    ++in_flight_;
    const LoadProfile& profile = options_.profiles[number % options_.profiles.size()];
    RequestRecord record{.tier = profile.tier};
    const std::uint64_t seed = mix(options_.seed, number) & kSeedMask;
    HttpRequest request = make_request(profile, number, seed, record);
    record.started = std::chrono::steady_clock::now();
    const std::optional<std::uint64_t> text_seed = options_.check_text ? std::optional(seed) : std::nullopt;
    // A kept connection may have been closed meanwhile, which is no failure: then another one.
    while (!co_await try_once(request, text_seed, record)) {
    }
    record.e2e = std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - record.started);
    --in_flight_;
    const bool good = record.failure == Failure::kNone;
    add(std::move(record));
    co_return good;
  }

  asio::awaitable<bool> try_once(HttpRequest& request, std::optional<std::uint64_t> text_seed, RequestRecord& record) {
    std::unique_ptr<Connection> connection;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
      connection->set_deadline(record.started + options_.timeout);
    } else {
      connection = std::make_unique<Connection>(io_.get_executor());
      connection->set_deadline(record.started + options_.timeout);
      if (const error_code error = co_await connection->connect(target_.addresses)) {
        record.failure = error == boost::beast::error::timeout ? Failure::kTimeout : Failure::kConnect;
        record.error = error.message();
        co_return true;
      }
    }
    const bool answered = co_await connection->exchange(request, text_seed, record);
    if (connection->reusable() && idle_.size() < options_.workers) idle_.push_back(std::move(connection));
    co_return answered;
  }

  HttpRequest make_request(const LoadProfile& profile, std::uint64_t number, std::uint64_t seed,
                           RequestRecord& record) const {
    HttpRequest request(http::verb::post, profile.chat ? "/v1/chat/completions" : "/v1/completions", 11);
    request.set(http::field::host, target_.host);
    request.set(http::field::content_type, "application/json");
    if (!profile.api_key.empty()) request.set(http::field::authorization, "Bearer " + profile.api_key);
    if (!profile.tier.empty()) request.set("x-pathwise-tier", profile.tier.str());
    record.labels = profile.labels;
    if (!profile.labels.empty()) request.set("x-pathwise-labels", profile.labels);
    std::uint64_t prompt_seed = seed;
    if (profile.sessions > 0) {
      const std::uint64_t session = number / options_.profiles.size() % profile.sessions;
      record.session = formatted("{}-{}", profile.tier.empty() ? "session" : profile.tier.str(), session);
      request.set("x-session-id", record.session);
      prompt_seed = mix(options_.seed, hash_bytes(record.session));
    }
    const std::string prompt = text_of(prompt_seed, profile.prompt_bytes);
    nlohmann::ordered_json body{{"model", profile.model.str()}};
    if (profile.chat) {
      nlohmann::ordered_json message{{"role", "user"}, {"content", prompt}};
      body["messages"] = nlohmann::ordered_json::array({std::move(message)});
    } else {
      body["prompt"] = prompt;
    }
    body["max_tokens"] = profile.max_tokens;
    if (options_.check_text) body["seed"] = seed;
    if (profile.stream) {
      body["stream"] = true;
      body["stream_options"] = {{"include_usage", true}};
    }
    request.body() = body.dump();
    request.prepare_payload();
    return request;
  }

  void add(RequestRecord record) {
    {
      const std::scoped_lock lock(mutex_);
      record.sequence = ++last_sequence_;
      summary_.tiers[record.tier].add(record);
      summary_.total.add(record);
      summary_.elapsed = std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - started_);
      if (records_.size() == options_.keep_records) records_.pop_front();
      records_.push_back(record);
    }
    changed_.notify_all();
    if (options_.on_record) options_.on_record(record);
  }

  const LoadOptions options_;
  const Target target_;

  // The client's thread.
  asio::io_context io_{1};
  asio::steady_timer pace_;
  std::vector<std::unique_ptr<Connection>> idle_;  // at most `workers`
  std::uint64_t issued_ = 0;
  std::uint32_t in_flight_ = 0;
  bool stopping_ = false;
  asio::executor_work_guard<asio::io_context::executor_type> keep_alive_;
  SteadyTime started_;

  // All threads.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<RequestRecord> records_;  // at most keep_records
  std::uint64_t last_sequence_ = 0;
  LoadSummary summary_;

  std::thread thread_;
};

LoadClient::LoadClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LoadClient::~LoadClient() = default;

Result<std::unique_ptr<LoadClient>> LoadClient::open(LoadOptions options) {
  if (auto good = check(options); !good) return std::unexpected(good.error());
  auto target = resolve(options.base_url);
  if (!target) return std::unexpected(target.error());
  return std::unique_ptr<LoadClient>(new LoadClient(std::make_unique<Impl>(std::move(options), std::move(*target))));
}

void LoadClient::start() {
  impl_->start();
}
void LoadClient::finish() {
  impl_->finish();
}
bool LoadClient::wait_done(SteadyTime deadline) {
  return impl_->wait_done(deadline);
}

std::optional<RequestRecord> LoadClient::wait_for(const std::function<bool(const RequestRecord&)>& wanted,
                                                  std::uint64_t after, SteadyTime deadline) {
  return impl_->wait_for(wanted, after, deadline);
}

std::optional<RequestRecord> LoadClient::wait_until_served(const TierName& tier, const SiteName& site,
                                                           SteadyTime deadline) {
  const SteadyTime from = std::chrono::steady_clock::now();
  const auto served = [&](const RequestRecord& record) {
    return record.failure == Failure::kNone && record.tier == tier && record.site == site && record.started >= from;
  };
  return impl_->wait_for(served, 0, deadline);
}

std::uint64_t LoadClient::last_sequence() const {
  return impl_->last_sequence();
}
std::vector<RequestRecord> LoadClient::records() const {
  return impl_->records();
}
LoadSummary LoadClient::summary() const {
  return impl_->summary();
}

}  // namespace pathwise::lab
