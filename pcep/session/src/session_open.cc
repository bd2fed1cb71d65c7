// SPDX-License-Identifier: Apache-2.0
// How a session comes up: RFC 5440 section 6.2 and appendix A.
#include <algorithm>

#include "base/format.h"
#include "pcep/session/session.h"

namespace pathwise::pcep {

void Session::send_open(SteadyTime now, SessionOutput& out) {
  emit(make_open(own_open_), now, out);
}

void Session::handle_before_up(const Message& message, SteadyTime now, SessionOutput& out) {
  const auto* open = find<OpenObject>(message);
  if (message.type == MessageType::kOpen && open != nullptr && !remote_ok_) {
    handle_open(*open, now, out);
  } else if (message.type == MessageType::kKeepalive && remote_ok_) {
    local_ok_ = true;
    keep_wait_.reset();
    come_up_if_agreed(now, out);
  } else if (message.type == MessageType::kKeepalive && peer_open_refused_) {
    local_ok_ = true;  // it accepts our Open; its second one is still to come
  } else if (message.type == MessageType::kError) {
    handle_early_error(message, now, out);
  } else if (message.type == MessageType::kClose) {
    go_down("closed by the peer before the session came up", out);
  } else {
    fail_with(errors::kInvalidOpen, now, out);
  }
}

void Session::handle_open(const OpenObject& open, SteadyTime now, SessionOutput& out) {
  if (open.version != kVersion) return fail_with(errors::kVersionNotSupported, now, out);
  const std::expected<Capabilities, ErrorCodePoint> peer = capabilities_of(open);
  if (!peer) return fail_with(peer.error(), now, out);
  open_wait_.reset();
  if (counter_proposal(open)) return refuse_open(open, now, out);
  remote_ok_ = true;
  peer_open_ = open;
  peer_ = *peer;
  emit(make_keepalive(), now, out);
  state_ = SessionState::kKeepWait;
  if (!local_ok_) keep_wait_ = now + config_.keep_wait;
  come_up_if_agreed(now, out);
}

void Session::refuse_open(const OpenObject& open, SteadyTime now, SessionOutput& out) {
  if (peer_open_refused_) return fail_with(errors::kSecondOpenUnacceptable, now, out);
  peer_open_refused_ = true;
  Message error = make_error(errors::kNegotiable);
  error.objects.emplace_back(*counter_proposal(open));
  emit(error, now, out);
  state_ = local_ok_ ? SessionState::kOpenWait : SessionState::kKeepWait;
  keep_wait_ = now + config_.keep_wait;
}

// What we would accept instead; nullopt if `open` is acceptable.
std::optional<OpenObject> Session::counter_proposal(const OpenObject& open) const {
  OpenObject proposal = open;
  if (proposal.keepalive != 0) {
    proposal.keepalive = std::max(proposal.keepalive, config_.min_peer_keepalive);
    proposal.dead_timer = std::min(proposal.dead_timer, config_.max_peer_dead_timer);
    if (proposal.dead_timer != 0) proposal.dead_timer = std::max(proposal.dead_timer, proposal.keepalive);
  }
  return proposal == open ? std::nullopt : std::optional(proposal);
}

// The peer refused our Open; with a proposal we try once more (RFC 5440 section 6.2).
void Session::handle_early_error(const Message& message, SteadyTime now, SessionOutput& out) {
  const auto* error = find<ErrorObject>(message);
  const auto* proposal = find<OpenObject>(message);
  if (error == nullptr) return fail_with(errors::kInvalidOpen, now, out);
  if (error->code != errors::kNegotiable || proposal == nullptr) {
    return go_down(formatted("refused by the peer with error {}/{}: {}", error->code.type, error->code.value,
                             to_string(error->code)),
                   out);
  }
  if (open_retried_ || proposal->keepalive < config_.min_peer_keepalive ||
      (proposal->dead_timer != 0 && proposal->dead_timer < proposal->keepalive))
    return fail_with(errors::kProposalUnacceptable, now, out);
  open_retried_ = true;
  own_open_.keepalive = proposal->keepalive;
  own_open_.dead_timer = proposal->dead_timer;
  send_open(now, out);
  if (remote_ok_) keep_wait_ = now + config_.keep_wait;
}

void Session::come_up_if_agreed(SteadyTime now, SessionOutput& out) {
  if (!local_ok_ || !remote_ok_) return;
  state_ = SessionState::kUp;
  keep_wait_.reset();
  if (own_open_.keepalive != 0) next_keepalive_ = now + std::chrono::seconds(own_open_.keepalive);
  if (peer_open_->keepalive != 0 && peer_open_->dead_timer != 0)
    dead_ = now + std::chrono::seconds(peer_open_->dead_timer);
  out.events.emplace_back(SessionUp{*peer_open_, peer_});
}

}  // namespace pathwise::pcep
