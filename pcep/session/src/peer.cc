// SPDX-License-Identifier: Apache-2.0
#include "pcep/session/peer.h"

#include <utility>

namespace pathwise::pcep {

Peer::Peer(SessionConfig config, PeerHandler& handler, std::size_t id)
    : session_(std::move(config)), handler_(handler), id_(id) {}

void Peer::connected(Stream& stream, SteadyTime now) {
  stream_ = &stream;
  SessionOutput out;
  session_.connected(now, out);
  apply(std::move(out));
}

void Peer::disconnected(SteadyTime now) {
  stream_ = nullptr;
  SessionOutput out;
  session_.disconnected(now, out);
  apply(std::move(out));
}

void Peer::received(ByteView bytes, SteadyTime now) {
  SessionOutput out;
  session_.received(bytes, now, out);
  apply(std::move(out));
}

void Peer::expire(SteadyTime now) {
  SessionOutput out;
  session_.expire(now, out);
  apply(std::move(out));
}

Result<void> Peer::send(const Message& message, SteadyTime now) {
  SessionOutput out;
  Result<void> sent = session_.send(message, now, out);
  apply(std::move(out));
  return sent;
}

void Peer::send_error(const RequestError& error, SteadyTime now) {
  // Not up any more: there is nobody to tell.
  if (is_up()) static_cast<void>(send(make_error(error), now));
}

void Peer::close(CloseReason reason, SteadyTime now) {
  SessionOutput out;
  session_.close(reason, now, out);
  apply(std::move(out));
}

void Peer::reject(ErrorCodePoint error, SteadyTime now) {
  send_error({error, {}, {}}, now);
  close(CloseReason::kNoExplanation, now);
}

void Peer::apply(SessionOutput out) {
  Stream* const stream = out.close ? std::exchange(stream_, nullptr) : stream_;
  if (stream != nullptr && !out.bytes.empty()) stream->send(std::move(out.bytes));
  for (SessionEvent& event : out.events) {
    if (const auto* up = std::get_if<SessionUp>(&event)) {
      handler_.on_up(*this, *up);
    } else if (auto* message = std::get_if<SessionMessage>(&event)) {
      handler_.on_message(*this, std::move(message->message));
    } else if (auto* down = std::get_if<SessionDown>(&event)) {
      down_reason_ = down->reason;
      handler_.on_down(*this, down_reason_);
    }
  }
  if (out.close && stream != nullptr) stream->close();
}

}  // namespace pathwise::pcep
