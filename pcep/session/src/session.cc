// SPDX-License-Identifier: Apache-2.0
#include "pcep/session/session.h"

#include <algorithm>

#include "base/format.h"

namespace pathwise::pcep {

std::string_view to_string(SessionState state) noexcept {
  switch (state) {
    case SessionState::kIdle:
      return "idle";
    case SessionState::kOpenWait:
      return "open-wait";
    case SessionState::kKeepWait:
      return "keep-wait";
    case SessionState::kUp:
      return "up";
  }
  return "unknown";
}

Session::Session(SessionConfig config) : config_(std::move(config)) {}

void Session::connected(SteadyTime now, SessionOutput& out) {
  const SessionCounters counters = std::move(counters_);
  *this = Session(std::move(config_));
  counters_ = counters;
  own_open_ = OpenObject{.keepalive = config_.keepalive,
                         .dead_timer = config_.keepalive == 0 ? std::uint8_t{0} : config_.dead_timer,
                         .session_id = config_.session_id,
                         .tlvs = to_tlvs(config_.capabilities)};
  send_open(now, out);
  state_ = SessionState::kOpenWait;
  open_wait_ = now + config_.open_wait;
}

void Session::disconnected(SteadyTime, SessionOutput& out) {
  if (state_ != SessionState::kIdle) go_down("the connection was closed", out);
}

void Session::received(ByteView bytes, SteadyTime now, SessionOutput& out) {
  if (state_ == SessionState::kIdle) return;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  std::size_t at = 0;
  while (state_ != SessionState::kIdle) {
    const ByteView rest = ByteView(buffer_).subspan(at);
    const Decoded<std::size_t> length = message_length(rest);
    if (!length) {
      handle_undecodable(length.error(), now, out);
      break;
    }
    if (*length == 0 || *length > rest.size()) break;
    if (dead_) dead_ = now + std::chrono::seconds(peer_open_->dead_timer);
    Decoded<Message> message = decode_message(rest.first(*length));
    at += *length;
    if (message) {
      handle(std::move(*message), now, out);
    } else {
      handle_undecodable(message.error(), now, out);
    }
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(std::min(at, buffer_.size())));
}

void Session::handle(Message message, SteadyTime now, SessionOutput& out) {
  ++counters_.received[is_known(message.type) ? message.type : MessageType{0}];
  if (state_ == SessionState::kUp) {
    handle_up(std::move(message), now, out);
  } else {
    handle_before_up(message, now, out);
  }
}

void Session::handle_undecodable(const DecodeError& error, SteadyTime now, SessionOutput& out) {
  ++counters_.malformed;
  if (error.fault == DecodeError::Fault::kVersion && state_ == SessionState::kOpenWait) {
    fail_with(errors::kVersionNotSupported, now, out);
  } else if (state_ == SessionState::kOpenWait || state_ == SessionState::kKeepWait) {
    fail_with(errors::kInvalidOpen, now, out);
  } else if (error.fault == DecodeError::Fault::kObject) {
    emit(make_error(error.answer), now, out);  // the message is rejected, the session stays
  } else {
    emit(make_close(CloseReason::kMalformedMessage), now, out);
    go_down(formatted("malformed message: {}", error.detail), out);
  }
}

void Session::handle_up(Message message, SteadyTime now, SessionOutput& out) {
  if (message.type == MessageType::kKeepalive) return;
  if (message.type == MessageType::kClose) {
    const auto* close = find<CloseObject>(message);
    go_down(formatted("closed by the peer: {}", close == nullptr ? "no CLOSE object" : to_string(close->reason)), out);
    return;
  }
  if (message.type == MessageType::kOpen) {  // RFC 5440 section 6.2: only the first message
    emit(make_error(errors::kInvalidOpen), now, out);
    return;
  }
  if (message.type == MessageType::kStartTls) {
    emit(make_error(errors::kStartTlsAfterExchange), now, out);
    go_down("StartTLS after the session came up", out);
    return;
  }
  if (!is_known(message.type)) {
    unrecognized(now, out);
    return;
  }
  if (const std::optional<ErrorCodePoint> error = not_permitted(message.type)) {
    emit(make_error(*error), now, out);
    return;
  }
  out.events.emplace_back(SessionMessage{std::move(message)});
}

// RFC 8231 section 5.4: stateful messages need the capability on both sides.
std::optional<ErrorCodePoint> Session::not_permitted(MessageType type) const {
  const Capabilities& own = config_.capabilities;
  if (type == MessageType::kPcRpt && !(own.stateful && peer_.stateful)) return errors::kReportNotAdvertised;
  if (type == MessageType::kPcUpd && !(own.update && peer_.update)) return errors::kUpdateNotAdvertised;
  const bool towards_pce = type == MessageType::kPcRpt || type == MessageType::kPcReq;
  const bool towards_pcc =
      type == MessageType::kPcUpd || type == MessageType::kPcInitiate || type == MessageType::kPcRep;
  if ((towards_pce && config_.role == Role::kPcc) || (towards_pcc && config_.role == Role::kPce))
    return errors::kCapabilityNotSupported;
  if (type == MessageType::kPcInitiate && !(own.instantiation && peer_.instantiation))
    return errors::kCapabilityNotSupported;
  return std::nullopt;
}

void Session::unrecognized(SteadyTime now, SessionOutput& out) {
  ++counters_.unrecognized;
  while (!unrecognized_.empty() && now - unrecognized_.front() >= std::chrono::minutes(1)) unrecognized_.pop_front();
  unrecognized_.push_back(now);
  if (unrecognized_.size() > config_.max_unrecognized_per_minute) {
    emit(make_close(CloseReason::kUnrecognizedMessages), now, out);
    go_down("too many unrecognized messages", out);
    return;
  }
  emit(make_error(errors::kCapabilityNotSupported), now, out);
}

void Session::expire(SteadyTime now, SessionOutput& out) {
  const auto due = [now](const Deadline& deadline) { return deadline && *deadline <= now; };
  if (state_ == SessionState::kOpenWait && due(open_wait_)) {
    fail_with(errors::kOpenWaitExpired, now, out);
  } else if (state_ != SessionState::kUp && due(keep_wait_)) {
    fail_with(errors::kKeepWaitExpired, now, out);
  } else if (due(dead_)) {
    emit(make_close(CloseReason::kDeadTimer), now, out);
    go_down("dead timer expired", out);
  } else if (due(next_keepalive_)) {
    emit(make_keepalive(), now, out);
  }
}

std::optional<SteadyTime> Session::next_deadline() const {
  std::optional<SteadyTime> earliest;
  for (const Deadline& deadline : {open_wait_, keep_wait_, dead_, next_keepalive_})
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  return earliest;
}

Result<void> Session::send(const Message& message, SteadyTime now, SessionOutput& out) {
  if (state_ != SessionState::kUp)
    return fail(ErrorCode::kFailedPrecondition, "PCEP session is {}, not up", to_string(state_));
  const Result<Bytes> bytes = encode_message(message);
  if (!bytes) return std::unexpected(bytes.error());
  emit(message, now, out);
  return {};
}

void Session::close(CloseReason reason, SteadyTime now, SessionOutput& out) {
  if (state_ == SessionState::kIdle) return;
  emit(make_close(reason), now, out);
  go_down(formatted("closed by us: {}", to_string(reason)), out);
}

void Session::emit(const Message& message, SteadyTime now, SessionOutput& out) {
  const Result<Bytes> bytes = encode_message(message);
  if (!bytes) return;  // send() has refused it already; our own messages fit
  out.bytes.insert(out.bytes.end(), bytes->begin(), bytes->end());
  ++counters_.sent[message.type];
  if (state_ == SessionState::kUp && own_open_.keepalive != 0)  // any message is as good as a Keepalive
    next_keepalive_ = now + std::chrono::seconds(own_open_.keepalive);
}

void Session::fail_with(ErrorCodePoint error, SteadyTime now, SessionOutput& out) {
  emit(make_error(error), now, out);
  go_down(formatted("error {}/{}: {}", error.type, error.value, to_string(error)), out);
}

void Session::go_down(std::string reason, SessionOutput& out) {
  state_ = SessionState::kIdle;
  open_wait_ = keep_wait_ = dead_ = next_keepalive_ = std::nullopt;
  out.events.emplace_back(SessionDown{std::move(reason)});
  out.close = true;
}

}  // namespace pathwise::pcep
