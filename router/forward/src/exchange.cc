// SPDX-License-Identifier: Apache-2.0
#include "exchange.h"

#include <cstring>

#include "base/format.h"

namespace pathwise::router::forward {

namespace {

constexpr std::size_t kMaxRequestId = 128;

bool good_request_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxRequestId) return false;
  return id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") ==
         std::string_view::npos;
}

}  // namespace

void BodyBuffer::reserve(std::size_t size) {
  if (size <= capacity_ && data_) return;
  auto grown = std::make_unique_for_overwrite<char[]>(size + openai::kBodyPadding);
  if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
  std::memset(grown.get() + size, 0, openai::kBodyPadding);
  data_ = std::move(grown);
  capacity_ = size;
}

void BodyBuffer::clear() {
  size_ = 0;
  if (capacity_ > kKeep) {
    data_.reset();
    capacity_ = 0;
  }
}

void BodyBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (size_ + bytes.size() > capacity_ || !data_) reserve(std::max(2 * capacity_, size_ + bytes.size()));
  std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

Exchange::Exchange(Session& session, std::weak_ptr<Session> self)
    : session_(session), self_(std::move(self)), worker_(session.worker()), head_(session.head()) {}

net::Awaitable<bool> Exchange::run() {
  begin();
  if (auto clear = check_head(); !clear) co_return co_await refuse(std::move(clear.error()));
  if (!openai::is_inference(endpoint_)) co_return co_await answer_here();
  if (auto known = co_await identify(); !known) co_return co_await refuse(std::move(known.error()));
  if (session_.peer()) {
    if (auto admitted = admit_peer(); !admitted) co_return co_await refuse(std::move(admitted.error()));
    if (!refused_.empty()) co_return co_await refuse_peer(refused_);
  }
  if (auto read = co_await read_body(); !read) co_return co_await refuse(std::move(read.error()));
  if (auto classified = classify(); !classified) co_return co_await refuse(std::move(classified.error()));
  co_return co_await place();
}

// Everything of the request before this one is forgotten here.
void Exchange::begin() {
  started_ = worker_.deps.clock.now();
  state_ = worker_.state();
  endpoint_ = openai::classify(head_.method, head_.path());
  keep_alive_ = head_.keep_alive;
  body_read_ = !head_.chunked && head_.content_length.value_or(0) == 0;
  timed_out_ = continued_ = false;
  tenant_ = nullptr;
  target_ = nullptr;
  offers_ = nullptr;
  longest_context_ = 0;
  in_flight_ = nullptr;
  charge_ = {};
  sent_ = {};
  adapter_.clear();
  labels_.items.clear();
  policy_ = {};
  refused_.clear();
  tried_.clear();
  tail_.clear();
  body_.clear();
  last_failure_.clear();
  last_status_ = 502;
  const std::string_view given = head_.find("x-request-id").value_or(std::string_view{});
  const bool usable = good_request_id(given) && !head_.repeated("x-request-id");
  request_id_ = usable ? std::string(given) : formatted("{:016x}{:016x}", worker_.random(), worker_.random());
  record_.clear();
  record_.id = RequestId{request_id_};
  record_.decision = formatted("{:016x}", worker_.random());
  record_.trace = head_.find("traceparent").value_or(std::string_view{}).substr(0, 64);
  record_.at = worker_.deps.clock.wall_now();
  record_.ingress = worker_.deps.identity.site;
  if (session_.peer()) record_.from_peer = *session_.peer();
}

void Exchange::finish(int status, select::Outcome outcome) {
  settle(outcome);
  record_.status = status;
  record_.outcome = outcome;
  record_.total_s = std::chrono::duration<double>(worker_.deps.clock.now() - started_).count();
  if (openai::is_inference(endpoint_)) worker_.records().push(record_);
}

}  // namespace pathwise::router::forward
