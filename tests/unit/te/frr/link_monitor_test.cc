// SPDX-License-Identifier: GPL-2.0-or-later
// A monitor that measures a link to itself: loopback, real sockets, real time with a deadline.
#include "te/frr/link_monitor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "base/process.h"

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;

const MonitoredLink kLink{
    .interface = "lo", .ifindex = 1, .local = *Ipv6Address::parse("::1"), .remote = *Ipv6Address::parse("::1")};
const DefinitionHashes kHashes{{Algorithm(128), 0x0102030405060708}};

class LinkMonitorTest : public testing::Test {
 protected:
  LinkMonitorTest()
      : key_(std::filesystem::temp_directory_path() / ("pathwise-link-key-" + std::to_string(::getpid()))) {
    params_.interval = milliseconds(10);
    params_.window = milliseconds(100);
    params_.port = 8620;
  }
  ~LinkMonitorTest() override { std::filesystem::remove(key_); }
  Result<std::unique_ptr<LinkMonitor>> start() {
    return LinkMonitor::start(
        context_, params_, kHashes,
        {.on_delay = [this](const MonitoredLink&, const LinkDelay& delay) { delays_.push_back(delay); },
         .on_definitions = [this](const Ipv6Address&, const DefinitionHashes& hashes) { heard_ = hashes; }});
  }
  void measures_itself() {
    const auto monitor = start();
    ASSERT_TRUE(monitor) << monitor.error().message;
    (*monitor)->set_links({kLink});
    const SteadyTime deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (delays_.empty() && std::chrono::steady_clock::now() < deadline) context_.run_one_for(milliseconds(20));
    ASSERT_FALSE(delays_.empty());
    EXPECT_GE(delays_.front().min, Microseconds(1));
    EXPECT_LT(delays_.front().min, milliseconds(20));
    EXPECT_EQ(heard_, kHashes);
    EXPECT_TRUE((*monitor)->state().front().alive);
    EXPECT_EQ((*monitor)->state().front().loss, 0.0);
  }

  std::string key_;
  boost::asio::io_context context_{1};
  LinkMonitorParams params_;
  std::vector<LinkDelay> delays_;
  DefinitionHashes heard_;
};

TEST_F(LinkMonitorTest, MeasuresALinkAndHearsTheNeighboursDefinitions) {
  measures_itself();
}

TEST_F(LinkMonitorTest, DoesSoAuthenticated) {
  ASSERT_TRUE(write_file_atomically(key_, "000102030405060708090a0b0c0d0e0f\n", 0600));
  params_.key_file = key_;
  measures_itself();
}

TEST_F(LinkMonitorTest, AKeyThatOthersCanReadIsRefused) {
  ASSERT_TRUE(write_file_atomically(key_, "000102030405060708090a0b0c0d0e0f\n", 0644));
  params_.key_file = key_;
  const auto monitor = start();
  ASSERT_FALSE(monitor);
  EXPECT_TRUE(monitor.error().message.starts_with("link_delay.key_file: " + key_)) << monitor.error().message;
}

}  // namespace
}  // namespace pathwise::te
