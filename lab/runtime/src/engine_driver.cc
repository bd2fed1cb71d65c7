// SPDX-License-Identifier: Apache-2.0
#include "engine_driver.h"

namespace pathwise::lab {

EngineDriver::EngineDriver(boost::asio::io_context& io, const EngineConfig& config, const Clock& clock)
    : engine_(config), clock_(clock), timer_(io) {}

Result<SequenceId> EngineDriver::submit(SequenceRequest request, std::shared_ptr<TokenSink> sink,
                                        std::string_view finish_reason) {
  pump();
  const SteadyTime now = clock_.now();
  const auto id = engine_.submit(std::move(request), now);
  if (id) {
    running_[*id] = {
        .sink = std::move(sink), .finish_reason = std::string(finish_reason), .submitted = now, .last_token = now};
  }
  arm();
  return id;
}

void EngineDriver::cancel(SequenceId id) {
  pump();
  if (running_.erase(id) == 0) return;
  engine_.cancel(id, clock_.now());
  ++metrics_.finished["abort"];
  arm();
}

void EngineDriver::stop() {
  stopped_ = true;
  timer_.cancel();
}

void EngineDriver::pump() {
  events_.clear();
  engine_.advance(clock_.now(), events_);
  for (const TokenEvent& event : events_) deliver(event);
  arm();
}

void EngineDriver::deliver(const TokenEvent& event) {
  const auto found = running_.find(event.id);
  if (found == running_.end()) return;
  Running& request = found->second;
  if (event.index == 0) {
    metrics_.time_to_first_token.observe(event.at - request.submitted);
    metrics_.request_queue_time.observe(event.admitted - request.submitted);
  } else {
    metrics_.inter_token_latency.observe(event.at - request.last_token);
  }
  request.last_token = event.at;
  request.sink->ready.push_back(event);
  request.sink->wake.cancel();
  if (!event.last) return;
  metrics_.e2e_request_latency.observe(event.at - request.submitted);
  ++metrics_.finished[request.finish_reason];
  running_.erase(found);
}

void EngineDriver::arm() {
  const auto next = engine_.next_event_time();
  if (stopped_ || next == armed_) return;
  armed_ = next;
  timer_.cancel();
  if (!next) return;
  timer_.expires_at(*next);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    armed_.reset();
    pump();
  });
}

}  // namespace pathwise::lab
