// SPDX-License-Identifier: Apache-2.0
// One session under test, with time by hand and a peer that is only bytes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "pcep/session/session.h"

namespace pathwise::pcep::test {

using namespace std::chrono_literals;

inline Bytes bytes_of(const Message& message) {
  return encode_message(message).value();
}

inline std::vector<Message> messages_in(ByteView bytes) {
  std::vector<Message> messages;
  while (!bytes.empty()) {
    const std::size_t length = message_length(bytes).value();
    messages.push_back(decode_message(bytes.first(length)).value());
    bytes = bytes.subspan(length);
  }
  return messages;
}

inline Capabilities stateful() {
  return {.stateful = true, .update = true, .srv6 = true};
}

inline OpenObject peer_open(Capabilities capabilities = stateful()) {
  return {.keepalive = 10, .dead_timer = 40, .tlvs = to_tlvs(capabilities)};
}

class SessionFixture : public testing::Test {
 protected:
  explicit SessionFixture(Role role = Role::kPcc) {
    config.role = role;
    config.capabilities = stateful();
  }
  void connect() {
    session.emplace(config);
    step([&](SessionOutput& out) { session->connected(now, out); });
  }
  void come_up() {
    connect();
    receive(make_open(peer_open()));
    receive(make_keepalive());
    ASSERT_EQ(session->state(), SessionState::kUp);
    forget();
  }
  void receive(const Message& message) { receive(bytes_of(message)); }
  void receive(ByteView bytes) {
    step([&](SessionOutput& out) { session->received(bytes, now, out); });
  }
  void advance(std::chrono::seconds by) {
    now += by;
    step([&](SessionOutput& out) { session->expire(now, out); });
  }
  template <typename Do>
  void step(Do what) {
    SessionOutput out;
    what(out);
    for (Message& message : messages_in(out.bytes)) sent.push_back(std::move(message));
    for (SessionEvent& event : out.events) events.push_back(std::move(event));
    closed = closed || out.close;
  }
  void forget() {
    sent.clear();
    events.clear();
  }
  [[nodiscard]] ErrorCodePoint last_error() const {
    for (auto at = sent.rbegin(); at != sent.rend(); ++at)
      if (const auto* error = find<ErrorObject>(*at)) return error->code;
    return {};
  }
  [[nodiscard]] std::optional<CloseReason> last_close() const {
    const auto* close = sent.empty() ? nullptr : find<CloseObject>(sent.back());
    return close == nullptr ? std::nullopt : std::optional(close->reason);
  }
  [[nodiscard]] std::size_t count(MessageType type) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(sent, [type](const Message& message) { return message.type == type; }));
  }
  [[nodiscard]] std::size_t delivered() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        events, [](const SessionEvent& event) { return std::holds_alternative<SessionMessage>(event); }));
  }

  SessionConfig config;
  SteadyTime now{1h};
  std::optional<Session> session;
  std::vector<Message> sent;
  std::vector<SessionEvent> events;
  bool closed = false;
};

}  // namespace pathwise::pcep::test
