// SPDX-License-Identifier: Apache-2.0
// Who asks, for what, and whether it may be: everything before a site is chosen.
#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/string_util.h"
#include "exchange.h"

namespace pathwise::router::forward {

namespace {

constexpr int kMaxHops = 2;
constexpr std::chrono::milliseconds kDrainGrace{500};

// Headers that decide something and have one value: of two, the next reader could take the other one.
// x-pathwise-labels is a list.
bool has_one_value(std::string_view name) {
  constexpr std::string_view kOurs = "x-pathwise-";
  for (const std::string_view each : {"authorization", "x-request-id", "traceparent"}) {
    if (iequals(name, each)) return true;
  }
  return iequals(name.substr(0, kOurs.size()), kOurs) && !iequals(name, "x-pathwise-labels");
}

openai::ApiError to_api_error(const Error& error, std::string_view model) {
  switch (error.code) {
    case ErrorCode::kPermissionDenied:
      return openai::forbidden("tier_not_entitled", error.message);
    case ErrorCode::kNotFound:
      return openai::unknown_model(model);
    default:
      return openai::invalid_request(400, "invalid_tier", error.message, "x-pathwise-tier");
  }
}

}  // namespace

Exchange::Status Exchange::check_head() const {
  for (const http::Header& header : head_.headers) {
    if (!has_one_value(header.name) || !head_.repeated(header.name)) continue;
    return std::unexpected(openai::invalid_request(
        400, "repeated_header", formatted("The header {} may be given once.", excerpt(header.name))));
  }
  return {};
}

net::Awaitable<Exchange::Status> Exchange::identify() {
  if (!state_ || !state_->views.policy) co_return std::unexpected(openai::too_busy(503, "the router is starting", 1));
  if (session_.peer()) {
    co_return identify_peer();
  }
  co_return co_await identify_client();
}

net::Awaitable<Exchange::Status> Exchange::identify_client() {
  const policy::PolicySnapshotPtr policy = state_->views.policy;
  const auto header = head_.find("authorization");
  const auto key = header ? openai::bearer_key(*header) : std::nullopt;
  if (!key) {
    co_return std::unexpected(
        openai::bad_key("You didn't provide an API key. Provide it in an Authorization header "
                        "using Bearer auth (Authorization: Bearer pw-...)."));
  }
  const openai::KeyDigest digest = openai::digest_key(*key);
  TenantName tenant;
  if (const auto* known = worker_.keys.find(digest, policy->revision(), started_)) {
    tenant = known->tenant;
  } else if (policy->known_key_id(*key)) {
    const auto verified = co_await worker_.deps.verifier.verify(policy, std::string(*key), worker_.io.get_executor());
    if (!verified) co_return std::unexpected(openai::too_busy(503, verified.error().message, 1));
    worker_.keys.remember(digest, policy->revision(), *verified, worker_.deps.clock.now());
    tenant = verified->value_or(TenantName{});
  }
  tenant_ = tenant.empty() ? nullptr : policy->tenant(tenant);
  if (tenant_ == nullptr) co_return std::unexpected(openai::bad_key("Incorrect API key provided."));
  record_.tenant = tenant_->name.str();
  co_return read_labels();
}

// The certificate has said which site's router this is; what it says of the request is believed, and
// then judged by our own policy.
Exchange::Status Exchange::identify_peer() {
  const std::string_view hops = head_.find("x-pathwise-hop").value_or("");
  int hop = 0;
  const auto [end, error] = std::from_chars(hops.data(), hops.data() + hops.size(), hop);
  if (error != std::errc{} || end != hops.data() + hops.size() || hop < 1 || hop > kMaxHops) {
    return std::unexpected(openai::invalid_request(400, "bad_hop", formatted("x-pathwise-hop is not 1..{}", kMaxHops)));
  }
  tenant_ = state_->views.policy->tenant(TenantName{head_.find("x-pathwise-tenant").value_or("")});
  if (tenant_ == nullptr) {
    return std::unexpected(openai::forbidden("unknown_tenant", "this site's policy does not know the tenant"));
  }
  record_.tenant = tenant_->name.str();
  return read_labels();
}

Exchange::Status Exchange::read_labels() {
  const auto header = head_.find_list("x-pathwise-labels");
  if (!header) return {};
  auto labels = policy::Labels::parse(*header);
  if (!labels) {
    return std::unexpected(openai::invalid_request(400, "invalid_labels", labels.error().message, "x-pathwise-labels"));
  }
  labels_ = std::move(*labels);
  record_.labels = labels_.to_string();
  return {};
}

// Tier, model and residency by policy. `model` may be an adapter's name.
Exchange::Status Exchange::evaluate(std::string_view model) {
  const policy::PolicySnapshot& policy = *state_->views.policy;
  const auto tier = head_.find("x-pathwise-tier");
  if (tier && trim(*tier).empty()) {  // no name is not no header: that asks for the default
    return std::unexpected(openai::invalid_request(400, "invalid_tier", "unknown tier ''", "x-pathwise-tier"));
  }
  policy::PolicyRequest request{
      .tenant = tenant_, .tier = tier.value_or(std::string_view{}), .model = model, .labels = labels_};
  if (policy.model(model) == nullptr) {
    if (const auto* base = state_->views.load->model_of_adapter(model)) {
      adapter_ = model;
      request.model = base->name.str();
    }
  }
  auto decision = policy.evaluate(request);
  if (!decision) return std::unexpected(to_api_error(decision.error(), model));
  policy_ = std::move(*decision);
  record_.tier = policy_.tier->name.str();
  record_.model = policy_.model->name.str();
  record_.adapter = adapter_;
  return {};
}

// A peer's request is refused before its body is read: 403 if policy forbids it here, 429 with our
// load if it would have to wait.
Exchange::Status Exchange::admit_peer() {
  const std::string_view model = head_.find("x-pathwise-model").value_or(std::string_view{});
  if (auto evaluated = evaluate(model); !evaluated) return evaluated;
  for (const policy::SiteVerdict& verdict : policy_.sites) {
    if (verdict.site != worker_.deps.identity.site || verdict.allowed) continue;
    refused_ = "residency";
    record_.error = verdict.rule;
    return {};
  }
  if (worker_.draining() || state_->admission == fabric::Admission::kClosed) {
    refused_ = "draining";
  } else if (runtime::saturated(*state_->runtimes, adapter_.empty() ? policy_.model->name.str() : adapter_,
                                policy_.tier->queue_timeout)) {
    refused_ = "saturated";
  }
  return {};
}

net::Awaitable<Exchange::Status> Exchange::read_body() {
  const Limits& limits = worker_.deps.limits;
  const std::uint64_t length = head_.content_length.value_or(0);
  const auto too_long = [&] {
    return std::unexpected(openai::invalid_request(413, "request_too_large",
                                                   formatted("The request body is over {} bytes.", limits.body_bytes)));
  };
  if (length > limits.body_bytes) co_return too_long();
  if (head_.expect_continue && !body_read_) {
    continued_ = true;
    if (!co_await session_.stream().write("HTTP/1.1 100 Continue\r\n\r\n")) keep_alive_ = false;
  }
  // What has begun to come may end when draining began meanwhile; that takes no time if it has been sent.
  const auto time = worker_.draining() ? std::min(limits.body, kDrainGrace) : limits.body;
  const auto timeout = worker_.wheel.arm(time, [this] {
    timed_out_ = true;
    session_.stream().stop_waiting();
  });
  session_.waiting(true);
  Status read = co_await (head_.chunked ? read_chunked() : read_counted(static_cast<std::size_t>(length)));
  session_.waiting(false);
  body_read_ = read.has_value();
  if (body_read_) timed_out_ = false;  // with the last byte: that is in time
  co_return read;
}

// A body that does not come is the end of its connection: where the next request would begin is unknown.
Exchange::Status Exchange::no_body() {
  keep_alive_ = false;
  if (timed_out_) return std::unexpected(openai::too_slow("The request body did not arrive in time."));
  return std::unexpected(openai::invalid_request(400, "incomplete_body", "The request body ended early."));
}

net::Awaitable<Exchange::Status> Exchange::read_counted(std::size_t length) {
  body_.reserve(length);
  while (body_.text().size() < length) {
    if (timed_out_) co_return no_body();
    const auto room = body_.room().first(length - body_.text().size());
    const auto count = co_await session_.input().read_into(room);
    if (!count || *count == 0) co_return no_body();
    body_.commit(*count);
  }
  co_return Status{};
}

net::Awaitable<Exchange::Status> Exchange::read_chunked() {
  http::ChunkParser chunks;
  Input& input = session_.input();
  while (!chunks.done()) {
    if (timed_out_) co_return no_body();
    if (input.pending().empty()) {
      const auto count = co_await input.fill();
      if (!count || *count == 0) co_return no_body();
    }
    const auto step = chunks.feed(input.pending());
    if (!step) {
      keep_alive_ = false;
      co_return std::unexpected(openai::invalid_request(400, "bad_chunk", std::string(http::to_string(step.error()))));
    }
    if (body_.text().size() + step->data.size() > worker_.deps.limits.body_bytes) {
      co_return std::unexpected(openai::invalid_request(
          413, "request_too_large", formatted("The request body is over {} bytes.", worker_.deps.limits.body_bytes)));
    }
    body_.append(step->data);
    input.consume(step->consumed);
  }
  body_.reserve(body_.text().size());
  co_return Status{};
}

Exchange::Status Exchange::classify() {
  auto facts = worker_.inspector.inspect(body_.text(), endpoint_, openai::prefix_seed(tenant_->name.str()));
  if (!facts) {
    return std::unexpected(
        openai::invalid_request(400, facts.error().code, std::move(facts.error().message), facts.error().param));
  }
  facts_ = *facts;
  model_ = facts_.model;
  blocks_.assign(facts_.prefix_blocks.begin(), facts_.prefix_blocks.end());
  if (session_.peer()) {
    const std::string_view said = head_.find("x-pathwise-model").value_or(std::string_view{});
    if (said != model_) {
      return std::unexpected(
          openai::invalid_request(400, "model_mismatch", "x-pathwise-model is not the body's model"));
    }
  }
  if (auto evaluated = evaluate(model_); !evaluated) return evaluated;
  record_.stream = facts_.stream;
  record_.prompt_bytes = static_cast<double>(facts_.prompt_bytes);
  record_.body_bytes = static_cast<double>(body_.text().size());
  return {};
}

}  // namespace pathwise::router::forward
