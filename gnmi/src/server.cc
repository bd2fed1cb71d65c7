// SPDX-License-Identifier: Apache-2.0
#include "gnmi/server.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>

#include "base/log.h"
#include "base/process.h"
#include "convert.h"
#include "gnmi/gnmi.grpc.pb.h"
#include "subscriber.h"

namespace pathwise::gnmi {
namespace {

constexpr std::string_view kGnmiVersion = "0.10.0";
// A stream looks at least this often whether its client is still there.
constexpr std::chrono::milliseconds kLivenessCheck{500};

grpc::Status refuse(const Error& error) {
  return {grpc::StatusCode::INVALID_ARGUMENT, error.message};
}

class Service final : public ::gnmi::gNMI::Service {
 public:
  Service(Tree& tree, ServerOptions options) : tree_(tree), options_(std::move(options)) {}
  void stop() { stopping_ = true; }

  grpc::Status Capabilities(grpc::ServerContext*, const ::gnmi::CapabilityRequest*,
                            ::gnmi::CapabilityResponse* response) override {
    for (const Model& model : options_.models) {
      ::gnmi::ModelData& added = *response->add_supported_models();
      added.set_name(model.name);
      added.set_organization(model.organization);
      added.set_version(model.version);
    }
    for (const auto encoding : {::gnmi::JSON, ::gnmi::JSON_IETF, ::gnmi::PROTO}) {
      response->add_supported_encodings(encoding);
    }
    response->set_gnmi_version(std::string(kGnmiVersion));
    return grpc::Status::OK;
  }

  grpc::Status Get(grpc::ServerContext*, const ::gnmi::GetRequest* request, ::gnmi::GetResponse* response) override {
    if (!supported(request->encoding())) return {grpc::StatusCode::UNIMPLEMENTED, "use JSON, JSON_IETF or PROTO"};
    // All of the tree is state: a Get of CONFIG is answered, empty.
    if (request->type() == ::gnmi::GetRequest::CONFIG) return grpc::Status::OK;
    refresh();
    for (const ::gnmi::Path& wanted : request->path()) {
      const auto path = from_wire(request->prefix(), wanted);
      if (!path) return refuse(path.error());
      const auto leaves = tree_.read({*path});
      if (leaves.empty()) return {grpc::StatusCode::NOT_FOUND, "nothing at " + path->to_string()};
      fill(*response->add_notification(), leaves, request->encoding());
    }
    return grpc::Status::OK;
  }

  grpc::Status Set(grpc::ServerContext*, const ::gnmi::SetRequest*, ::gnmi::SetResponse*) override {
    return {grpc::StatusCode::FAILED_PRECONDITION,
            "the policy of this node is owned by '" + options_.policy_authority + "'; change it there"};
  }

  grpc::Status Subscribe(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<::gnmi::SubscribeResponse, ::gnmi::SubscribeRequest>* stream) override {
    const Seat seat(subscribers_);
    if (seat.number > options_.max_subscribers) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED,
              "there are " + std::to_string(options_.max_subscribers) + " subscribers already"};
    }
    ::gnmi::SubscribeRequest request;
    if (!stream->Read(&request)) return grpc::Status::OK;
    if (!request.has_subscribe()) return {grpc::StatusCode::INVALID_ARGUMENT, "the first message must be `subscribe`"};
    auto plan = SubscribePlan::from(request.subscribe(), std::chrono::steady_clock::now());
    if (!plan) return refuse(plan.error());
    // Subscribed before the first read, so that no change falls between the two.
    const auto subscription = tree_.subscribe(plan->on_change);
    if (!send_all(*stream, *plan)) return grpc::Status::OK;
    if (plan->mode == ::gnmi::SubscriptionList::ONCE) return grpc::Status::OK;
    if (plan->mode == ::gnmi::SubscriptionList::POLL) return poll(*stream, *plan);
    return run(*context, *stream, *plan, *subscription);
  }

 private:
  using Stream = grpc::ServerReaderWriter<::gnmi::SubscribeResponse, ::gnmi::SubscribeRequest>;
  struct Seat {
    explicit Seat(std::atomic<int>& count) : count_(count), number(++count) {}
    ~Seat() { --count_; }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    std::atomic<int>& count_;
    int number;
  };

  void refresh() const {
    if (options_.before_read) options_.before_read();
  }

  void prefix(::gnmi::Notification& notification) const {
    notification.mutable_prefix()->set_target(options_.target);
    notification.mutable_prefix()->set_origin("pathwise");
  }

  void fill(::gnmi::Notification& notification, const std::vector<Leaf>& leaves, ::gnmi::Encoding encoding) const {
    notification.set_timestamp(to_unix_nanoseconds(std::chrono::system_clock::now()));
    prefix(notification);
    for (const Leaf& leaf : leaves) {
      ::gnmi::Update& update = *notification.add_update();
      to_wire(leaf.path, *update.mutable_path());
      to_wire(leaf.value, encoding, *update.mutable_val());
    }
  }

  // The state as it is, then sync_response (section 3.5.1.4).
  bool send_all(Stream& stream, const SubscribePlan& plan) const {
    if (!plan.updates_only) {
      refresh();
      const auto leaves = tree_.read(plan.all);
      ::gnmi::SubscribeResponse response;
      fill(*response.mutable_update(), leaves, plan.encoding);
      if (!leaves.empty() && !stream.Write(response)) return false;
    }
    ::gnmi::SubscribeResponse sync;
    sync.set_sync_response(true);
    return stream.Write(sync);
  }

  grpc::Status poll(Stream& stream, const SubscribePlan& plan) const {
    ::gnmi::SubscribeRequest request;
    while (!stopping_ && stream.Read(&request)) {
      if (!request.has_poll()) return {grpc::StatusCode::INVALID_ARGUMENT, "only `poll` may follow in POLL mode"};
      if (!send_all(stream, plan)) break;
    }
    return grpc::Status::OK;
  }

  grpc::Status run(const grpc::ServerContext& context, Stream& stream, SubscribePlan& plan,
                   Subscription& subscription) const {
    while (!stopping_ && !context.IsCancelled()) {
      const SteadyTime until = plan.next_due(std::chrono::steady_clock::now() + kLivenessCheck);
      if (!send_changes(stream, plan, subscription.wait(until))) break;
      if (!send_samples(stream, plan)) break;
    }
    return grpc::Status::OK;
  }

  bool send_changes(Stream& stream, const SubscribePlan& plan, const std::vector<Change>& changes) const {
    if (changes.empty()) return true;
    ::gnmi::SubscribeResponse response;
    ::gnmi::Notification& notification = *response.mutable_update();
    notification.set_timestamp(to_unix_nanoseconds(changes.front().leaf.changed));
    prefix(notification);
    for (const Change& change : changes) {
      if (change.deleted) {
        to_wire(change.leaf.path, *notification.add_delete_());
        continue;
      }
      ::gnmi::Update& update = *notification.add_update();
      to_wire(change.leaf.path, *update.mutable_path());
      to_wire(change.leaf.value, plan.encoding, *update.mutable_val());
      update.set_duplicates(change.coalesced);
    }
    return stream.Write(response);
  }

  bool send_samples(Stream& stream, SubscribePlan& plan) const {
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Sampled& sampled : plan.sampled) {
      if (sampled.due > now) continue;
      // A slow client is sent the newest sample, not the backlog.
      while (sampled.due <= now) sampled.due += sampled.interval;
      refresh();
      auto leaves = tree_.read({sampled.pattern});
      std::erase_if(leaves, [&](const Leaf& leaf) { return !sampled.wants(leaf, now); });
      ::gnmi::SubscribeResponse response;
      fill(*response.mutable_update(), leaves, plan.encoding);
      if (!leaves.empty() && !stream.Write(response)) return false;
    }
    return true;
  }

  Tree& tree_;
  ServerOptions options_;
  std::atomic<int> subscribers_{0};
  std::atomic<bool> stopping_{false};
};

Result<std::shared_ptr<grpc::ServerCredentials>> credentials(const ServerOptions& options) {
  if (!options.tls) {
    const std::string& host = options.listen.host;
    if (!options.listen.is_unix() && host != "::1" && host != "127.0.0.1") {
      return fail(ErrorCode::kInvalidArgument, "gnmi: {} without TLS is refused; configure tls or listen on [::1]",
                  options.listen.to_string());
    }
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  grpc::SslServerCredentialsOptions ssl(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  const std::pair<const std::string*, std::string*> files[] = {{&options.tls->key, &pair.private_key},
                                                               {&options.tls->cert, &pair.cert_chain},
                                                               {&options.tls->ca, &ssl.pem_root_certs}};
  for (const auto& [path, into] : files) {
    auto text = read_file(*path, 1 << 20);
    if (!text) return std::unexpected(text.error().within("gnmi"));
    *into = std::move(*text);
  }
  ssl.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(ssl);
}

std::string grpc_address(const Endpoint& endpoint) {
  if (endpoint.is_unix()) return "unix:" + endpoint.unix_path;
  const std::string host = endpoint.host.empty() ? "::" : endpoint.host;
  return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

}  // namespace

struct Server::State {
  State(Tree& tree, ServerOptions options) : service(tree, std::move(options)) {}
  Service service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Server>> Server::start(Tree& tree, ServerOptions options) {
  auto creds = credentials(options);
  if (!creds) return std::unexpected(creds.error());
  const std::string address = grpc_address(options.listen);
  auto state = std::make_unique<State>(tree, std::move(options));
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second process must fail, not share
  builder.AddListeningPort(address, *creds, &state->port);
  builder.SetMaxReceiveMessageSize(1 << 20);
  builder.RegisterService(&state->service);
  state->server = builder.BuildAndStart();
  if (!state->server || (state->port == 0 && !address.starts_with("unix:"))) {
    return fail(ErrorCode::kUnavailable, "gnmi: cannot listen on {}: is the port in use, or a certificate unreadable?",
                address);
  }
  log::info("gnmi", "listening", {{"address", address}, {"port", state->port}});
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
  state_->service.stop();
  state_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  state_->server->Wait();
}

std::uint16_t Server::port() const {
  return static_cast<std::uint16_t>(state_->port);
}

}  // namespace pathwise::gnmi
