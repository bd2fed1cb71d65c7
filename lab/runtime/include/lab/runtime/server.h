// SPDX-License-Identifier: Apache-2.0
// The simulated model server: the OpenAI API and vLLM's operational endpoints over HTTP/1.1, in front
// of one BatchEngine in real time.
//
//   POST /v1/chat/completions  /v1/completions  /v1/load_lora_adapter  /v1/unload_lora_adapter
//   GET  /v1/models  /health  /version  /metrics
//
// A client that goes away, also while its answer is streamed or still queued, cancels its request in
// the engine at once. run() and everything below it happen on the calling thread; stop() and
// port() may be called from any.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "lab/runtime/runtime_config.h"

namespace pathwise::lab {

class RuntimeServer {
 public:
  // Binds and listens. kIo or kPermissionDenied naming the address if that fails. `clock` must outlive
  // the server and must agree with std::chrono::steady_clock: real timers are set by it.
  [[nodiscard]] static Result<std::unique_ptr<RuntimeServer>> open(const RuntimeConfig& config, const Clock& clock);
  ~RuntimeServer();
  RuntimeServer(const RuntimeServer&) = delete;
  RuntimeServer& operator=(const RuntimeServer&) = delete;

  // Where it listens: the configured port, or what the system chose for port 0.
  [[nodiscard]] std::uint16_t port() const;
  // Serves until stop(), or until SIGINT or SIGTERM if `signals`.
  void run(bool signals);
  void stop();

 private:
  class Impl;
  explicit RuntimeServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pathwise::lab
