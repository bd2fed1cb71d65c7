// SPDX-License-Identifier: Apache-2.0
// One request thread end to end over loopback sockets: a scripted runtime on one side, a raw client on
// the other. What passes must pass byte for byte, in every phase a client may leave.
#include <future>

#include "base/format.h"
#include "forward_harness.h"

namespace pathwise::router::forward {
namespace {

TEST(Forward, RelaysAChunkedStreamByteForByte) {
  const std::string stream =
      "7\r\ndata: a\r\n1\r\n\n\r\n001;x=y\r\n\n\r\n10\r\ndata: {\"b\":\"\xc3\xa9\"}\r\n2\r\n\n\n\r\n0\r\n\r\n";
  ScriptedServer runtime([&](Connection& connection) {
    (void)connection.receive_message();
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nX-Own:  1 \r\n\r\n");
    for (const char byte : stream) connection.send({&byte, 1});
    connection.closed_by_peer();
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(kBody));
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, stream);
  EXPECT_THAT(answer.head, HasSubstr("X-Own:  1 \r\n"));
  EXPECT_EQ(answer.header("x-pathwise-site"), "pune");
  EXPECT_EQ(answer.header("x-pathwise-tier"), "realtime");
  EXPECT_FALSE(answer.header("x-pathwise-decision").empty());
  EXPECT_EQ(answer.header("x-request-id").size(), 32u);
  const auto record = router.record();
  EXPECT_EQ(record.outcome, select::Outcome::kOk);
  EXPECT_EQ(record.id.str(), answer.header("x-request-id"));
  EXPECT_EQ(record.bytes_out, stream.size());
  EXPECT_GT(record.ttft_s, 0);
}

TEST(Forward, TheRuntimeSeesTheBodyAndNoSecrets) {
  std::promise<Connection::Message> seen;
  ScriptedServer runtime([&](Connection& connection) {
    seen.set_value(connection.receive_message());
    connection.send(kReply);
    connection.closed_by_peer();
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(kBody, "X-Request-Id: mine-1\r\nX-Pathwise-Labels: team=x\r\nTraceparent: 00-ab\r\n"));
  EXPECT_EQ(client.receive_message().header("x-request-id"), "mine-1");
  const auto request = seen.get_future().get();
  EXPECT_EQ(request.body, kBody);
  EXPECT_EQ(request.header("authorization"), "");
  EXPECT_EQ(request.header("x-pathwise-labels"), "");
  EXPECT_EQ(request.header("x-request-id"), "mine-1");
  EXPECT_EQ(request.header("traceparent"), "00-ab");
  EXPECT_EQ(request.header("host"), formatted("127.0.0.1:{}", runtime.port()));
}

TEST(Forward, AnAliasBecomesTheRuntimesName) {
  std::promise<Connection::Message> seen;
  ScriptedServer runtime([&](Connection& connection) {
    seen.set_value(connection.receive_message());
    connection.send(kReply);
    connection.closed_by_peer();
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(R"({"max_tokens":3, "model" : "gpt-like" ,"messages":[]})"));
  EXPECT_EQ(client.receive_message().status(), 200);
  EXPECT_EQ(seen.get_future().get().body, R"({"max_tokens":3, "model" : "llama" ,"messages":[]})");
}

TEST(Forward, AdaptersAreModels) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(R"({"model":"sql","messages":[]})"));
  EXPECT_EQ(client.receive_message().status(), 200);
  EXPECT_EQ(router.record().adapter, "sql");
}

TEST(Forward, ChunkedBodiesArriveWhole) {
  std::promise<Connection::Message> seen;
  ScriptedServer runtime([&](Connection& connection) {
    seen.set_value(connection.receive_message());
    connection.send(kReply);
    connection.closed_by_peer();
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(
      formatted("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n"
                "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
                kKey));
  EXPECT_THAT(client.receive_until("\r\n\r\n"), HasSubstr("HTTP/1.1 100 Continue"));
  client.take(client.text().size());
  client.send(formatted("{:x}\r\n{}\r\n", 10, kBody.substr(0, 10)));
  client.send(formatted("{:x}\r\n{}\r\n0\r\n\r\n", kBody.size() - 10, kBody.substr(10)));
  EXPECT_EQ(client.receive_message().status(), 200);
  const auto request = seen.get_future().get();
  EXPECT_EQ(request.body, kBody);
  EXPECT_EQ(request.header("content-length"), std::to_string(kBody.size()));
}

TEST(Forward, PipelinedRequestsAreAnsweredInOrder) {
  ScriptedServer runtime([](Connection& connection) {
    for (;;) {
      const auto request = connection.receive_message();
      if (!request.ok()) return;
      const std::string id = request.header("x-request-id");
      connection.send(formatted("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", id.size(), id));
    }
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  std::string all;
  for (int i = 0; i < 20; ++i) all += chat(kBody, formatted("x-request-id: r{}\r\n", i));
  client.send(all);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.receive_message().body, formatted("r{}", i));
  EXPECT_EQ(runtime.connections(), 1) << "the upstream connection is kept";
}

// In every phase: the runtime sees its connection end soon after the client's has.
TEST(Forward, AClientThatLeavesBeforeTheAnswerEndsTheRequest) {
  std::promise<bool> closed;
  ScriptedServer runtime([&](Connection& connection) {
    (void)connection.receive_message();
    closed.set_value(connection.closed_by_peer());
  });
  Harness router({runtime.port()});
  {
    Connection client = router.connect();
    client.send(chat(kBody));
    ASSERT_TRUE(eventually([&] { return runtime.connections() == 1; }));
  }
  EXPECT_TRUE(closed.get_future().get());
  EXPECT_EQ(router.record().outcome, select::Outcome::kClientGone);
}

TEST(Forward, AClientThatLeavesInTheStreamEndsIt) {
  std::promise<bool> closed;
  ScriptedServer runtime([&](Connection& connection) {
    (void)connection.receive_message();
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    closed.set_value(connection.closed_by_peer());
  });
  Harness router({runtime.port()});
  {
    Connection client = router.connect();
    client.send(chat(kBody));
    client.receive_until("abc");
  }
  EXPECT_TRUE(closed.get_future().get());
  EXPECT_EQ(router.record().outcome, select::Outcome::kClientGone);
}

TEST(Forward, AStreamThatBreaksNeverLooksComplete) {
  ScriptedServer runtime([&](Connection& connection) {
    (void)connection.receive_message();
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n");
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(kBody));
  const std::string& all = client.receive_all();
  EXPECT_THAT(all, HasSubstr("data: 1\n"));
  EXPECT_THAT(all, HasSubstr("data: {\"error\":"));
  EXPECT_FALSE(all.ends_with("0\r\n\r\n"));
  EXPECT_EQ(router.record().outcome, select::Outcome::kBroken);
}

TEST(Forward, AShortBodyIsCutOffToo) {
  ScriptedServer runtime([&](Connection& connection) {
    (void)connection.receive_message();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(kBody));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_THAT(client.text(), HasSubstr("half"));
}

TEST(Forward, ABodyThatEndsWithTheConnectionIsRelayed) {
  ScriptedServer runtime([&](Connection& connection) {
    (void)connection.receive_message();
    connection.send("HTTP/1.1 200 OK\r\n\r\nto the end");
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(kBody));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(client.text().ends_with("\r\n\r\nto the end"));
  EXPECT_EQ(router.record().outcome, select::Outcome::kOk);
}

TEST(Forward, AKeptConnectionThatDiedCostsNothing) {
  std::atomic<int> served{0};
  ScriptedServer runtime([&](Connection& connection) {
    (void)connection.receive_message();
    connection.send(kReply);
    ++served;
    if (served == 1) return;  // closes it
    while (connection.receive_message().ok()) connection.send(kReply);
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(chat(kBody));
    EXPECT_EQ(client.receive_message().status(), 200);
  }
  EXPECT_EQ(runtime.connections(), 2);
}

// The race: the runtime closes just when the request arrives on the kept connection.
TEST(Forward, AKeptConnectionThatDiesUnderTheRequestIsReplaced) {
  std::atomic<int> opened{0};
  ScriptedServer runtime([&](Connection& connection) {
    const bool first = ++opened == 1;
    (void)connection.receive_message();
    connection.send(kReply);
    if (!connection.receive_message().ok() || first) return connection.reset();
    connection.send(kReply);
    connection.closed_by_peer();
  });
  Harness router({runtime.port()});
  Connection client = router.connect();
  for (int i = 0; i < 2; ++i) {
    client.send(chat(kBody));
    EXPECT_EQ(client.receive_message().status(), 200);
  }
  EXPECT_EQ(runtime.connections(), 2);
}

TEST(Forward, ABusyRuntimeHandsOverToAnother) {
  ScriptedServer busy(always("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
  ScriptedServer good(always(kReply));
  Harness router({busy.port(), good.port()});
  Connection client = router.connect();
  client.send(chat(kBody));
  EXPECT_EQ(client.receive_message().status(), 200);
  const auto record = router.record();
  ASSERT_EQ(record.attempts.size(), 2u);
  EXPECT_THAT(record.attempts[0].result, HasSubstr("503"));
  EXPECT_EQ(record.attempts[1].result, "relayed");
}

TEST(Forward, NobodyThereIsA503WithRetryAfter) {
  std::uint16_t closed_port = 0;
  {
    closed_port = ScriptedServer(always(kReply)).port();
  }
  Harness router({closed_port});
  Connection client = router.connect();
  client.send(chat(kBody));
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(router.record().outcome, select::Outcome::kNoCapacity);
}

TEST(Forward, TheRuntimesOwnErrorsPass) {
  ScriptedServer runtime(always("HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\n{\"e\":\"x\"}"));
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(kBody));
  const auto answer = client.receive_message();
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.body, "{\"e\":\"x\"}");
}

TEST(Forward, ARuntimeThatSaysNothingTimesOut) {
  std::promise<void> release;
  auto released = release.get_future().share();
  ScriptedServer runtime([released](Connection& connection) {
    (void)connection.receive_message();
    released.wait();
  });
  Harness router({runtime.port()}, {.first_byte = std::chrono::milliseconds{150}, .retries = 0});
  Connection client = router.connect();
  client.send(chat(kBody));
  EXPECT_EQ(client.receive_message().status(), 504);
  release.set_value();
}

TEST(Forward, DrainFinishesWhatIsUnderWay) {
  std::promise<void> release;
  auto released = release.get_future().share();
  ScriptedServer runtime([released](Connection& connection) {
    (void)connection.receive_message();
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    released.wait();
    connection.send("3\r\ndef\r\n0\r\n\r\n");
    connection.closed_by_peer();
  });
  Harness router({runtime.port()});
  Connection idle = router.connect();
  Connection client = router.connect();
  client.send(chat(kBody));
  client.receive_until("abc");
  router.drain();
  EXPECT_TRUE(idle.closed_by_peer());
  release.set_value();
  EXPECT_THAT(client.receive_until("def\r\n0\r\n\r\n"), HasSubstr("3\r\ndef\r\n0\r\n\r\n"));
  EXPECT_TRUE(client.closed_by_peer());
}

// What a slow or broken client has begun.
constexpr std::string_view kHalfHead = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n";
std::string half_body(bool chunked) {
  return formatted("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n{}\r\n\r\n{}", kKey,
                   chunked ? "Transfer-Encoding: chunked" : "Content-Length: 100", chunked ? "20\r\n{" : "{");
}

TEST(Forward, ARequestThatDoesNotArriveIsAnswered408) {
  ScriptedServer runtime(always(kReply));
  const std::chrono::milliseconds soon{100};
  Harness router({runtime.port()}, {.head = soon, .body = soon});
  for (const std::string& begun : {std::string(kHalfHead), half_body(false), half_body(true),
                                   chat(kBody) + std::string(kHalfHead), chat(kBody) + half_body(false)}) {
    Connection client = router.connect();
    client.send(begun);
    const bool second = begun.starts_with(chat(kBody));
    EXPECT_EQ(second ? client.receive_message().status() : 200, 200);
    const auto answer = client.receive_message();
    EXPECT_EQ(answer.status(), 408) << begun;
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_THAT(answer.body, HasSubstr("\"code\":\"request_timeout\""));
    EXPECT_TRUE(client.closed_by_peer());
    EXPECT_EQ(client.text(), "");
  }
}

TEST(Forward, AnIdleConnectionEndsInSilence) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()}, {.keep_alive = std::chrono::milliseconds{50}});
  Connection client = router.connect();
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(client.text(), "");
}

// The time-outs are longer than the test's patience.
TEST(Forward, DrainDoesNotWaitForARequestThatIsNotThere) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()});
  std::vector<Connection> clients;
  // Refused before its body: the answer is there, the body is still awaited.
  const std::string refused = "POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{";
  for (const std::string& begun :
       {std::string(kHalfHead), half_body(false), half_body(true), chat(kBody) + half_body(false), refused}) {
    clients.push_back(router.connect());
    clients.back().send(begun);
    const bool answered = begun == refused || begun.starts_with(chat(kBody));
    EXPECT_TRUE(!answered || clients.back().receive_message().ok());
  }
  // A request of the same thread that is answered later than those were read; keys are known by now.
  clients.push_back(router.connect());
  for (int i = 0; i < 3; ++i) {
    clients.back().send(chat(kBody));
    EXPECT_EQ(clients.back().receive_message().status(), 200);
  }
  router.drain();
  const auto began = std::chrono::steady_clock::now();
  for (Connection& client : clients) {
    EXPECT_TRUE(client.closed_by_peer());
    EXPECT_EQ(client.text(), "");
  }
  EXPECT_TRUE(eventually([&] { return router.worker().active() == 0; }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
}

TEST(Forward, ServesModelsHealthAndReadiness) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive_message().status(), 200);
  client.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive_message().status(), 200);
  client.send("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive_message().status(), 401);
  client.send(formatted("GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", kKey));
  const auto models = client.receive_message();
  EXPECT_THAT(models.body, HasSubstr(R"("id":"llama")"));
  EXPECT_THAT(models.body, HasSubstr(R"("id":"gpt-like")"));
  EXPECT_THAT(models.body, HasSubstr(R"("id":"sql")"));
  EXPECT_THAT(models.body, testing::Not(HasSubstr("absent")));
}

// A client takes what follows the head for the next answer.
TEST(Forward, HeadHasNoBody) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()});
  Connection client = router.connect();
  const auto ask = [&](std::string_view method, std::string_view path) {
    client.send(formatted("{} {} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", method, path, kKey));
    if (method != "HEAD") return client.receive_message();
    client.receive_until("\r\n\r\n");
    return Connection::Message{.head = client.take(client.text().find("\r\n\r\n") + 4), .body = {}};
  };
  for (const std::string_view path : {"/health", "/ready", "/v1/models", "/v2", "/v1/chat/completions"}) {
    const auto head = ask("HEAD", path);
    const auto get = ask("GET", path);
    EXPECT_EQ(head.status(), get.status()) << path;
    EXPECT_EQ(head.header("content-length").empty(), false) << path;
    EXPECT_TRUE(get.head.starts_with("HTTP/1.1 ")) << path << ": " << get.head;
    EXPECT_TRUE(client.text().empty());
  }
  EXPECT_EQ(ask("HEAD", "/v1/models").status(), 200);
  EXPECT_EQ(ask("HEAD", "/v1/models").header("content-length"), ask("GET", "/v1/models").header("content-length"));
  Connection other = router.connect();
  other.send("HEAD /health HTTP/1.1\r\nno colon\r\n\r\n");
  EXPECT_TRUE(other.receive_all().ends_with("\r\n\r\n")) << other.text();
  EXPECT_THAT(other.text(), HasSubstr("400"));
}

TEST(Forward, RefusalsSayWhatIsWanted) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send("GET /v1/chat/completions HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS /health HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive_message().header("allow"), "POST");
  EXPECT_EQ(client.receive_message().header("allow"), "GET, HEAD");
  client.send("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive_message().header("www-authenticate"), "Bearer");
}

TEST(Forward, ARefusedRequestKeepsTheConnection) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()});
  Connection client = router.connect();
  client.send(chat(kBody, "", "pw-k9-unknown-key"));
  EXPECT_EQ(client.receive_message().status(), 401);
  client.send(chat(kBody));
  EXPECT_EQ(client.receive_message().status(), 200);
}

TEST(Forward, ManyClientsAtOnce) {
  ScriptedServer runtime(always(kReply));
  Harness router({runtime.port()});
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      Connection client = router.connect();
      for (int n = 0; n < 20; ++n) {
        client.send(chat(kBody));
        if (client.receive_message().status() == 200) ++good;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 320);
}

}  // namespace
}  // namespace pathwise::router::forward
