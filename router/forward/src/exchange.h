// SPDX-License-Identifier: Apache-2.0
// One request and its response: authenticate, classify, admit, choose, forward, relay, record.
// run() tells its life; the steps are below it. Reused by its session, buffers and all. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "in_flight.h"
#include "peer_destination.h"
#include "router/forward/relay.h"
#include "router/forward/session.h"
#include "router/http/gather.h"
#include "router/openai/endpoint.h"
#include "router/openai/error.h"
#include "router/openai/inspect.h"
#include "router/select/decision_record.h"

namespace pathwise::router::forward {

// The request's body, whole, with the padding that simdjson reads over.
class BodyBuffer {
 public:
  // Room for `size` bytes and the padding; what is there stays.
  void reserve(std::size_t size);
  void clear();  // gives a large buffer back
  [[nodiscard]] std::span<char> room() { return {data_.get() + size_, capacity_ - size_}; }
  void commit(std::size_t count) { size_ += count; }
  void append(std::string_view bytes);
  [[nodiscard]] std::string_view text() const { return {data_.get(), size_}; }

 private:
  static constexpr std::size_t kKeep = 64 * 1024;
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0, capacity_ = 0;  // without the padding
};

class Exchange {
 public:
  Exchange(Session& session, std::weak_ptr<Session> self);

  // False: the connection must be closed.
  [[nodiscard]] net::Awaitable<bool> run();

 private:
  using Status = std::expected<void, openai::ApiError>;

  // What came of sending the request to one target.
  enum class Attempt : std::uint8_t {
    kRelayed,  // a complete response was relayed
    kBroken,   // it broke off after its first byte; the connection to the client is of no more use
    kRefused,  // the receiver refused at once, with its load
    kFailed,   // nothing came back: another site may be tried
    kGone,     // the client is gone
  };

  void begin();
  // exchange_admit.cc: who, what, and whether.
  [[nodiscard]] Status check_head() const;
  [[nodiscard]] net::Awaitable<Status> identify();
  [[nodiscard]] net::Awaitable<Status> identify_client();
  [[nodiscard]] Status identify_peer();
  [[nodiscard]] Status read_labels();
  [[nodiscard]] Status admit_peer();
  [[nodiscard]] net::Awaitable<Status> read_body();
  [[nodiscard]] net::Awaitable<Status> read_counted(std::size_t length);
  [[nodiscard]] net::Awaitable<Status> read_chunked();
  [[nodiscard]] Status no_body();
  [[nodiscard]] Status classify();
  [[nodiscard]] Status evaluate(std::string_view model);

  // exchange_place.cc: choosing and trying.
  [[nodiscard]] net::Awaitable<bool> place();
  [[nodiscard]] bool choose();
  [[nodiscard]] Status charge();
  void settle(select::Outcome outcome);
  [[nodiscard]] openai::ApiError no_site() const;
  [[nodiscard]] std::optional<openai::ApiError> too_long() const;
  [[nodiscard]] net::Awaitable<Attempt> attempt();
  [[nodiscard]] net::Awaitable<Attempt> attempt_runtimes();
  [[nodiscard]] net::Awaitable<Attempt> attempt_peer();
  [[nodiscard]] net::Awaitable<Attempt> exchange_with(const Destination& destination);
  [[nodiscard]] net::Awaitable<Attempt> judge_response();
  void compose_head(const Destination& destination, bool wait_for_continue);
  void compose_body(const Destination& destination);
  [[nodiscard]] std::size_t body_size(const Destination& destination) const;
  [[nodiscard]] bool rewrites_model(const Destination& destination) const;
  [[nodiscard]] net::Awaitable<Result<void>> send_and_await(bool wait_for_continue);
  [[nodiscard]] Attempt take_refusal();
  [[nodiscard]] Attempt failed(std::string reason, int status);

  // exchange_relay.cc: the way back.
  [[nodiscard]] net::Awaitable<Attempt> relay();
  void start_relay(const BodyTracker& body);
  [[nodiscard]] net::Awaitable<bool> write_out();
  [[nodiscard]] net::Awaitable<Result<std::size_t>> read_more();
  [[nodiscard]] net::Awaitable<Attempt> break_off(const BodyTracker& body, std::string reason);
  [[nodiscard]] Attempt complete(const BodyTracker& body);
  void first_byte();
  void learn();
  void response_headers(http::Gather& out) const;
  struct Answer {
    int status = 200;
    std::string_view type = "application/json";
    std::string body;
    std::vector<std::pair<std::string_view, std::string>> headers;
  };
  [[nodiscard]] net::Awaitable<bool> respond(Answer answer);
  [[nodiscard]] net::Awaitable<bool> refuse(openai::ApiError error);
  [[nodiscard]] net::Awaitable<bool> refuse_peer(std::string_view reason);
  [[nodiscard]] net::Awaitable<bool> answer_here();
  [[nodiscard]] std::string models_list() const;
  [[nodiscard]] net::Awaitable<void> discard_body();
  [[nodiscard]] std::string load_header() const;
  void finish(int status, select::Outcome outcome);

  Session& session_;
  std::weak_ptr<Session> self_;
  Worker& worker_;
  const http::RequestHead& head_;

  // Of the present request.
  StatePtr state_;
  SteadyTime started_{};
  openai::Endpoint endpoint_ = openai::Endpoint::kUnknown;
  bool body_read_ = false;
  bool keep_alive_ = true;
  bool timed_out_ = false;
  bool continued_ = false;  // the client was told 100 Continue
  const policy::TenantConfig* tenant_ = nullptr;
  policy::Labels labels_;
  policy::PolicyDecision policy_;
  openai::BodyFacts facts_;
  std::string model_;                  // as the client wrote it
  std::vector<std::uint64_t> blocks_;  // of the prompt; facts_ points to the inspector's until classify() ends
  std::string adapter_;
  std::string refused_;  // a peer's request: why, for x-pathwise-refused
  std::vector<select::TargetId> tried_;
  std::uint32_t longest_context_ = 0;  // of the last decision
  const select::ModelOffers* offers_ = nullptr;
  const select::Target* target_ = nullptr;  // of the present attempt; in state_
  select::CostTerms predicted_;             // for it
  double prompt_tokens_ = 0;
  // What the tenant's budget was charged; no bucket: nothing.
  struct Charge {
    std::shared_ptr<TokenBucket> bucket;
    double per_minute = 0;
    double tokens = 0;
  };
  Charge charge_;
  InFlight* in_flight_ = nullptr;  // of the present attempt
  SteadyTime sent_{};
  std::string last_failure_;
  int last_status_ = 502;

  // Kept between requests.
  BodyBuffer body_;
  http::Gather out_;
  std::unique_ptr<Upstream> upstream_;
  BodyTail tail_;
  select::DecisionRecord record_;
  std::string request_id_;
};

}  // namespace pathwise::router::forward
