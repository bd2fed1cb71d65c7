// SPDX-License-Identifier: Apache-2.0
#include "te/wire/te_server.h"

#include <grpcpp/grpcpp.h>
#include <pathwise/te.grpc.pb.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "base/format.h"
#include "base/unix_socket.h"
#include "te_convert.h"
#include "te_status.h"

namespace pathwise::te {
namespace {

constexpr int kMaxIntentBytes = 16 << 20;  // 8,192 paths of 16 candidates stay below
constexpr std::size_t kMaxWatchers = 16;   // each holds a thread of the server
constexpr std::chrono::milliseconds kCancelCheck{250};

}  // namespace

struct TeServer::State final : wire::TeService::Service {
  grpc::Status SetIntent(grpc::ServerContext*, const wire::TeIntent* request, wire::IntentAck* response) override {
    auto intent = decode(*request);
    if (!intent) return to_status(intent.error());
    if (auto good = validate(*intent); !good) return to_status(good.error());
    const std::uint64_t revision = intent->revision;
    if (auto taken = on_intent(std::move(*intent)); !taken) return to_status(taken.error());
    response->set_revision(revision);
    return grpc::Status::OK;
  }

  grpc::Status WatchPaths(grpc::ServerContext* context, const wire::WatchPathsRequest*,
                          grpc::ServerWriter<wire::PathSnapshot>* writer) override {
    if (watching.fetch_add(1) >= kMaxWatchers) {
      watching.fetch_sub(1);
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, formatted("te serves at most {} watchers", kMaxWatchers)};
    }
    PathSnapshotPtr last;
    while (PathSnapshotPtr next = wait_for_newer(last, *context)) {
      if (!writer->Write(encode(*next))) break;
      last = std::move(next);
    }
    watching.fetch_sub(1);
    return grpc::Status::OK;
  }

  grpc::Status GetTopology(grpc::ServerContext* context, const wire::GetTopologyRequest*,
                           wire::GetTopologyResponse* response) override {
    if (!queries.topology) return {grpc::StatusCode::UNIMPLEMENTED, ""};
    return answer(queries.topology(until_cancelled(*context)), *response);
  }

  grpc::Status History(grpc::ServerContext* context, const wire::HistoryRequest* request,
                       wire::HistoryResponse* response) override {
    if (!queries.history) return {grpc::StatusCode::UNIMPLEMENTED, ""};
    const PolicySelection selection{.site = SiteName(request->site()), .tier = TierName(request->tier())};
    return answer(queries.history(selection, until_cancelled(*context)), *response);
  }

  grpc::Status Verify(grpc::ServerContext* context, const wire::VerifyRequest* request,
                      wire::VerifyResponse* response) override {
    if (!queries.verify) return {grpc::StatusCode::UNIMPLEMENTED, ""};
    const auto order = decode(*request);
    if (!order) return to_status(order.error());
    return answer(queries.verify(*order, until_cancelled(*context)), *response);
  }

  template <typename Answer, typename Response>
  static grpc::Status answer(const Result<Answer>& answer, Response& response) {
    if (!answer) return to_status(answer.error());
    response = encode(*answer);
    return grpc::Status::OK;
  }

  TeQueries::Cancelled until_cancelled(const grpc::ServerContext& context) {
    return [this, &context] {
      const std::lock_guard lock(mutex);
      return closing || context.IsCancelled();
    };
  }

  // nullptr: the stream is over.
  PathSnapshotPtr wait_for_newer(const PathSnapshotPtr& last, const grpc::ServerContext& context) {
    std::unique_lock lock(mutex);
    while (!closing && !context.IsCancelled()) {
      if (newest && newest != last) return newest;
      changed.wait_for(lock, kCancelCheck);
    }
    return nullptr;
  }

  IntentHandler on_intent;
  TeQueries queries;
  std::unique_ptr<grpc::Server> server;
  std::atomic<std::size_t> watching = 0;
  std::mutex mutex;
  std::condition_variable changed;
  PathSnapshotPtr newest;  // guarded by mutex
  bool closing = false;    // guarded by mutex
};

Result<std::unique_ptr<TeServer>> TeServer::start(const std::string& socket_path, IntentHandler on_intent,
                                                  TeQueries queries) {
  // gRPC does not say why it could not listen, so look first.
  if (auto good = check_unix_socket(socket_path, "pathwise-te"); !good) return std::unexpected(good.error());
  auto state = std::make_unique<State>();
  state->on_intent = std::move(on_intent);
  state->queries = std::move(queries);
  grpc::ServerBuilder builder;
  int listening = 0;
  builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials(), &listening);
  builder.SetMaxReceiveMessageSize(kMaxIntentBytes);
  builder.RegisterService(state.get());
  state->server = builder.BuildAndStart();
  if (!state->server) return fail(ErrorCode::kIo, "socket {}: cannot listen", socket_path);
  if (::chmod(socket_path.c_str(), 0660) != 0) return fail_errno("socket " + socket_path, errno);
  return std::unique_ptr<TeServer>(new TeServer(std::move(state)));
}

TeServer::TeServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

TeServer::~TeServer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->changed.notify_all();
  state_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  state_->server->Wait();
}

void TeServer::publish(PathSnapshotPtr snapshot) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->newest = std::move(snapshot);
  }
  state_->changed.notify_all();
}

std::size_t TeServer::watchers() const {
  return state_->watching.load();
}

}  // namespace pathwise::te
