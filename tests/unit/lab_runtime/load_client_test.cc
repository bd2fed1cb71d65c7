// SPDX-License-Identifier: Apache-2.0
// The client against simulated runtimes, and against servers that break their answers.
#include <gmock/gmock.h>

#include <array>
#include <atomic>

#include "base/format.h"
#include "http_fixture.h"
#include "lab/load/client.h"

namespace pathwise::lab {
namespace {

SteadyTime soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(30);
}

LoadOptions options(const std::string& url) {
  return {.base_url = url,
          .profiles = {{.model = ModelName("m"), .tier = TierName("realtime"), .max_tokens = 8},
                       {.model = ModelName("m"), .tier = TierName("batch"), .max_tokens = 20, .stream = false}},
          .requests = 40};
}

TEST(LoadClient, EveryAnswerOfTheSimulatorIsWhole) {
  const RunningServer server(quick_runtime());
  auto client = LoadClient::open(options(server.url())).value();
  client->start();
  ASSERT_TRUE(client->wait_done(soon()));
  client->finish();
  const LoadSummary summary = client->summary();
  EXPECT_EQ(summary.total.succeeded, 40U) << summary.table();
  EXPECT_EQ(summary.total.tokens, 20 * 8 + 20 * 20U);
  EXPECT_EQ(summary.tiers.at(TierName("realtime")).requests, 20U);
  EXPECT_EQ(client->records().size(), 40U);
  EXPECT_EQ(metric(server.port(), "vllm:generation_tokens_total"), 20 * 8 + 20 * 20);
  for (const RequestRecord& record : client->records()) {
    EXPECT_GT(record.ttft.count(), 0);
    EXPECT_LE(record.ttft, record.e2e);
  }
}

TEST(LoadClient, SendsAtTheRateAndShedsWhatFindsNoWorker) {
  RuntimeConfig config = quick_runtime();
  config.engine.inter_token_base = Milliseconds(20);
  const RunningServer server(config);
  LoadOptions wanted = options(server.url());
  wanted.rate = 200;
  wanted.workers = 2;
  wanted.requests = 10;
  auto client = LoadClient::open(wanted).value();
  client->start();
  ASSERT_TRUE(client->wait_done(soon()));
  client->finish();
  EXPECT_EQ(client->summary().total.succeeded, 10U);
  EXPECT_GT(client->summary().shed, 0U) << "an answer takes 140 ms, and two may be under way";
}

TEST(LoadClient, SessionsRepeatTheirPrompts) {
  const RunningServer server(quick_runtime());
  LoadOptions wanted = options(server.url());
  wanted.profiles.resize(1);
  wanted.profiles[0].sessions = 2;
  wanted.workers = 1;
  auto client = LoadClient::open(wanted).value();
  client->start();
  ASSERT_TRUE(client->wait_done(soon()));
  client->finish();
  int cached = 0;
  for (const RequestRecord& record : client->records()) cached += record.cached_tokens > 0 ? 1 : 0;
  EXPECT_EQ(cached, 38) << "all but the first of each session";
}

TEST(LoadClient, RefusalsAreNotBrokenRequests) {
  RuntimeConfig config = quick_runtime();
  config.engine.max_num_seqs = 1;
  config.engine.queue_limit = 0;
  config.engine.inter_token_base = Milliseconds(5);
  const RunningServer server(config);
  auto client = LoadClient::open(options(server.url())).value();
  client->start();
  ASSERT_TRUE(client->wait_done(soon()));
  client->finish();
  const TierSummary total = client->summary().total;
  EXPECT_GT(total.failures.at(Failure::kRefused), 0U);
  EXPECT_EQ(total.broken(), 0U);
}

TEST(LoadClient, KeepsTheNewestRecordsOnly) {
  const RunningServer server(quick_runtime());
  LoadOptions wanted = options(server.url());
  wanted.keep_records = 5;
  auto client = LoadClient::open(wanted).value();
  client->start();
  ASSERT_TRUE(client->wait_done(soon()));
  client->finish();
  const auto records = client->records();
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records.front().sequence, 36U);
  EXPECT_EQ(records.back().sequence, 40U);
  EXPECT_EQ(client->last_sequence(), 40U);
}

// Accepts connections one after the other, reads a request's head and gives a canned answer.
class CannedServer {
 public:
  explicit CannedServer(std::string answer) : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
  }
  ~CannedServer() {
    stop_ = true;
    boost::system::error_code ignored;
    boost::asio::ip::tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  [[nodiscard]] std::string url() const { return formatted("http://127.0.0.1:{}", acceptor_.local_endpoint().port()); }

 private:
  void serve(const std::string& answer) {
    while (!stop_) {
      boost::asio::ip::tcp::socket socket(io_);
      boost::system::error_code error;
      acceptor_.accept(socket, error);
      std::string request;
      boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "include_usage", error);
      if (!error) boost::asio::write(socket, boost::asio::buffer(answer), error);
      socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
      // The client's close ends this; so its bytes are never reset away.
      std::array<char, 256> rest;
      while (!error) socket.read_some(boost::asio::buffer(rest), error);
    }
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::string with_head(unsigned status, const std::string& type, const std::string& body, std::size_t length) {
  return formatted(
      "HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nx-request-id: r-1\r\n"
      "x-pathwise-site: dubai\r\nx-pathwise-tier: batch\r\nx-pathwise-decision: d-1\r\n\r\n{}",
      status, type, length, body);
}

RequestRecord ask(const std::string& url, Milliseconds timeout = Milliseconds(20'000)) {
  LoadOptions wanted = options(url);
  wanted.profiles.resize(1);
  wanted.requests = 1;
  wanted.workers = 1;
  wanted.timeout = timeout;
  auto client = LoadClient::open(wanted).value();
  client->start();
  EXPECT_TRUE(client->wait_done(soon()));
  client->finish();
  return client->records().at(0);
}

TEST(LoadClient, AnAnswerCutShortIsABrokenRequest) {
  const CannedServer server(with_head(200, "text/event-stream", "data: {\"choices\":[]}\n\n", 1000));
  const RequestRecord record = ask(server.url());
  EXPECT_EQ(record.failure, Failure::kClosed) << record.error;
  EXPECT_EQ(record.status, 200U);
  EXPECT_EQ(record.site, SiteName("dubai"));
  EXPECT_EQ(record.request_id, RequestId("r-1"));
  EXPECT_EQ(record.decision, "d-1");
  EXPECT_EQ(record.served_tier, TierName("batch"));
}

TEST(LoadClient, StatusesAreToldApart) {
  const std::string body = R"({"error":{"message":"no"}})";
  EXPECT_EQ(ask(CannedServer(with_head(429, "application/json", body, body.size())).url()).failure, Failure::kRefused);
  const RequestRecord record = ask(CannedServer(with_head(500, "application/json", body, body.size())).url());
  EXPECT_EQ(record.failure, Failure::kStatus);
  EXPECT_EQ(record.error, body);
}

TEST(LoadClient, ASilentServerIsATimeOut) {
  // Promises a body and waits for the client to give up.
  RuntimeConfig config = quick_runtime();
  config.engine.inter_token_base = Milliseconds(60'000);
  const RunningServer server(config);
  EXPECT_EQ(ask(server.url(), Milliseconds(200)).failure, Failure::kTimeout);
  EXPECT_TRUE(eventually(server.port(), "vllm:num_requests_running", 0)) << "and the runtime notices";
}

TEST(LoadClient, NobodyListeningIsAFailedConnect) {
  std::string url;
  {
    const RunningServer server(quick_runtime());
    url = server.url();
  }
  EXPECT_EQ(ask(url).failure, Failure::kConnect);
}

TEST(LoadClient, WaitsForWhatIsServedAfterTheCall) {
  const RunningServer runtime(quick_runtime());
  LoadOptions wanted = options(runtime.url());
  wanted.requests = 0;
  auto client = LoadClient::open(wanted).value();
  client->start();
  const auto served = client->wait_until_served(TierName("batch"), SiteName(), soon());
  ASSERT_TRUE(served) << "a runtime sends no site header";
  EXPECT_EQ(served->tier, TierName("batch"));
  const auto later = client->wait_for([](const RequestRecord&) { return true; }, client->last_sequence(), soon());
  ASSERT_TRUE(later);
  EXPECT_GT(later->sequence, served->sequence);
  const auto never = client->wait_until_served(TierName("batch"), SiteName("nowhere"),
                                               std::chrono::steady_clock::now() + Milliseconds(50));
  EXPECT_FALSE(never);
  client->finish();
  EXPECT_EQ(client->summary().total.broken(), 0U);
}

TEST(LoadClient, OptionsThatCannotWorkAreNamed) {
  const auto error = [](const LoadOptions& wanted) { return LoadClient::open(wanted).error().message; };
  EXPECT_THAT(error(options("https://localhost:1")), testing::HasSubstr("http://host:port"));
  EXPECT_THAT(error(options("http://localhost")), testing::HasSubstr("http://host:port"));
  LoadOptions none = options("http://127.0.0.1:1");
  none.profiles.clear();
  EXPECT_THAT(error(none), testing::HasSubstr("at least one"));
  LoadOptions idle = options("http://127.0.0.1:1");
  idle.workers = 0;
  EXPECT_THAT(error(idle), testing::HasSubstr("workers"));
}

TEST(LoadClient, ARecordIsOneJsonLine) {
  const RequestRecord record{.sequence = 3,
                             .tier = TierName("batch"),
                             .failure = Failure::kClosed,
                             .status = 200,
                             .site = SiteName("dubai"),
                             .ttft = Microseconds(1500),
                             .error = "end\nof file"};
  const std::string line = to_json(record);
  EXPECT_THAT(line, testing::HasSubstr(R"("sequence":3,"tier":"batch","result":"closed","status":200)"));
  EXPECT_THAT(line, testing::HasSubstr(R"("ttft_us":1500)"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace pathwise::lab
