// SPDX-License-Identifier: Apache-2.0
#include "gnmi/server.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "gnmi/gnmi.grpc.pb.h"

namespace pathwise::gnmi {
namespace {

Path path(std::string_view text) {
  return Path::parse(text).value();
}

void add_path(::gnmi::Path& out, std::string_view text) {
  for (const PathElem& elem : path(text).elems) {
    auto& added = *out.add_elem();
    added.set_name(elem.name);
    for (const auto& [key, value] : elem.keys) (*added.mutable_key())[key] = value;
  }
}

class GnmiServer : public ::testing::Test {
 protected:
  void SetUp() override {
    tree.set(path("/paths/path[site=dubai][tier=realtime]/state/rtt-p50"), std::uint64_t{12400});
    tree.set(path("/paths/path[site=dubai][tier=batch]/state/rtt-p50"), std::uint64_t{56000});
    tree.set(path("/sites/site[name=dubai]/state/loss"), 0.25);
    auto started = Server::start(tree, {.listen = {.host = "127.0.0.1", .port = 0},
                                        .target = "mumbai/r1",
                                        .models = {{"pathwise-state", "Pathwise", "2026-11-21"}}});
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    stub = ::gnmi::gNMI::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(server->port()), grpc::InsecureChannelCredentials()));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }
  // The first message of a stream subscription, then everything up to sync.
  std::vector<::gnmi::Update> until_sync() {
    std::vector<::gnmi::Update> updates;
    ::gnmi::SubscribeResponse response;
    while (stream->Read(&response) && !response.sync_response()) {
      for (const auto& update : response.update().update()) updates.push_back(update);
    }
    EXPECT_TRUE(response.sync_response());
    return updates;
  }
  void open(::gnmi::SubscriptionList list) {
    stream = stub->Subscribe(&context);
    ::gnmi::SubscribeRequest request;
    *request.mutable_subscribe() = std::move(list);
    ASSERT_TRUE(stream->Write(request));
  }

  RealClock clock;
  Tree tree{clock};
  std::unique_ptr<Server> server;
  std::unique_ptr<::gnmi::gNMI::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<::gnmi::SubscribeRequest, ::gnmi::SubscribeResponse>> stream;
};

TEST_F(GnmiServer, CapabilitiesNameModelAndEncodings) {
  ::gnmi::CapabilityResponse response;
  ASSERT_TRUE(stub->Capabilities(&context, {}, &response).ok());
  ASSERT_EQ(response.supported_models_size(), 1);
  EXPECT_EQ(response.supported_models(0).name(), "pathwise-state");
  EXPECT_EQ(response.supported_encodings_size(), 3);
  EXPECT_EQ(response.gnmi_version(), "0.10.0");
}

TEST_F(GnmiServer, GetWithWildcardAndEncodings) {
  ::gnmi::GetRequest request;
  request.set_encoding(::gnmi::JSON_IETF);
  add_path(*request.add_path(), "/paths/path[site=*]/state/rtt-p50");
  ::gnmi::GetResponse response;
  ASSERT_TRUE(stub->Get(&context, request, &response).ok());
  ASSERT_EQ(response.notification_size(), 1);
  ASSERT_EQ(response.notification(0).update_size(), 2);
  EXPECT_EQ(response.notification(0).update(1).val().json_ietf_val(), "\"12400\"");
  EXPECT_EQ(response.notification(0).prefix().target(), "mumbai/r1");
}

TEST_F(GnmiServer, GetOfNothingIsNotFound) {
  ::gnmi::GetRequest request;
  add_path(*request.add_path(), "/nowhere");
  ::gnmi::GetResponse response;
  EXPECT_EQ(stub->Get(&context, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GnmiServer, SetNamesTheOwner) {
  ::gnmi::SetResponse response;
  const auto status = stub->Set(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_NE(status.error_message().find("'file'"), std::string::npos);
}

TEST_F(GnmiServer, OnceSendsStateThenSyncThenEnds) {
  ::gnmi::SubscriptionList list;
  list.set_mode(::gnmi::SubscriptionList::ONCE);
  list.set_encoding(::gnmi::PROTO);
  add_path(*list.add_subscription()->mutable_path(), "/sites");
  open(std::move(list));
  const auto updates = until_sync();
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_DOUBLE_EQ(updates[0].val().double_val(), 0.25);
  ::gnmi::SubscribeResponse more;
  EXPECT_FALSE(stream->Read(&more));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GnmiServer, OnChangeSendsChangesAndDeletes) {
  ::gnmi::SubscriptionList list;
  list.set_encoding(::gnmi::PROTO);
  auto& wanted = *list.add_subscription();
  wanted.set_mode(::gnmi::ON_CHANGE);
  add_path(*wanted.mutable_path(), "/paths");
  open(std::move(list));
  EXPECT_EQ(until_sync().size(), 2u);
  tree.set(path("/paths/path[site=dubai][tier=realtime]/state/rtt-p50"), std::uint64_t{42400});
  ::gnmi::SubscribeResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.update().update_size(), 1);
  EXPECT_EQ(response.update().update(0).val().uint_val(), 42400u);
  tree.replace(path("/paths"), {});
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.update().delete__size(), 2);
  context.TryCancel();
}

TEST_F(GnmiServer, SampleSendsUnchangedValuesOnTheInterval) {
  ::gnmi::SubscriptionList list;
  list.set_encoding(::gnmi::PROTO);
  auto& wanted = *list.add_subscription();
  wanted.set_mode(::gnmi::SAMPLE);
  wanted.set_sample_interval(100'000'000);
  add_path(*wanted.mutable_path(), "/sites");
  open(std::move(list));
  EXPECT_EQ(until_sync().size(), 1u);
  ::gnmi::SubscribeResponse response;
  for (int sample = 0; sample < 3; ++sample) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.update().update_size(), 1);
  }
  context.TryCancel();
}

TEST_F(GnmiServer, RefusesBadSubscriptions) {
  ::gnmi::SubscriptionList list;
  list.set_encoding(::gnmi::ASCII);
  add_path(*list.add_subscription()->mutable_path(), "/sites");
  open(std::move(list));
  ::gnmi::SubscribeResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GnmiServer, APortInUseIsAnErrorThatNamesIt) {
  const auto second = Server::start(tree, {.listen = {.host = "127.0.0.1", .port = server->port()}, .target = "x"});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(server->port())), std::string::npos);
}

TEST(GnmiServerStart, PlaintextBeyondLoopbackIsRefused) {
  RealClock clock;
  Tree tree(clock);
  const auto server = Server::start(tree, {.listen = {.host = "::", .port = 0}, .target = "x"});
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("TLS"), std::string::npos);
}

}  // namespace
}  // namespace pathwise::gnmi
