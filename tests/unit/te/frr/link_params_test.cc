// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/link_params.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "mgmt_message.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using testing::HasSubstr;

LinkDelay delay(int us) {
  return {Microseconds(us), Microseconds(us), Microseconds(us + 50)};
}

TEST(MgmtMessage, SurvivesTheWire) {
  const MgmtMessage edit = mgmt_delay_edit(7, 9, "r1-r2", delay(1000));
  const std::string frame = encode_mgmt(edit);
  EXPECT_EQ(*mgmt_frame_length(frame), frame.size());
  EXPECT_EQ(*decode_mgmt(frame), edit);
  EXPECT_THAT(edit.body, HasSubstr("/frr-interface:lib/interface[name='r1-r2']/frr-zebra:zebra/link-params"));
  EXPECT_THAT(edit.body, HasSubstr(R"("delay":1000,"min-max-delay":{"delay-min":1000,"delay-max":1050})"));
  EXPECT_EQ(edit.body[8 + edit.split - 1], '\0');  // the path's end, where the data start
}

TEST(MgmtMessage, RefusesWhatIsNone) {
  EXPECT_FALSE(mgmt_frame_length("short"));
  EXPECT_FALSE(mgmt_frame_length("xxxxxxxx"));
  std::string huge = encode_mgmt({});
  huge[6] = 0x7F;  // 8 MiB
  EXPECT_FALSE(mgmt_frame_length(huge));
  EXPECT_FALSE(decode_mgmt(encode_mgmt({}) + "x"));
}

// mgmtd's side of the socket: accepts one client and answers what the test tells it to.
class FakeMgmtd {
 public:
  FakeMgmtd(asio::io_context& io, std::string path) : acceptor_(io), socket_(io) {
    ::unlink(path.c_str());
    acceptor_.open();
    acceptor_.bind(asio::local::stream_protocol::endpoint(path));
    acceptor_.listen();
    accept();
  }
  ~FakeMgmtd() { close(); }
  void close() {
    error_code ignored;
    socket_.close(ignored);
    acceptor_.close(ignored);
  }
  std::vector<MgmtMessage> edits;
  std::string refusal;  // set: edits are answered with this error
  bool mute = false;    // edits are not answered

 private:
  void accept() {
    acceptor_.async_accept(socket_, [this](error_code error) {
      if (!error) read();
    });
  }
  void read() {
    input_.resize(kMgmtFrameHeader);
    asio::async_read(socket_, asio::buffer(input_), [this](error_code error, std::size_t) {
      if (error) return;
      const std::size_t length = *mgmt_frame_length(input_);
      input_.resize(length);
      asio::async_read(socket_, asio::buffer(input_.data() + kMgmtFrameHeader, length - kMgmtFrameHeader),
                       [this](error_code failed, std::size_t) {
                         if (!failed) answer(*decode_mgmt(input_));
                       });
    });
  }
  void answer(const MgmtMessage& message) {
    if (message.code == MgmtCode::kSessionRequest) {
      reply({.code = MgmtCode::kSessionReply, .session = 42, .request = message.request, .body = std::string(8, '\0')});
    } else {
      edits.push_back(message);
      if (mute) return;
      if (refusal.empty())
        reply({.code = MgmtCode::kEditReply, .session = 42, .request = message.request, .body = std::string(8, '\0')});
      else
        reply({.code = MgmtCode::kError,
               .session = 42,
               .request = message.request,
               .body = std::string(8, '\0') + refusal + '\0'});
    }
    read();
  }
  void reply(const MgmtMessage& message) {
    const std::string frame = encode_mgmt(message);
    asio::write(socket_, asio::buffer(frame));
  }
  asio::local::stream_protocol::acceptor acceptor_;
  asio::local::stream_protocol::socket socket_;
  std::string input_;
};

class LinkParamsTest : public testing::Test {
 protected:
  LinkParams::Done store(std::vector<std::string>& results) {
    return [&results](const Result<void>& result) { results.push_back(result ? "taken" : result.error().message); };
  }
  void run_until(auto condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(condition());
  }
  asio::io_context io_;
  std::string path_ = testing::TempDir() + "/mgmtd-" + std::to_string(::getpid()) + ".sock";
};

TEST_F(LinkParamsTest, OpensASessionAndSendsTheDelay) {
  FakeMgmtd mgmtd(io_, path_);
  LinkParams params(io_, path_);
  std::vector<std::string> results;
  params.set("eth1", delay(1500), store(results));
  run_until([&] { return !results.empty(); });
  EXPECT_EQ(results.front(), "taken");
  ASSERT_EQ(mgmtd.edits.size(), 1U);
  EXPECT_EQ(mgmtd.edits[0].session, 42U);
  EXPECT_THAT(mgmtd.edits[0].body, HasSubstr("name='eth1'"));
}

TEST_F(LinkParamsTest, OneEditAtATimeAndTheNewestOfAnInterface) {
  FakeMgmtd mgmtd(io_, path_);
  LinkParams params(io_, path_);
  std::vector<std::string> results;
  params.set("eth1", delay(1), store(results));
  params.set("eth2", delay(2), store(results));
  params.set("eth1", delay(3), store(results));
  params.set("eth1", delay(4), store(results));  // takes the place of 3, which is not sent
  run_until([&] { return results.size() == 4; });
  EXPECT_THAT(results, testing::ElementsAre(HasSubstr("newer"), "taken", "taken", "taken"));
  ASSERT_EQ(mgmtd.edits.size(), 3U);
  EXPECT_THAT(mgmtd.edits[2].body, HasSubstr("\"delay\":4,"));
}

TEST_F(LinkParamsTest, PassesOnWhyMgmtdRefused) {
  FakeMgmtd mgmtd(io_, path_);
  mgmtd.refusal = "Min delay must be less than or equal to delay";
  LinkParams params(io_, path_);
  std::vector<std::string> results;
  params.set("eth1", delay(1500), store(results));
  run_until([&] { return !results.empty(); });
  EXPECT_EQ(results.front(), "mgmtd: Min delay must be less than or equal to delay");
}

TEST_F(LinkParamsTest, AMissingMgmtdIsNamedAndTriedAgain) {
  LinkParams params(io_, path_);
  std::vector<std::string> results;
  params.set("eth1", delay(1500), store(results));
  run_until([&] { return results.size() == 1; });
  EXPECT_THAT(results[0], HasSubstr(path_));
  FakeMgmtd mgmtd(io_, path_);
  params.set("eth1", delay(1500), store(results));
  run_until([&] { return results.size() == 2; });
  EXPECT_EQ(results[1], "taken");
}

TEST_F(LinkParamsTest, AMuteMgmtdTimesOut) {
  FakeMgmtd mgmtd(io_, path_);
  mgmtd.mute = true;
  LinkParams params(io_, path_);
  std::vector<std::string> results;
  params.set("eth1", delay(1500), store(results));
  run_until([&] { return !results.empty(); });
  EXPECT_THAT(results.front(), HasSubstr("did not answer"));
}

}  // namespace
}  // namespace pathwise::te
