// SPDX-License-Identifier: Apache-2.0
#include "te/wire/topology_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>

#include <chrono>
#include <mutex>
#include <utility>

#include "pathwise/topology.grpc.pb.h"
#include "te/topology/file_source.h"
#include "topology_convert.h"
#include "topology_credentials.h"

namespace pathwise::te {
namespace {

namespace pb = topology::v1;

constexpr int kMaxMessageBytes = 64 << 20;
constexpr int kKeepaliveMs = 2'000;  // a source that vanished is noticed within twice this
constexpr auto kStopCheck = Milliseconds(100);

grpc::ChannelArguments channel_arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a new try connects anew, without gRPC's own back-off
  return arguments;
}

class StreamSource final : public TopologySource {
 public:
  StreamSource(Endpoint address, TopologyStreamOptions options)
      : address_(std::move(address)), options_(std::move(options)) {}

  [[nodiscard]] std::string name() const override { return address_.to_string(); }

  [[nodiscard]] TopologySourceEnd follow(const std::function<void(TopologySnapshotPtr)>& take) override {
    const auto credentials = channel_credentials(address_, options_.tls, options_.insecure);
    if (!credentials) return {credentials.error().message, false};
    const auto channel = grpc::CreateCustomChannel(grpc_address(address_), *credentials, channel_arguments());
    if (!wait_connected(*channel)) return {why_not_connected(channel), false};
    grpc::ClientContext context;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return {"stopped", true};
      current_ = &context;
    }
    pb::WatchRequest request;
    request.set_client(options_.name);
    const auto stub = pb::TopologyService::NewStub(channel);
    const auto reader = stub->Watch(&context, request);
    const std::string problem = read_all(*reader, take);
    if (!problem.empty()) context.TryCancel();
    const grpc::Status status = reader->Finish();
    {
      const std::lock_guard lock(mutex_);
      current_ = nullptr;
    }
    if (!problem.empty()) return {problem, true};
    return {status.ok() ? "the stream ended" : status.error_message(), false};
  }

  void stop() override {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (current_ != nullptr) current_->TryCancel();
  }

 private:
  // Until the stream ends, or says what cannot be understood: the element that is wrong.
  static std::string read_all(grpc::ClientReader<pb::TopologyUpdate>& reader,
                              const std::function<void(TopologySnapshotPtr)>& take) {
    pb::TopologyUpdate update;
    while (reader.Read(&update)) {
      auto snapshot = from_proto(update);
      if (!snapshot) return snapshot.error().message;
      take(std::make_shared<const TopologySnapshot>(std::move(*snapshot)));
    }
    return {};
  }

  bool wait_connected(grpc::Channel& channel) const {
    const auto deadline = std::chrono::system_clock::now() + options_.connect_timeout;
    while (!stopped() && std::chrono::system_clock::now() < deadline) {
      if (channel.WaitForConnected(std::chrono::system_clock::now() + kStopCheck)) return true;
      if (channel.GetState(false) == GRPC_CHANNEL_TRANSIENT_FAILURE) return false;
    }
    return false;
  }

  // A channel says only that it failed; a call on it, at once, says why.
  static std::string why_not_connected(const std::shared_ptr<grpc::Channel>& channel) {
    if (channel->GetState(false) != GRPC_CHANNEL_TRANSIENT_FAILURE) return "no connection";
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kStopCheck);
    const auto reader = pb::TopologyService::NewStub(channel)->Watch(&context, {});
    pb::TopologyUpdate ignored;
    if (reader->Read(&ignored)) context.TryCancel();
    const grpc::Status status = reader->Finish();
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return "no connection";
    const std::string& why = status.error_message();
    constexpr std::string_view kLast = "last error: ";
    const auto last = why.rfind(kLast);
    return "no connection: " + (last == std::string::npos ? why : why.substr(last + kLast.size()));
  }

  bool stopped() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  const Endpoint address_;
  const TopologyStreamOptions options_;
  mutable std::mutex mutex_;
  bool stopping_ = false;  // guarded by mutex_, as the next
  grpc::ClientContext* current_ = nullptr;
};

}  // namespace

Result<TopologySourcePtr> topology_stream_source(const Endpoint& address, TopologyStreamOptions options) {
  if (!address.is_unix() && !options.tls && !options.insecure) {
    return fail(ErrorCode::kInvalidArgument, "topology source {}: TCP needs tls (cert, key, ca)", address);
  }
  return std::make_unique<StreamSource>(address, std::move(options));
}

Result<std::unique_ptr<TopologyFollower>> follow_topology(const TopologyClientOptions& options,
                                                          TopologyFollowerEvents events) {
  std::vector<TopologySourcePtr> sources;
  for (const TopologyAddress& each : options.sources) {
    if (const auto* file = std::get_if<TopologyFile>(&each)) {
      sources.push_back(topology_file_source(file->path));
      continue;
    }
    auto stream = topology_stream_source(std::get<Endpoint>(each), options.stream);
    if (!stream) return std::unexpected(stream.error());
    sources.push_back(std::move(*stream));
  }
  return TopologyFollower::start(std::move(sources), options.follow, std::move(events));
}

}  // namespace pathwise::te
