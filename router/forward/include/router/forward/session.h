// SPDX-License-Identifier: Apache-2.0
// One connection from a client or from a peer's router: requests one after the other. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "router/forward/input.h"
#include "router/forward/stream.h"
#include "router/forward/worker.h"
#include "router/http/head.h"
#include "router/openai/error.h"

namespace pathwise::router::forward {

class Session : public std::enable_shared_from_this<Session> {
 public:
  // `peer`: the site that the certificate names; nullopt: a client.
  Session(Worker& worker, ByteStream stream, std::optional<SiteName> peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] static net::Awaitable<void> run(std::shared_ptr<Session> self);
  // Closes it if no complete request has been read: nothing is lost that was promised.
  void close_if_waiting();
  void close() { stream_.close(); }

  // For its exchange.
  [[nodiscard]] Worker& worker() { return worker_; }
  [[nodiscard]] ByteStream& stream() { return stream_; }
  [[nodiscard]] Input& input() { return input_; }
  [[nodiscard]] const http::RequestHead& head() const { return head_; }
  [[nodiscard]] const std::optional<SiteName>& peer() const { return peer_; }
  // Bytes of a request are awaited: set while its head or body is read.
  void waiting(bool waits) { waiting_ = waits; }
  // Ends our sending and takes in what is still arriving, for a moment: closing with bytes unread makes the
  // kernel send a reset, which can overtake the answer.
  [[nodiscard]] net::Awaitable<void> linger();

 private:
  [[nodiscard]] net::Awaitable<bool> read_head();
  [[nodiscard]] net::Awaitable<void> refuse_head(openai::ApiError refusal);

  Worker& worker_;
  ByteStream stream_;
  Input input_;
  std::optional<SiteName> peer_;
  std::string head_text_;  // the views of head_ point here
  http::RequestHead head_;
  bool waiting_ = true;
};

}  // namespace pathwise::router::forward
