// SPDX-License-Identifier: Apache-2.0
#include "te/wire/te_client.h"

#include <grpcpp/grpcpp.h>
#include <pathwise/te.grpc.pb.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "te_convert.h"
#include "te_status.h"

namespace pathwise::te {
namespace {

constexpr int kMaxSnapshotBytes = 64 << 20;
constexpr std::chrono::seconds kIntentDeadline{10};

std::shared_ptr<grpc::Channel> connect(const std::string& path, std::chrono::milliseconds retry) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxSnapshotBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(retry.count()));
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(retry.count()));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(retry.count()));  // ours is above
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + path, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// Two activities: the thread that watches, and at most one SetIntent in flight (gRPC's threads).
struct TeClient::State {
  State(TeClientConfig c, TeClientEvents e)
      : config(std::move(c)),
        events(std::move(e)),
        stub(wire::TeService::NewStub(connect(config.socket_path, config.min_backoff))) {}

  void run() {
    std::chrono::milliseconds backoff = config.min_backoff;
    while (true) {
      bool was_up = false;
      const grpc::Status status = watch(was_up);
      std::unique_lock lock(mutex);
      if (stopping) return;
      in_sync = false;
      lock.unlock();
      const std::string reason = status.ok() ? "te ended the stream" : from_status(status).message;
      if (events.on_state && (was_up || !told_down)) events.on_state(false, reason);
      told_down = true;
      if (was_up) backoff = config.min_backoff;
      lock.lock();
      if (wake.wait_for(lock, backoff, [&] { return stopping; })) return;
      backoff = std::min(2 * backoff, config.max_backoff);
    }
  }

  grpc::Status watch(bool& was_up) {
    grpc::ClientContext context;
    {
      const std::lock_guard lock(mutex);
      if (stopping) return grpc::Status::CANCELLED;
      watching = &context;
    }
    wire::WatchPathsRequest request;
    request.set_client(config.name);
    const auto reader = stub->WatchPaths(&context, request);
    wire::PathSnapshot message;
    while (reader->Read(&message)) {
      if (!was_up) came_up();
      was_up = true;
      deliver(message);
    }
    const grpc::Status status = reader->Finish();
    const std::lock_guard lock(mutex);
    watching = nullptr;
    return status;
  }

  void came_up() {
    told_down = false;
    if (events.on_state) events.on_state(true, "");
    std::unique_lock lock(mutex);
    up = true;
    in_sync = false;  // te may be a new one: tell it again
    send_intent(lock);
  }

  void deliver(const wire::PathSnapshot& message) {
    auto snapshot = decode(message);
    if (!snapshot) {
      if (events.on_refused) events.on_refused(snapshot.error().within("snapshot from te"));
      return;
    }
    if (events.on_paths) events.on_paths(std::make_shared<const PathSnapshot>(std::move(*snapshot)));
  }

  struct Call {
    grpc::ClientContext context;
    wire::TeIntent request;
    wire::IntentAck response;
  };

  // With `lock` held. Sends the newest intent unless one is on its way; its end looks again.
  void send_intent(std::unique_lock<std::mutex>& lock) {
    if (!intent || in_flight || in_sync || stopping || !up) return;
    in_flight = std::make_shared<Call>();
    in_flight->request = encode(*intent);
    in_flight->context.set_deadline(std::chrono::system_clock::now() + kIntentDeadline);
    in_sync = true;
    const auto call = in_flight;
    lock.unlock();
    stub->async()->SetIntent(&call->context, &call->request, &call->response,
                             [this, call](grpc::Status status) { intent_answered(status); });
    lock.lock();
  }

  void intent_answered(const grpc::Status& status) {
    const Error error = from_status(status);
    const bool away = error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDeadlineExceeded;
    if (!status.ok() && !away && events.on_refused) events.on_refused(error);
    std::unique_lock lock(mutex);
    in_flight.reset();
    if (!status.ok() && away) up = false;  // the watch notices too, and sends again
    send_intent(lock);
    wake.notify_all();
  }

  const TeClientConfig config;
  const TeClientEvents events;
  const std::unique_ptr<wire::TeService::Stub> stub;
  bool told_down = false;  // the thread's own
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;  // guarded by mutex, as all below
  bool up = false;
  bool in_sync = false;  // te has, or is being told, the newest intent
  std::optional<TeIntent> intent;
  std::shared_ptr<Call> in_flight;
  grpc::ClientContext* watching = nullptr;  // alive while set
  std::thread thread;
};

TeClient::TeClient(TeClientConfig config, TeClientEvents events)
    : state_(std::make_unique<State>(std::move(config), std::move(events))) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

TeClient::~TeClient() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    if (state_->watching != nullptr) state_->watching->TryCancel();
    if (state_->in_flight) state_->in_flight->context.TryCancel();
  }
  state_->wake.notify_all();
  state_->thread.join();
  std::unique_lock lock(state_->mutex);
  state_->wake.wait(lock, [&] { return !state_->in_flight; });
}

void TeClient::set_intent(TeIntent intent) {
  std::unique_lock lock(state_->mutex);
  state_->intent = std::move(intent);
  state_->in_sync = false;
  state_->send_intent(lock);
}

Result<PathSnapshotPtr> read_paths(const std::string& socket_path, std::chrono::milliseconds timeout) {
  const auto stub = wire::TeService::NewStub(connect(socket_path, std::chrono::milliseconds(100)));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  wire::WatchPathsRequest request;
  request.set_client("pathwise");
  const auto reader = stub->WatchPaths(&context, request);
  wire::PathSnapshot message;
  if (!reader->Read(&message)) return std::unexpected(from_status(reader->Finish()).within("te at " + socket_path));
  context.TryCancel();
  static_cast<void>(reader->Finish());
  auto snapshot = decode(message);
  if (!snapshot) return std::unexpected(snapshot.error());
  return std::make_shared<const PathSnapshot>(std::move(*snapshot));
}

}  // namespace pathwise::te
