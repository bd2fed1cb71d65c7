// SPDX-License-Identifier: Apache-2.0
// What peers do wrong, and the PCErr or Close that their RFC answers with.
#include "session_fixture.h"

namespace pathwise::pcep::test {
namespace {

class SessionError : public SessionFixture {};
class PceSessionError : public SessionFixture {
 protected:
  PceSessionError() : SessionFixture(Role::kPce) {}
};

TEST_F(SessionError, FirstMessageIsNotOpen) {
  connect();
  receive(make_keepalive());
  EXPECT_EQ(last_error(), errors::kInvalidOpen);
  EXPECT_TRUE(closed);
}

TEST_F(SessionError, OpenWaitExpires) {
  connect();
  advance(59s);
  EXPECT_FALSE(closed);
  advance(1s);
  EXPECT_EQ(last_error(), errors::kOpenWaitExpired);
  EXPECT_TRUE(closed);
}

TEST_F(SessionError, KeepWaitExpires) {
  connect();
  advance(30s);
  receive(make_open(peer_open()));
  advance(59s);
  EXPECT_FALSE(closed);
  advance(1s);
  EXPECT_EQ(last_error(), errors::kKeepWaitExpired);
  EXPECT_TRUE(closed);
}

TEST_F(SessionError, WrongVersionInTheHeaderOrInTheOpen) {
  connect();
  receive(Bytes{0x40, 1, 0, 12, 1, 0x10, 0, 8, 0x20, 30, 120, 0});
  EXPECT_EQ(last_error(), errors::kVersionNotSupported);
  forget();
  connect();
  receive(Bytes{0x20, 1, 0, 12, 1, 0x10, 0, 8, 0x40, 30, 120, 0});
  EXPECT_EQ(last_error(), errors::kVersionNotSupported);
}

TEST_F(SessionError, Pst3WithoutItsSubTlv) {
  connect();
  OpenObject open{.tlvs = {PathSetupTypeCapabilityTlv{.types = {PathSetupType::kSrv6}}}};
  receive(make_open(open));
  EXPECT_EQ(last_error(), errors::kMissingSrv6Capability);
  EXPECT_TRUE(closed);
}

TEST_F(SessionError, SubTlvWithoutPst3IsIgnored) {
  connect();
  PathSetupTypeCapabilityTlv setup{.types = {PathSetupType::kSrMpls}};
  setup.sub_tlvs.emplace_back(Srv6PceCapability{});
  receive(make_open({.tlvs = {setup}}));
  receive(make_keepalive());
  ASSERT_EQ(session->state(), SessionState::kUp);
  EXPECT_FALSE(session->peer_capabilities().srv6);
}

TEST_F(SessionError, BrokenFramingClosesTheSession) {
  for (const Bytes& bytes : {Bytes{0x20, 2, 0, 0}, Bytes{0x20, 2, 0, 3}, Bytes{0x20, 2, 0, 6},
                             Bytes{0x20, 10, 0, 12, 32, 0x10, 0, 16, 0, 0, 0, 0}}) {
    closed = false;
    come_up();
    receive(bytes);
    EXPECT_TRUE(closed);
    EXPECT_EQ(last_close(), CloseReason::kMalformedMessage);
  }
}

TEST_F(SessionError, AMalformedObjectRejectsTheMessageOnly) {
  come_up();
  receive(Bytes{0x20, 11, 0, 12, 7, 0x10, 0, 8, 40, 3, 0, 0});
  EXPECT_EQ(last_error(), errors::kMalformedObject);
  EXPECT_FALSE(closed);
  EXPECT_EQ(delivered(), 0U);
  EXPECT_EQ(session->state(), SessionState::kUp);
}

TEST_F(SessionError, FiveUnrecognizedMessagesAMinuteAreToleratedSixAreNot) {
  come_up();
  const Bytes unknown{0x20, 99, 0, 4};
  for (int i = 0; i < 5; ++i) {
    receive(unknown);
    EXPECT_EQ(last_error(), errors::kCapabilityNotSupported);
  }
  EXPECT_FALSE(closed);
  for (int i = 0; i < 6; ++i) {  // 60 s pass, with the peer alive
    now += 10s;
    receive(make_keepalive());
  }
  receive(unknown);
  EXPECT_FALSE(closed);
  for (int i = 0; i < 5; ++i) receive(unknown);
  EXPECT_TRUE(closed);
  EXPECT_EQ(last_close(), CloseReason::kUnrecognizedMessages);
}

TEST_F(SessionError, AnUpdateWithoutTheCapability) {
  connect();
  receive(make_open(peer_open({.stateful = true, .srv6 = true})));
  receive(make_keepalive());
  receive(Message{.type = MessageType::kPcUpd});
  EXPECT_EQ(last_error(), errors::kUpdateNotAdvertised);
  EXPECT_EQ(delivered(), 0U);
  EXPECT_FALSE(closed);
}

TEST_F(PceSessionError, AReportWithoutTheCapability) {
  connect();
  receive(make_open(peer_open({.srv6 = true})));
  receive(make_keepalive());
  receive(Message{.type = MessageType::kPcRpt});
  EXPECT_EQ(last_error(), errors::kReportNotAdvertised);
  EXPECT_EQ(delivered(), 0U);
}

TEST_F(PceSessionError, MessagesThatGoTheOtherWay) {
  come_up();
  receive(Message{.type = MessageType::kPcUpd});
  EXPECT_EQ(last_error(), errors::kCapabilityNotSupported);
  EXPECT_EQ(delivered(), 0U);
}

TEST_F(SessionError, StartTlsAfterTheExchange) {
  come_up();
  receive(Message{.type = MessageType::kStartTls});
  EXPECT_EQ(last_error(), errors::kStartTlsAfterExchange);
  EXPECT_TRUE(closed);
}

TEST_F(SessionError, RefusalOfOurOpenEndsItWithItsReason) {
  connect();
  receive(make_error(errors::kUnacceptable));
  EXPECT_TRUE(closed);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(std::get<SessionDown>(events[0]).reason.find("1/3"), std::string::npos);
}

TEST_F(SessionError, TheMachineStartsAnewWithEachConnection) {
  connect();
  receive(Bytes{0x20, 1});  // half a header
  step([&](SessionOutput& out) { session->disconnected(now, out); });
  EXPECT_EQ(session->state(), SessionState::kIdle);
  step([&](SessionOutput& out) { session->connected(now, out); });
  receive(make_open(peer_open()));
  receive(make_keepalive());
  EXPECT_EQ(session->state(), SessionState::kUp);
}

}  // namespace
}  // namespace pathwise::pcep::test
