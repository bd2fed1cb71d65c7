// SPDX-License-Identifier: Apache-2.0
// One PCEP session as a machine without sockets and clocks (RFC 5440 section 6 and appendix A).
// The caller feeds what happened and when; the machine answers with bytes to send, events to
// deliver, and whether to close. The same machine serves PCC and PCE. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "pcep/codec/grammar.h"
#include "pcep/session/capabilities.h"

namespace pathwise::pcep {

enum class Role : std::uint8_t { kPcc, kPce };

// RFC 5440 appendix A. Idle covers TCPPending: connecting is the transport's.
enum class SessionState : std::uint8_t { kIdle, kOpenWait, kKeepWait, kUp };
[[nodiscard]] std::string_view to_string(SessionState state) noexcept;

struct SessionConfig {
  Role role = Role::kPcc;
  Capabilities capabilities;
  std::uint8_t keepalive = 30;             // seconds; what we send with
  std::uint8_t dead_timer = 120;           // seconds; what the peer shall wait for us
  std::uint8_t min_peer_keepalive = 1;     // seconds; a peer that is faster is asked for this
  std::uint8_t max_peer_dead_timer = 255;  // seconds; a peer whose death we would learn later is asked for this
  std::uint8_t session_id = 0;
  std::chrono::seconds open_wait{60};        // RFC 5440 section 6.2: fixed at one minute
  std::chrono::seconds keep_wait{60};        // RFC 5440 section 6.2
  unsigned max_unrecognized_per_minute = 5;  // RFC 5440 section 6.9: MAX-UNKNOWN-MESSAGES
};

// Events, in the order in which they happened.
struct SessionUp {
  OpenObject open;  // the peer's
  Capabilities peer;
};
struct SessionMessage {
  Message message;  // PCReq, PCRep, PCNtf, PCErr, PCRpt, PCUpd or PCInitiate, well formed
};
struct SessionDown {
  std::string reason;  // for people: who ended it and why
};
using SessionEvent = std::variant<SessionUp, SessionMessage, SessionDown>;

struct SessionOutput {
  Bytes bytes;  // to send, before the close
  std::vector<SessionEvent> events;
  bool close = false;  // close the connection when the bytes are gone
};

struct SessionCounters {
  std::map<MessageType, std::uint64_t> received;
  std::map<MessageType, std::uint64_t> sent;
  std::uint64_t malformed = 0;
  std::uint64_t unrecognized = 0;
};

class Session {
 public:
  explicit Session(SessionConfig config);

  // The connection is there: sends our Open. The machine starts anew.
  void connected(SteadyTime now, SessionOutput& out);
  // The connection is gone.
  void disconnected(SteadyTime now, SessionOutput& out);
  // Any cut of the stream; several messages at once or a part of one.
  void received(ByteView bytes, SteadyTime now, SessionOutput& out);
  // Whatever is due at `now`. Call it at next_deadline(), or at any time.
  void expire(SteadyTime now, SessionOutput& out);
  // kFailedPrecondition unless the session is up.
  Result<void> send(const Message& message, SteadyTime now, SessionOutput& out);
  // Ends the session by Close.
  void close(CloseReason reason, SteadyTime now, SessionOutput& out);

  [[nodiscard]] SessionState state() const { return state_; }
  // The earliest time at which expire() has something to do.
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const;
  [[nodiscard]] const std::optional<OpenObject>& peer_open() const { return peer_open_; }
  [[nodiscard]] const Capabilities& peer_capabilities() const { return peer_; }
  [[nodiscard]] const SessionConfig& config() const { return config_; }
  [[nodiscard]] const SessionCounters& counters() const { return counters_; }

 private:
  using Deadline = std::optional<SteadyTime>;

  void handle(Message message, SteadyTime now, SessionOutput& out);
  void handle_before_up(const Message& message, SteadyTime now, SessionOutput& out);
  void handle_open(const OpenObject& open, SteadyTime now, SessionOutput& out);
  void refuse_open(const OpenObject& open, SteadyTime now, SessionOutput& out);
  void handle_early_error(const Message& message, SteadyTime now, SessionOutput& out);
  void handle_up(Message message, SteadyTime now, SessionOutput& out);
  void handle_undecodable(const DecodeError& error, SteadyTime now, SessionOutput& out);
  void unrecognized(SteadyTime now, SessionOutput& out);
  [[nodiscard]] std::optional<ErrorCodePoint> not_permitted(MessageType type) const;
  [[nodiscard]] std::optional<OpenObject> counter_proposal(const OpenObject& open) const;
  void send_open(SteadyTime now, SessionOutput& out);
  void come_up_if_agreed(SteadyTime now, SessionOutput& out);
  void emit(const Message& message, SteadyTime now, SessionOutput& out);
  void fail_with(ErrorCodePoint error, SteadyTime now, SessionOutput& out);
  void go_down(std::string reason, SessionOutput& out);

  SessionConfig config_;
  SessionState state_ = SessionState::kIdle;
  OpenObject own_open_;
  std::optional<OpenObject> peer_open_;
  Capabilities peer_;
  bool local_ok_ = false;           // the peer accepted our Open (its Keepalive came)
  bool remote_ok_ = false;          // we accepted the peer's Open
  bool open_retried_ = false;       // our Open was sent again with the peer's proposal
  bool peer_open_refused_ = false;  // the peer's first Open got a proposal
  Bytes buffer_;                    // an incomplete message: at most one
  Deadline open_wait_;
  Deadline keep_wait_;
  Deadline next_keepalive_;
  Deadline dead_;
  std::deque<SteadyTime> unrecognized_;  // of the last minute; bounded by its limit
  SessionCounters counters_;
};

}  // namespace pathwise::pcep
