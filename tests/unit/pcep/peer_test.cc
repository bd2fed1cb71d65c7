// SPDX-License-Identifier: Apache-2.0
#include "pcep/session/peer.h"

#include <gtest/gtest.h>

#include "pcep/session/backoff.h"
#include "session_fixture.h"

namespace pathwise::pcep::test {
namespace {

struct RecordingStream final : Stream {
  void send(Bytes bytes) override { sent.insert(sent.end(), bytes.begin(), bytes.end()); }
  void close() override { closed = true; }
  Bytes sent;
  bool closed = false;
};

struct RecordingHandler final : PeerHandler {
  void on_up(Peer&, const SessionUp&) override { ++ups; }
  void on_message(Peer&, Message) override { ++messages; }
  void on_down(Peer&, const std::string& reason) override { downs.push_back(reason); }
  int ups = 0;
  int messages = 0;
  std::vector<std::string> downs;
};

TEST(PeerTest, SendsBeforeItClosesAndReportsTheEndOnce) {
  RecordingHandler handler;
  RecordingStream stream;
  Peer peer({.capabilities = stateful()}, handler, 0);
  const SteadyTime now{1h};
  peer.connected(stream, now);
  peer.received(bytes_of(make_open(peer_open())), now);
  peer.received(bytes_of(make_keepalive()), now);
  EXPECT_EQ(handler.ups, 1);
  peer.close(CloseReason::kNoExplanation, now);
  EXPECT_TRUE(stream.closed);
  EXPECT_EQ(messages_in(stream.sent).back(), make_close(CloseReason::kNoExplanation));
  peer.disconnected(now);
  EXPECT_EQ(handler.downs.size(), 1U);
  EXPECT_EQ(peer.last_down_reason(), handler.downs[0]);
}

TEST(BackoffTest, DoublesWithJitterUpToItsMaximum) {
  double random = 0.5;
  Backoff backoff({.initial = 1000ms, .maximum = 3000ms, .jitter = 0.5}, [&random] { return random; });
  EXPECT_EQ(backoff.next(), 1000ms);
  random = 0.0;
  EXPECT_EQ(backoff.next(), 1000ms);  // 2000 less a half
  random = 0.5;
  EXPECT_EQ(backoff.next(), 3000ms);
  EXPECT_EQ(backoff.next(), 3000ms);
  backoff.reset();
  EXPECT_EQ(backoff.next(), 1000ms);
}

}  // namespace
}  // namespace pathwise::pcep::test
