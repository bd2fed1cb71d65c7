// SPDX-License-Identifier: Apache-2.0
#include "te/wire/topology_server.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/unix_socket.h"
#include "pathwise/topology.grpc.pb.h"
#include "topology_convert.h"
#include "topology_credentials.h"

namespace pathwise::te {
namespace {

namespace pb = topology::v1;
using UpdatePtr = std::shared_ptr<const pb::TopologyUpdate>;

constexpr int kKeepaliveMs = 5'000;
constexpr int kMinPingIntervalMs = 500;
constexpr std::chrono::milliseconds kShutdownGrace{200};

class Watcher;

// Who watches, and the newest update. Any thread.
class Watchers {
 public:
  explicit Watchers(std::size_t limit) : limit_(limit) {}
  // Offers the newest update at once, or finishes the stream: there are too many, or nothing to tell.
  void add(Watcher* watcher);
  void remove(Watcher* watcher);
  void publish(UpdatePtr update);
  void withdraw(const std::string& why);
  void stop();       // finishes every stream
  void wait_gone();  // until the last has ended
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return list_.size();
  }

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable gone_;
  std::vector<Watcher*> list_;  // each deletes itself in OnDone, after remove()
  UpdatePtr newest_;
  std::string withdrawn_;  // why there is nothing to tell
  bool stopped_ = false;
};

// One stream. Lock order: Watchers before Watcher.
class Watcher final : public grpc::ServerWriteReactor<pb::TopologyUpdate> {
 public:
  Watcher(Watchers& watchers, std::string client) : watchers_(watchers), client_(std::move(client)) {
    watchers_.add(this);
  }

  void offer(UpdatePtr update) {
    const std::lock_guard lock(mutex_);
    pending_ = std::move(update);
    write_next();
  }
  // Ends the stream, after the message in flight.
  void finish(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = status;
    write_next();
  }

  [[nodiscard]] const std::string& client() const { return client_; }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_.reset();
    if (!ok && !end_) end_ = grpc::Status::CANCELLED;
    write_next();
  }
  void OnCancel() override { finish(grpc::Status::CANCELLED); }
  void OnDone() override {
    log::info("topology", "watcher gone", {{"client", client_}});
    watchers_.remove(this);
    delete this;
  }

 private:
  void write_next() {
    if (finished_ || writing_) return;
    if (end_) {
      finished_ = true;
      return Finish(*end_);
    }
    if (!pending_) return;
    writing_ = std::move(pending_);
    pending_.reset();
    StartWrite(writing_.get());
  }

  Watchers& watchers_;
  const std::string client_;
  std::mutex mutex_;
  UpdatePtr pending_;  // newer than what is being written
  UpdatePtr writing_;
  std::optional<grpc::Status> end_;
  bool finished_ = false;
};

void Watchers::add(Watcher* watcher) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || list_.size() >= limit_) {
    return watcher->finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many topology watchers"));
  }
  if (!withdrawn_.empty()) return watcher->finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, withdrawn_));
  log::info("topology", "watcher connected", {{"client", watcher->client()}});
  list_.push_back(watcher);
  if (newest_) watcher->offer(newest_);
}

void Watchers::remove(Watcher* watcher) {
  const std::lock_guard lock(mutex_);
  std::erase(list_, watcher);
  if (list_.empty()) gone_.notify_all();
}

void Watchers::publish(UpdatePtr update) {
  const std::lock_guard lock(mutex_);
  newest_ = std::move(update);
  withdrawn_.clear();
  for (Watcher* watcher : list_) watcher->offer(newest_);
}

void Watchers::withdraw(const std::string& why) {
  const std::lock_guard lock(mutex_);
  newest_.reset();
  withdrawn_ = why;
  for (Watcher* watcher : list_) watcher->finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, why));
}

void Watchers::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Watcher* watcher : list_) watcher->finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the source stops"));
}

void Watchers::wait_gone() {
  std::unique_lock lock(mutex_);
  gone_.wait(lock, [this] { return list_.empty(); });
}

class Service final : public pb::TopologyService::CallbackService {
 public:
  explicit Service(Watchers& watchers) : watchers_(watchers) {}
  grpc::ServerWriteReactor<pb::TopologyUpdate>* Watch(grpc::CallbackServerContext* /*context*/,
                                                      const pb::WatchRequest* request) override {
    return new Watcher(watchers_, request->client());  // deletes itself in OnDone
  }

 private:
  Watchers& watchers_;
};

}  // namespace

struct TopologyServer::State {
  explicit State(TopologyServerOptions given) : options(std::move(given)), watchers(options.max_watchers) {}
  TopologyServerOptions options;
  Watchers watchers;
  Service service{watchers};
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

TopologyServer::TopologyServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<TopologyServer>> TopologyServer::start(TopologyServerOptions options) {
  const Endpoint listen = options.listen;
  auto credentials = server_credentials(listen, options.tls, options.insecure);
  if (!credentials) return std::unexpected(credentials.error());
  if (listen.is_unix()) {
    if (auto good = check_unix_socket(listen.unix_path, "pathwise-frr"); !good) return std::unexpected(good.error());
  }
  auto state = std::make_unique<State>(std::move(options));
  grpc::ServerBuilder builder;
  builder.AddListeningPort(grpc_address(listen), *credentials, &state->port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingIntervalMs);
  builder.RegisterService(&state->service);
  state->server = builder.BuildAndStart();
  if (!state->server || (!listen.is_unix() && state->port == 0)) {
    return fail(ErrorCode::kIo, "topology stream: cannot listen on {}: in use, or not an address of this machine",
                listen);
  }
  if (listen.is_unix()) {
    state->port = 0;
    if (::chmod(listen.unix_path.c_str(), 0660) != 0) return fail_errno("chmod " + listen.unix_path, errno);
  }
  return std::unique_ptr<TopologyServer>(new TopologyServer(std::move(state)));
}

TopologyServer::~TopologyServer() {
  state_->watchers.stop();
  state_->server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);  // then cancels what still writes
  state_->server->Wait();
  state_->watchers.wait_gone();
}

void TopologyServer::publish(TopologySnapshotPtr snapshot) {
  state_->watchers.publish(std::make_shared<const pb::TopologyUpdate>(to_proto(*snapshot)));
}

void TopologyServer::withdraw(const std::string& why) {
  state_->watchers.withdraw(why);
}

std::uint16_t TopologyServer::port() const {
  return static_cast<std::uint16_t>(state_->port);
}
std::size_t TopologyServer::watchers() const {
  return state_->watchers.count();
}

}  // namespace pathwise::te
