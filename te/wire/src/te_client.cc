// SPDX-License-Identifier: Apache-2.0
#include "te/wire/te_client.h"

#include <grpcpp/grpcpp.h>
#include <pathwise/te.grpc.pb.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "te_channel.h"
#include "te_convert.h"
#include "te_status.h"

namespace pathwise::te {
namespace {

constexpr std::chrono::seconds kIntentDeadline{10};
constexpr std::chrono::milliseconds kConnectSlice{250};  // how late a stop may be noticed

}  // namespace

// Two threads: one watches the paths, one sends intents. (Not gRPC's callback API: in 1.51 its thread
// may outlive its queue when a channel goes.)
struct TeClient::State {
  State(TeClientConfig c, TeClientEvents e)
      : config(std::move(c)),
        events(std::move(e)),
        channel(connect(config.socket_path, config.min_backoff)),
        stub(wire::TeService::NewStub(channel)) {}

  void run() {
    std::chrono::milliseconds backoff = config.min_backoff;
    while (true) {
      bool was_up = false;
      const grpc::Status status = watch(was_up);
      std::unique_lock lock(mutex);
      if (stopping) return;
      up = false;
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
    // A channel that failed connects again only while somebody waits on it: a call would fail at once, and
    // gRPC by itself looks every 5 s.
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + kConnectSlice)) {
      return {grpc::StatusCode::UNAVAILABLE, "te does not answer on " + config.socket_path};
    }
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
    lock.unlock();
    wake.notify_all();
  }

  void deliver(const wire::PathSnapshot& message) {
    auto snapshot = decode(message);
    if (!snapshot) {
      if (events.on_refused) events.on_refused(snapshot.error().within("snapshot from te"));
      return;
    }
    if (events.on_paths) events.on_paths(std::make_shared<const PathSnapshot>(std::move(*snapshot)));
  }

  void send() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stopping || (up && intent && !in_sync); });
      if (stopping) return;
      in_sync = true;
      const wire::TeIntent request = encode(*intent);
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kIntentDeadline);
      sending = &context;
      lock.unlock();
      wire::IntentAck response;
      const grpc::Status status = stub->SetIntent(&context, request, &response);
      const bool again = must_send_again(status);
      lock.lock();
      sending = nullptr;
      if (!again) continue;
      in_sync = false;
      wake.wait_for(lock, config.max_backoff, [&] { return stopping; });
    }
  }

  // te was away or too busy; a refusal is final.
  bool must_send_again(const grpc::Status& status) {
    if (status.ok() || status.error_code() == grpc::StatusCode::CANCELLED) return false;
    const Error error = from_status(status);
    if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDeadlineExceeded) return true;
    if (events.on_refused) events.on_refused(error);
    return false;
  }

  const TeClientConfig config;
  const TeClientEvents events;
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<wire::TeService::Stub> stub;
  bool told_down = false;  // the thread's own
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;  // guarded by mutex, as all below
  bool up = false;
  bool in_sync = false;  // te has, or is being told, the newest intent
  std::optional<TeIntent> intent;
  grpc::ClientContext* watching = nullptr;  // alive while set
  grpc::ClientContext* sending = nullptr;   // the same
  std::thread watcher;
  std::thread sender;
};

TeClient::TeClient(TeClientConfig config, TeClientEvents events)
    : state_(std::make_unique<State>(std::move(config), std::move(events))) {
  state_->watcher = std::thread([state = state_.get()] { state->run(); });
  state_->sender = std::thread([state = state_.get()] { state->send(); });
}

TeClient::~TeClient() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    if (state_->watching != nullptr) state_->watching->TryCancel();
    if (state_->sending != nullptr) state_->sending->TryCancel();
  }
  state_->wake.notify_all();
  state_->watcher.join();
  state_->sender.join();
}

void TeClient::set_intent(TeIntent intent) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->intent = std::move(intent);
    state_->in_sync = false;
  }
  state_->wake.notify_all();
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
