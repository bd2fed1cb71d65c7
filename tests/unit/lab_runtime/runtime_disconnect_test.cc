// SPDX-License-Identifier: Apache-2.0
// What happens to the engine when clients go away or come too many.
#include "base/format.h"
#include "http_fixture.h"

namespace pathwise::lab {
namespace {

constexpr const char* kRunning = "vllm:num_requests_running";
constexpr const char* kWaiting = "vllm:num_requests_waiting";
constexpr const char* kAborted = "vllm:request_success_total{engine=\"0\",model_name=\"m\",finished_reason=\"abort\"}";

// A request that lasts for minutes unless it is cancelled.
RuntimeConfig slow_runtime() {
  RuntimeConfig config = quick_runtime();
  config.engine.inter_token_base = Milliseconds(100);
  config.engine.max_num_seqs = 1;
  config.engine.queue_limit = 1;
  return config;
}

std::string endless(bool stream) {
  return formatted(R"({{"model":"m","messages":[{{"role":"user","content":"hello"}}],"max_tokens":8000,)"
                   R"("ignore_eos":true,"stream":{}}})",
                   stream);
}

TEST(RuntimeDisconnect, AStreamingClientThatLeavesFreesTheEngine) {
  const RunningServer server(slow_runtime());
  BlockingClient client(server.port());
  client.send("POST", "/v1/chat/completions", endless(true));
  client.read_until("data: ");
  EXPECT_EQ(metric(server.port(), kRunning), 1);
  EXPECT_GT(metric(server.port(), "vllm:kv_cache_usage_perc"), 0);
  client.close();
  EXPECT_TRUE(eventually(server.port(), kRunning, 0));
  EXPECT_EQ(metric(server.port(), "vllm:kv_cache_usage_perc"), 0);
  EXPECT_EQ(metric(server.port(), kAborted), 1);
}

TEST(RuntimeDisconnect, AClientThatWaitsForAWholeAnswerIsWatchedToo) {
  const RunningServer server(slow_runtime());
  BlockingClient client(server.port());
  client.send("POST", "/v1/chat/completions", endless(false));
  EXPECT_TRUE(eventually(server.port(), kRunning, 1));
  client.close();
  EXPECT_TRUE(eventually(server.port(), kRunning, 0));
  EXPECT_EQ(metric(server.port(), kAborted), 1);
}

TEST(RuntimeDisconnect, AQueuedClientThatLeavesLeavesTheQueue) {
  const RunningServer server(slow_runtime());
  BlockingClient first(server.port());
  first.send("POST", "/v1/chat/completions", endless(true));
  first.read_until("data: ");
  BlockingClient second(server.port());
  second.send("POST", "/v1/chat/completions", endless(true));
  EXPECT_TRUE(eventually(server.port(), kWaiting, 1));
  second.close();
  EXPECT_TRUE(eventually(server.port(), kWaiting, 0));
  EXPECT_EQ(metric(server.port(), kRunning), 1) << "the other one goes on";
}

TEST(RuntimeDisconnect, AFullQueueAnswers429AtOnce) {
  const RunningServer server(slow_runtime());
  BlockingClient first(server.port());
  first.send("POST", "/v1/chat/completions", endless(true));
  first.read_until("data: ");
  BlockingClient second(server.port());
  second.send("POST", "/v1/chat/completions", endless(true));
  EXPECT_TRUE(eventually(server.port(), kWaiting, 1));
  BlockingClient third(server.port());
  const Reply refused = third.call("POST", "/v1/chat/completions", endless(true));
  EXPECT_EQ(refused.status, 429U);
  EXPECT_TRUE(refused.head.contains("Retry-After: 1")) << refused.head;
  EXPECT_TRUE(refused.body.contains("the queue is full")) << refused.body;
  EXPECT_EQ(third.call("GET", "/health").status, 200U) << "the connection is still good";
}

TEST(RuntimeDisconnect, StoppingEndsWhatIsUnderWay) {
  auto server = std::make_unique<RunningServer>(slow_runtime());
  BlockingClient streaming(server->port());
  streaming.send("POST", "/v1/chat/completions", endless(true));
  streaming.read_until("data: ");
  BlockingClient idle(server->port());
  EXPECT_EQ(idle.call("GET", "/health").status, 200U);
  server.reset();  // returns, although the answer would take minutes
  EXPECT_THROW(streaming.read_until("[DONE]"), boost::system::system_error);
}

TEST(RuntimeDisconnect, StoppingDoesNotWaitForTheStepUnderWay) {
  RuntimeConfig config = slow_runtime();
  config.engine.inter_token_base = std::chrono::minutes(1);
  auto server = std::make_unique<RunningServer>(config);
  BlockingClient client(server->port());
  client.send("POST", "/v1/chat/completions", endless(true));
  client.read_until("data: ");
  const auto before = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(30));
}

TEST(RuntimeDisconnect, ConnectionsBeyondTheLimitAreClosed) {
  RuntimeConfig config = slow_runtime();
  config.max_connections = 1;
  const RunningServer server(config);
  BlockingClient first(server.port());
  EXPECT_EQ(first.call("GET", "/health").status, 200U);
  BlockingClient second(server.port());
  EXPECT_THROW(second.call("GET", "/health"), boost::system::system_error);
  EXPECT_EQ(first.call("GET", "/health").status, 200U);
}

}  // namespace
}  // namespace pathwise::lab
