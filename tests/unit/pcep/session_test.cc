// SPDX-License-Identifier: Apache-2.0
// How a session comes up, stays up and ends by its timers.
#include "session_fixture.h"

namespace pathwise::pcep::test {
namespace {

class SessionTest : public SessionFixture {};

Message update() {
  UpdateRequest request;
  request.srp.srp_id = 1;
  request.lsp.plsp_id = 1;
  Message message{.type = MessageType::kPcUpd};
  append(message, request);
  return message;
}

TEST_F(SessionTest, ComesUpByOpenAndKeepalive) {
  connect();
  ASSERT_EQ(count(MessageType::kOpen), 1U);
  EXPECT_EQ(session->state(), SessionState::kOpenWait);
  receive(make_open(peer_open()));
  EXPECT_EQ(session->state(), SessionState::kKeepWait);
  EXPECT_EQ(count(MessageType::kKeepalive), 1U);
  EXPECT_TRUE(events.empty());
  receive(make_keepalive());
  EXPECT_EQ(session->state(), SessionState::kUp);
  ASSERT_EQ(events.size(), 1U);
  const auto& up = std::get<SessionUp>(events[0]);
  EXPECT_EQ(up.open, peer_open());
  EXPECT_EQ(up.peer, stateful());
}

TEST_F(SessionTest, EveryCutOfTheStreamGivesTheSame) {
  Bytes stream = bytes_of(make_open(peer_open()));
  for (const Message& message : {make_keepalive(), update(), make_keepalive(), update()}) {
    const Bytes more = bytes_of(message);
    stream.insert(stream.end(), more.begin(), more.end());
  }
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    forget();
    connect();
    receive(ByteView(stream).first(cut));
    receive(ByteView(stream).subspan(cut));
    ASSERT_EQ(session->state(), SessionState::kUp) << cut;
    ASSERT_EQ(delivered(), 2U) << cut;
  }
  forget();
  connect();
  for (const std::uint8_t& byte : stream) receive(ByteView(&byte, 1));
  EXPECT_EQ(delivered(), 2U);
}

TEST_F(SessionTest, SendsKeepalivesWhenItHasNothingElseToSay) {
  config.keepalive = 30;
  come_up();
  advance(29s);
  EXPECT_EQ(count(MessageType::kKeepalive), 0U);
  receive(make_keepalive());
  advance(1s);
  EXPECT_EQ(count(MessageType::kKeepalive), 1U);
  advance(20s);
  step([&](SessionOutput& out) {
    Message report{.type = MessageType::kPcRpt};
    append(report, StateReport{});
    ASSERT_TRUE(session->send(report, now, out).has_value());
  });
  receive(make_keepalive());
  advance(29s);
  EXPECT_EQ(count(MessageType::kKeepalive), 1U);  // the report was as good as one
  advance(1s);
  EXPECT_EQ(count(MessageType::kKeepalive), 2U);
}

TEST_F(SessionTest, DeadTimerIsThePeersAndEveryMessageResetsIt) {
  come_up();
  advance(39s);
  receive(update());
  advance(39s);
  EXPECT_FALSE(closed);
  advance(1s);
  EXPECT_TRUE(closed);
  EXPECT_EQ(last_close(), CloseReason::kDeadTimer);
  EXPECT_EQ(session->state(), SessionState::kIdle);
  EXPECT_FALSE(session->next_deadline().has_value());
}

TEST_F(SessionTest, APeerWithoutKeepalivesNeverDies) {
  config.keepalive = 0;
  connect();
  EXPECT_EQ(find<OpenObject>(sent[0])->dead_timer, 0);  // RFC 5440 section 7.3
  OpenObject open = peer_open();
  open.keepalive = 0;
  open.dead_timer = 0;
  receive(make_open(open));
  receive(make_keepalive());
  ASSERT_EQ(session->state(), SessionState::kUp);
  EXPECT_FALSE(session->next_deadline().has_value());
  advance(24h);
  EXPECT_FALSE(closed);
}

TEST_F(SessionTest, CloseOfThePeerEndsIt) {
  come_up();
  receive(make_close(CloseReason::kNoExplanation));
  EXPECT_TRUE(closed);
  EXPECT_TRUE(sent.empty());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(std::get<SessionDown>(events[0]).reason.find("closed by the peer"), std::string::npos);
}

TEST_F(SessionTest, SendsOnlyWhenUp) {
  connect();
  SessionOutput out;
  const Result<void> sent_early = session->send(update(), now, out);
  ASSERT_FALSE(sent_early.has_value());
  EXPECT_EQ(sent_early.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(out.bytes.empty());
}

TEST_F(SessionTest, NegotiatesAnOpenThatIsTooFast) {
  config.min_peer_keepalive = 5;
  connect();
  OpenObject fast = peer_open();
  fast.keepalive = 1;
  receive(make_open(fast));
  EXPECT_EQ(last_error(), errors::kNegotiable);
  const auto* proposal = find<OpenObject>(sent.back());
  ASSERT_NE(proposal, nullptr);
  EXPECT_EQ(proposal->keepalive, 5);
  receive(make_keepalive());  // it accepts ours meanwhile
  fast.keepalive = 5;
  receive(make_open(fast));
  EXPECT_EQ(session->state(), SessionState::kUp);
}

TEST_F(SessionTest, RefusesASecondOpenThatIsStillUnacceptable) {
  config.min_peer_keepalive = 5;
  connect();
  OpenObject fast = peer_open();
  fast.keepalive = 1;
  receive(make_open(fast));
  receive(make_open(fast));
  EXPECT_EQ(last_error(), errors::kSecondOpenUnacceptable);
  EXPECT_TRUE(closed);
}

TEST_F(SessionTest, TakesThePeersProposalOnce) {
  connect();
  Message refusal = make_error(errors::kNegotiable);
  refusal.objects.emplace_back(OpenObject{.keepalive = 7, .dead_timer = 28});
  receive(refusal);
  ASSERT_EQ(count(MessageType::kOpen), 2U);
  EXPECT_EQ(find<OpenObject>(sent.back())->keepalive, 7);
  EXPECT_EQ(find<OpenObject>(sent.back())->tlvs, find<OpenObject>(sent.front())->tlvs);
  receive(refusal);
  EXPECT_EQ(last_error(), errors::kProposalUnacceptable);
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace pathwise::pcep::test
