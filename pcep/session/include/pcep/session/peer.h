// SPDX-License-Identifier: Apache-2.0
// A session joined to its connection: what the machine answers goes to the stream and to the
// handler, in that order. PCC and PCE are written on top of this, and know no sockets. One thread.
#pragma once

#include <string>

#include "pcep/session/session.h"

namespace pathwise::pcep {

// The write side of one connection. The transport owns it; after close() it is not used again.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual void send(Bytes bytes) = 0;  // bounded by the implementation: a peer that does not read is closed
  virtual void close() = 0;            // after what was sent is gone; disconnected() need not follow
};

class Peer;

class PeerHandler {
 public:
  virtual ~PeerHandler() = default;
  virtual void on_up(Peer& peer, const SessionUp& up) = 0;
  virtual void on_message(Peer& peer, Message message) = 0;
  virtual void on_down(Peer& peer, const std::string& reason) = 0;  // must not destroy the peer
};

class Peer {
 public:
  // `handler` outlives the peer. `id` is the owner's own.
  Peer(SessionConfig config, PeerHandler& handler, std::size_t id);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // `stream` stays valid until disconnected() or until this peer closed it.
  void connected(Stream& stream, SteadyTime now);
  void disconnected(SteadyTime now);
  void received(ByteView bytes, SteadyTime now);
  void expire(SteadyTime now);

  Result<void> send(const Message& message, SteadyTime now);
  // PCErr now; the session stays.
  void send_error(const RequestError& error, SteadyTime now);
  void close(CloseReason reason, SteadyTime now);
  // PCErr, then Close: for a session that must not be (RFC 5440 section 4.2.1).
  void reject(ErrorCodePoint error, SteadyTime now);

  [[nodiscard]] std::size_t id() const { return id_; }
  [[nodiscard]] bool is_up() const { return session_.state() == SessionState::kUp; }
  [[nodiscard]] bool is_connected() const { return stream_ != nullptr; }
  [[nodiscard]] const Session& session() const { return session_; }
  [[nodiscard]] const std::string& last_down_reason() const { return down_reason_; }
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const { return session_.next_deadline(); }

 private:
  void apply(SessionOutput out);
  Session session_;
  PeerHandler& handler_;
  std::size_t id_;
  Stream* stream_ = nullptr;
  std::string down_reason_;
};

}  // namespace pathwise::pcep
