// SPDX-License-Identifier: Apache-2.0
// Choosing a site, sending the request there, and what to do when that did not work.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "exchange.h"
#include "router/forward/load_header.h"

namespace pathwise::router::forward {

namespace {

constexpr std::size_t kGoesAlong = 32 * 1024;  // larger bodies wait for the receiver's consent
constexpr int kRuntimeTries = 2;               // of one site
constexpr int kRetryAfter = 1;                 // s: digests are newer than that

bool all_forbidden(const policy::PolicyDecision& policy) {
  return std::ranges::none_of(policy.sites, &policy::SiteVerdict::allowed);
}

// What each removed site was removed for, in a few words.
std::string reasons(const std::vector<select::RecordedRemoval>& removed) {
  std::string text;
  for (const select::RecordedRemoval& each : removed) {
    if (text.size() > 400) return text + "; …";
    text += formatted("{}{}: {}{}{}", text.empty() ? "" : "; ", each.site, to_string(each.reason),
                      each.rule.empty() ? "" : ": ", each.rule);
  }
  return text;
}

}  // namespace

net::Awaitable<bool> Exchange::place() {
  session_.input().watch(self_.lock(), [this] {
    if (upstream_) upstream_->stream.close();
  });
  int refusals = 0;
  int failures = 0;
  while (choose()) {
    if (auto charged = charge(); !charged) {
      session_.input().unwatch();
      co_return co_await refuse(std::move(charged.error()));
    }
    const Attempt outcome = co_await attempt();
    if (outcome == Attempt::kRelayed) {
      finish(record_.status, select::Outcome::kOk);
      co_return keep_alive_;
    }
    if (outcome == Attempt::kBroken || outcome == Attempt::kGone || session_.input().gone()) {
      finish(outcome == Attempt::kBroken ? record_.status : 499,
             outcome == Attempt::kBroken ? select::Outcome::kBroken : select::Outcome::kClientGone);
      co_return false;
    }
    if (outcome == Attempt::kRefused && ++refusals > 1) break;
    if (outcome == Attempt::kFailed && ++failures > worker_.deps.limits.retries) break;
  }
  session_.input().unwatch();
  co_return co_await refuse(no_site());
}

// False: no site is left. The decision's own buffers are the thread's, so what is needed of it later is
// copied here.
bool Exchange::choose() {
  const select::Views& views = state_->views;
  offers_ = views.load->model(policy_.model->name.str());
  if (offers_ == nullptr) {
    prompt_tokens_ = static_cast<double>(facts_.prompt_bytes) / policy_.model->bytes_per_token;
    const std::uint32_t set = policy_.model->context_tokens;
    longest_context_ = set > 0 && prompt_tokens_ > set ? set : 0;
    return false;
  }
  const auto& tiers = views.policy->config().tiers;
  const select::Request request{.policy = &policy_,
                                .tier_index = static_cast<std::uint32_t>(policy_.tier - tiers.data()),
                                .offers = offers_,
                                .adapter = adapter_,
                                .prefix_blocks = blocks_,
                                .block_bytes = openai::kPrefixBlockBytes,
                                .prompt_bytes = static_cast<double>(facts_.prompt_bytes),
                                .body_bytes = static_cast<double>(body_.text().size()),
                                .max_tokens = static_cast<double>(facts_.max_tokens),
                                .excluded = tried_,
                                .local_only = session_.peer().has_value()};
  const SteadyTime before = worker_.deps.clock.now();
  const select::Context context{views, worker_.learned, worker_.memory, before};
  const select::Decision decision = worker_.selector.choose(request, context, worker_.random, worker_.workspace);
  record_.decision_s += std::chrono::duration<double>(worker_.deps.clock.now() - before).count();
  select::record_decision(decision, request, views, record_);
  prompt_tokens_ = decision.prompt_tokens;
  longest_context_ = decision.longest_context;
  if (decision.chosen == nullptr) return false;
  target_ = &views.load->targets[decision.chosen->target];
  predicted_ = decision.chosen->terms;
  tried_.push_back(target_->id);
  return true;
}

// Once a request, by the router that it entered at: the tenant's budget pays what is expected of it.
Exchange::Status Exchange::charge() {
  if (session_.peer() || charge_.bucket || !state_->budgets) return {};
  const auto index = static_cast<std::size_t>(tenant_ - state_->views.policy->config().tenants.data());
  const std::shared_ptr<TokenBucket>& bucket = (*state_->budgets)[index];
  if (!bucket) return {};
  const double output =
      facts_.max_tokens > 0 ? static_cast<double>(facts_.max_tokens) : worker_.learned.output_tokens(offers_->id);
  const double tokens = prompt_tokens_ + output;
  const auto per_minute = static_cast<double>(tenant_->tokens_per_minute);
  const auto taken = bucket->take(tokens, per_minute, worker_.deps.clock.now());
  if (taken) {
    charge_ = {bucket, per_minute, tokens};
    return {};
  }
  record_.site = {};
  record_.router = {};
  if (taken.error() == TokenBucket::kNever) {
    return std::unexpected(openai::over_budget(
        formatted("Request too large for tenant {} on tokens per minute (TPM): limit {}, requested {:.0f}.",
                  tenant_->name, tenant_->tokens_per_minute, std::ceil(tokens)),
        0));
  }
  const auto wait = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(taken.error()).count());
  return std::unexpected(openai::over_budget(
      formatted("Rate limit reached for tenant {} on tokens per minute (TPM): limit {}, requested {:.0f}. "
                "Please try again in {} s.",
                tenant_->name, tenant_->tokens_per_minute, std::ceil(tokens), wait),
      wait));
}

// By what was used, as far as the response tells; nothing if nothing was computed for the client.
void Exchange::settle(select::Outcome outcome) {
  if (!charge_.bucket) return;
  const Charge charge = std::exchange(charge_, {});
  const bool answered = outcome == select::Outcome::kOk && record_.status == 200;
  const bool cut =
      outcome == select::Outcome::kBroken || (outcome == select::Outcome::kClientGone && sent_ != SteadyTime{});
  double used = answered || cut ? charge.tokens : 0;
  if (answered && record_.prompt_tokens_used > 0) {
    used = static_cast<double>(record_.prompt_tokens_used) + record_.completion_tokens;
  }
  charge.bucket->correct(used - charge.tokens, charge.per_minute, worker_.deps.clock.now());
}

// Asking again will not help: 400, as OpenAI answers it.
std::optional<openai::ApiError> Exchange::too_long() const {
  if (longest_context_ == 0) return std::nullopt;
  const std::string_view param = endpoint_ == openai::Endpoint::kCompletions ? "prompt" : "messages";
  return openai::invalid_request(
      400, "context_length_exceeded",
      formatted("This model's maximum context length is {} tokens; the request's {} has about {:.0f}.",
                longest_context_, param, std::ceil(prompt_tokens_)),
      param);
}

openai::ApiError Exchange::no_site() const {
  if (all_forbidden(policy_)) {
    return openai::forbidden("residency", formatted("No site may serve this request: {}.", policy_.sites.front().rule));
  }
  const bool by_policy = !record_.removed.empty() && std::ranges::all_of(record_.removed, [](const auto& each) {
    return each.reason == select::Removed::kPolicy;
  });
  if (by_policy && last_failure_.empty()) {
    return openai::forbidden("residency", formatted("No site that serves the model may serve this request: {}.",
                                                    record_.removed.front().rule));
  }
  if (auto error = too_long()) return *std::move(error);
  if (last_status_ == 429) return openai::too_busy(429, "All sites are at capacity: " + last_failure_, kRetryAfter);
  if (!last_failure_.empty()) {
    openai::ApiError error = openai::bad_gateway("No site could serve the request: " + last_failure_);
    error.status = last_status_;
    if (last_status_ == 503) error.retry_after_s = kRetryAfter;
    return error;
  }
  if (offers_ == nullptr) return openai::too_busy(503, "No site serves the model now.", kRetryAfter);
  return openai::too_busy(503, formatted("No site can take the request: {}.", reasons(record_.removed)), kRetryAfter);
}

Exchange::Attempt Exchange::failed(std::string reason, int status) {
  last_failure_ = std::move(reason);
  last_status_ = status;
  record_.attempts.push_back({target_->site, last_failure_});
  return Attempt::kFailed;
}

net::Awaitable<Exchange::Attempt> Exchange::attempt() {
  const auto offer =
      std::ranges::find(offers_->offers, target_ - state_->views.load->targets.data(), &select::Offer::target);
  InFlight in_flight(offer == offers_->offers.end() ? nullptr : offer->cell, prompt_tokens_ - predicted_.cached_tokens);
  in_flight_ = &in_flight;
  const Attempt outcome = target_->local ? co_await attempt_runtimes() : co_await attempt_peer();
  in_flight_ = nullptr;
  upstream_.reset();
  co_return outcome;
}

net::Awaitable<Exchange::Attempt> Exchange::attempt_runtimes() {
  std::vector<std::size_t> tried;
  const runtime::RuntimeView& view = *state_->runtimes;
  const double per_block = facts_.prompt_bytes > 0
                               ? prompt_tokens_ * openai::kPrefixBlockBytes / static_cast<double>(facts_.prompt_bytes)
                               : 0;
  for (int round = 0; round < kRuntimeTries; ++round) {
    const auto chosen = runtime::choose_runtime(view, {.model = adapter_.empty() ? policy_.model->name.str() : adapter_,
                                                       .prompt_tokens = prompt_tokens_,
                                                       .tokens_per_block = per_block,
                                                       .prefix_blocks = blocks_,
                                                       .excluded = tried});
    if (!chosen) break;
    tried.push_back(*chosen);
    const runtime::RuntimeState& runtime = view.runtimes[*chosen];
    in_flight_->at(runtime.counters.get());
    runtime.counters->remember(blocks_);
    record_.runtime = runtime.url;
    const Attempt outcome = co_await exchange_with({.remote = runtime.endpoint});
    if (outcome != Attempt::kFailed || session_.input().gone()) co_return outcome;
  }
  co_return tried.empty() ? failed("no runtime of this site serves the model now", 503) : Attempt::kFailed;
}

net::Awaitable<Exchange::Attempt> Exchange::attempt_peer() {
  const auto destination =
      peer_destination(state_->views.policy->config(), worker_.deps.identity, *target_, policy_.tier->name);
  if (!destination) co_return failed(formatted("site {} has no address in tier {}", target_->site, record_.tier), 503);
  co_return co_await exchange_with(*destination);
}

net::Awaitable<Exchange::Attempt> Exchange::exchange_with(const Destination& destination) {
  const bool waits = destination.is_peer() && body_.text().size() > kGoesAlong;
  auto connected = co_await worker_.pool.acquire(destination);
  for (bool fresh = false;; fresh = true) {
    if (session_.input().gone()) co_return Attempt::kGone;
    if (!connected) co_return failed(std::move(connected.error().message), 503);
    upstream_ = std::move(*connected);
    sent_ = worker_.deps.clock.now();
    compose_head(destination, waits);
    if (!waits) compose_body(destination);
    const auto answered = co_await send_and_await(waits);
    if (session_.input().gone()) co_return Attempt::kGone;
    if (answered) co_return co_await judge_response();
    if (timed_out_) co_return failed(formatted("{}: no answer in time", destination.remote), 504);
    // A kept connection that the other side had closed: nothing is lost but this try.
    if (fresh || !upstream_->reused) {
      co_return failed(formatted("{}: {}", destination.remote, answered.error().message), 502);
    }
    connected = co_await worker_.pool.connect(destination);
  }
}

bool Exchange::rewrites_model(const Destination& destination) const {
  return !destination.is_peer() && adapter_.empty() && model_ != policy_.model->name.str();
}

std::size_t Exchange::body_size(const Destination& destination) const {
  const std::size_t size = body_.text().size();
  if (!rewrites_model(destination)) return size;
  return size - (facts_.model_end - facts_.model_begin) + policy_.model->name.str().size() + 2;
}

void Exchange::compose_head(const Destination& destination, bool wait_for_continue) {
  out_.clear();
  http::start_request(out_, head_);
  out_.header("Host", destination.remote.to_string());
  out_.header("Content-Length", body_size(destination));
  out_.header("x-request-id", request_id_);
  if (destination.is_peer()) {
    out_.header("x-pathwise-tenant", tenant_->name.str());
    out_.header("x-pathwise-tier", policy_.tier->name.str());
    if (!labels_.items.empty()) out_.header("x-pathwise-labels", labels_.to_string());
    out_.header("x-pathwise-model", model_);
    out_.header("x-pathwise-hop", std::uint64_t{1});
    out_.header("x-pathwise-decision", record_.decision);
    out_.header("x-pathwise-prompt-tokens", static_cast<std::uint64_t>(prompt_tokens_));
  }
  if (wait_for_continue) out_.header("Expect", "100-continue");
  out_.append("\r\n");
}

// An alias becomes the runtimes' name; the rest of the body stays where it lies.
void Exchange::compose_body(const Destination& destination) {
  const std::string_view body = body_.text();
  if (!rewrites_model(destination)) {
    out_.borrow(body);
    return;
  }
  out_.borrow(body.substr(0, facts_.model_begin));
  std::string name = "\"";
  openai::append_json_escaped(name, policy_.model->name.str());
  out_.append(name + "\"");
  out_.borrow(body.substr(facts_.model_end));
}

net::Awaitable<Result<void>> Exchange::send_and_await(bool wait_for_continue) {
  const auto timeout = worker_.wheel.arm(worker_.deps.limits.first_byte, [this] {
    timed_out_ = true;
    if (upstream_) upstream_->stream.close();
  });
  if (auto written = co_await upstream_->stream.write(out_.pieces()); !written) co_return written;
  if (auto head = co_await read_response_head(*upstream_, wait_for_continue); !head) co_return head;
  if (upstream_->head.status != 100) co_return Result<void>{};
  out_.clear();
  compose_body(upstream_->destination);
  if (auto written = co_await upstream_->stream.write(out_.pieces()); !written) co_return written;
  co_return co_await read_response_head(*upstream_, false);
}

net::Awaitable<Exchange::Attempt> Exchange::judge_response() {
  const int status = upstream_->head.status;
  if (status == 429 && upstream_->destination.is_peer() && upstream_->head.find("x-pathwise-refused")) {
    co_return take_refusal();
  }
  // Nothing was computed: another runtime or site may do better.
  if (status == 429 || status == 502 || status == 503) {
    co_return failed(formatted("{} answered {}", upstream_->destination.remote, status), status);
  }
  co_return co_await relay();
}

// The receiver's load goes to control, for all requests; this one is placed again.
Exchange::Attempt Exchange::take_refusal() {
  const std::string reason(*upstream_->head.find("x-pathwise-refused"));
  last_failure_ = formatted("{} refused: {}", target_->site, reason);
  last_status_ = reason == "saturated" ? 429 : 503;
  record_.attempts.push_back({target_->site, "refused: " + reason});
  if (const auto text = upstream_->head.find("x-pathwise-load")) {
    if (auto load = parse_load(*text)) {
      load->model = policy_.model->name;
      worker_.deps.control.refused({target_->site, target_->router, std::move(*load)});
    }
  }
  const std::size_t length = static_cast<std::size_t>(upstream_->head.content_length.value_or(0));
  if (upstream_->head.keep_alive && !upstream_->head.chunked && upstream_->pending().size() == length) {
    upstream_->begin += length;
    worker_.pool.release(std::move(upstream_));
  }
  return Attempt::kRefused;
}

}  // namespace pathwise::router::forward
