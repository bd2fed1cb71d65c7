// SPDX-License-Identifier: Apache-2.0
// Runs a BatchEngine in real time: a timer at next_event_time() pumps the engine and hands each
// token to the request it belongs to. Owned by the server; its io_context's thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lab/runtime/batch_engine.h"
#include "lab/runtime/metrics.h"

namespace pathwise::lab {

// Where the tokens of one request arrive. `ready` is bounded by the request's own output_tokens.
struct TokenSink {
  explicit TokenSink(boost::asio::io_context& io) : wake(io, SteadyTime::max()) {}
  std::vector<TokenEvent> ready;
  bool client_gone = false;
  bool over = false;               // the request has ended: its session may not exist any more
  boost::asio::steady_timer wake;  // cancelled when `ready` or `client_gone` has changed
};

class EngineDriver {
 public:
  EngineDriver(boost::asio::io_context& io, const EngineConfig& config, const Clock& clock);

  // Tokens of the request go to `sink` until the last one or cancel(). `finish_reason` labels it in the metrics.
  [[nodiscard]] Result<SequenceId> submit(SequenceRequest request, std::shared_ptr<TokenSink> sink,
                                          std::string_view finish_reason);
  // No-op for a request that has ended.
  void cancel(SequenceId id);

  // No timer any more: nothing is delivered from now on.
  void stop();

  [[nodiscard]] BatchEngine& engine() { return engine_; }
  // Brings the engine to the present, so that its statistics are of now.
  void pump();
  [[nodiscard]] const RequestMetrics& metrics() const { return metrics_; }

 private:
  struct Running {
    std::shared_ptr<TokenSink> sink;
    std::string finish_reason;
    SteadyTime submitted;
    SteadyTime last_token;
  };
  void arm();
  void deliver(const TokenEvent& event);

  BatchEngine engine_;
  const Clock& clock_;
  boost::asio::steady_timer timer_;
  std::optional<SteadyTime> armed_;  // what timer_ waits for
  bool stopped_ = false;
  std::unordered_map<SequenceId, Running> running_;  // bounded by the engine's batch and queue
  std::vector<TokenEvent> events_;                   // scratch of pump()
  RequestMetrics metrics_;
};

}  // namespace pathwise::lab
