// SPDX-License-Identifier: Apache-2.0
#include "te/wire/topology_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "pathwise/topology.grpc.pb.h"
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

}  // namespace

std::string_view to_string(TopologyState state) {
  switch (state) {
    case TopologyState::kNone:
      return "none";
    case TopologyState::kLive:
      return "live";
    case TopologyState::kStale:
      return "stale";
  }
  return "none";
}

struct TopologyClient::State {
  State(TopologyClientOptions given, TopologyClientEvents handlers)
      : options(std::move(given)), events(std::move(handlers)) {}

  void run() {
    auto backoff = options.min_backoff;
    while (!stopped()) {
      bool received = false;
      for (const Endpoint& source : options.sources) {
        if (stopped()) return;
        received = follow(source);
        if (received) break;  // it was good: start again with the first
      }
      backoff = received ? options.min_backoff : std::min(backoff * 2, options.max_backoff);
      pause(backoff);
    }
  }

  // One stream until it breaks. True if it brought a snapshot.
  bool follow(const Endpoint& source) {
    const auto credentials = channel_credentials(source, options.tls, options.insecure);
    if (!credentials) return broken(source, credentials.error().message), false;
    const auto channel = grpc::CreateCustomChannel(grpc_address(source), *credentials, channel_arguments());
    if (!wait_connected(*channel)) return broken(source, why_not_connected(channel)), false;
    grpc::ClientContext context;
    {
      const std::lock_guard lock(mutex);
      if (stopping) return false;
      current = &context;
    }
    pb::WatchRequest request;
    request.set_client(options.name);
    const auto stub = pb::TopologyService::NewStub(channel);
    const auto reader = stub->Watch(&context, request);
    const auto [received, problem] = read_all(*reader, source);
    if (!problem.empty()) context.TryCancel();
    const grpc::Status status = reader->Finish();
    {
      const std::lock_guard lock(mutex);
      current = nullptr;
    }
    broken(source, problem.empty() ? (status.ok() ? "the stream ended" : status.error_message()) : problem);
    return received;
  }

  std::pair<bool, std::string> read_all(grpc::ClientReader<pb::TopologyUpdate>& reader, const Endpoint& source) {
    bool received = false;
    pb::TopologyUpdate update;
    while (reader.Read(&update)) {
      auto snapshot = from_proto(update);
      if (!snapshot) return {received, snapshot.error().message};
      received = true;
      set_state(TopologyState::kLive, source.to_string());
      if (events.on_snapshot) events.on_snapshot(std::make_shared<const TopologySnapshot>(std::move(*snapshot)));
    }
    return {received, {}};
  }

  bool wait_connected(grpc::Channel& channel) const {
    const auto deadline = std::chrono::system_clock::now() + options.connect_timeout;
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

  void broken(const Endpoint& source, const std::string& why) {
    const TopologyState now = get_state() == TopologyState::kNone ? TopologyState::kNone : TopologyState::kStale;
    set_state(now, source.to_string() + ": " + why);
  }

  void set_state(TopologyState next, std::string why) {
    {
      const std::lock_guard lock(mutex);
      if (stopping || (next == state && why == detail)) return;
      state = next;
      detail = why;
    }
    if (events.on_state) events.on_state(next, std::move(why));
  }
  TopologyState get_state() const {
    const std::lock_guard lock(mutex);
    return state;
  }
  bool stopped() const {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  void pause(Milliseconds time) {
    std::unique_lock lock(mutex);
    wake.wait_for(lock, time, [this] { return stopping; });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      if (current != nullptr) current->TryCancel();
    }
    wake.notify_all();
  }

  const TopologyClientOptions options;
  const TopologyClientEvents events;
  mutable std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;  // guarded by mutex, as all below
  grpc::ClientContext* current = nullptr;
  TopologyState state = TopologyState::kNone;
  std::string detail;
  std::thread thread;
};

TopologyClient::TopologyClient(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<TopologyClient>> TopologyClient::start(TopologyClientOptions options,
                                                              TopologyClientEvents events) {
  if (options.sources.empty()) return fail(ErrorCode::kInvalidArgument, "topology: no source is configured");
  for (const Endpoint& source : options.sources) {
    if (!source.is_unix() && !options.tls && !options.insecure) {
      return fail(ErrorCode::kInvalidArgument, "topology source {}: TCP needs tls (cert, key, ca)", source);
    }
  }
  auto state = std::make_unique<State>(std::move(options), std::move(events));
  State* raw = state.get();
  state->thread = std::thread([raw] { raw->run(); });
  return std::unique_ptr<TopologyClient>(new TopologyClient(std::move(state)));
}

TopologyClient::~TopologyClient() {
  state_->stop();
  state_->thread.join();
}

TopologyState TopologyClient::state() const {
  return state_->get_state();
}

}  // namespace pathwise::te
