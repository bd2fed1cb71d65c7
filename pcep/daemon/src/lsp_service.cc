// SPDX-License-Identifier: Apache-2.0
#include "pcep/daemon/lsp_service.h"

#include <grpcpp/grpcpp.h>

#include "base/unix_socket.h"
#include "pathwise/pce.grpc.pb.h"

namespace pathwise::pcep {
namespace {

namespace wire = ::pathwise::pce::v1;

std::uint64_t unix_us(SystemTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

void fill_path(const ComputedLsp& path, wire::Lsp& out) {
  for (const Srv6Subobject& hop : path.segments)
    if (hop.sid) out.add_segment_list(hop.sid->to_string());
  for (const NodeName& node : path.nodes) out.add_nodes(node.str());
  if (path.delay) out.set_computed_delay_us(static_cast<std::uint32_t>(path.delay->count()));
}

void fill(const PceLspView& view, wire::Lsp& out) {
  out.set_pcc(view.request.key.pcc);
  out.set_plsp_id(view.request.key.plsp_id);
  out.set_name(view.request.name);
  out.set_source(view.request.source.to_string());
  out.set_destination(view.request.destination.to_string());
  out.set_operational_state(view.stale ? "stale" : std::string(to_string(view.state)));
  out.set_delegated(view.delegated);
  if (view.path) fill_path(*view.path, out);
  if (view.request.max_delay) out.set_max_delay_us(static_cast<std::uint32_t>(view.request.max_delay->count()));
  if (view.request.bandwidth) out.set_bandwidth_bps(view.request.bandwidth->value());
  out.set_updates(view.updates);
  if (view.last_update) out.set_last_update_unix_us(unix_us(*view.last_update));
  out.set_last_computation_us(static_cast<std::uint32_t>(view.last_computation.count()));
  out.set_last_reason(view.last_reason);
}

class Service final : public wire::PceService::Service {
 public:
  explicit Service(LspService::Snapshot snapshot) : snapshot_(std::move(snapshot)) {}
  grpc::Status ListLsps(grpc::ServerContext*, const wire::ListLspsRequest*, wire::ListLspsResponse* out) override {
    const std::optional<PceSnapshot> snapshot = snapshot_();
    if (!snapshot) return {grpc::StatusCode::UNAVAILABLE, "pathwise-pce is shutting down"};
    for (const PceLspView& view : snapshot->lsps) fill(view, *out->add_lsps());
    for (const PceSessionView& view : snapshot->sessions) {
      wire::Session& session = *out->add_sessions();
      session.set_peer(view.peer);
      session.set_state(std::string(to_string(view.state)));
      session.set_since_unix_us(unix_us(view.since));
      session.set_lsps(view.lsps);
    }
    out->set_topology_version(snapshot->topology_version);
    return grpc::Status::OK;
  }

 private:
  LspService::Snapshot snapshot_;
};

}  // namespace

struct LspService::State {
  explicit State(Snapshot snapshot) : service(std::move(snapshot)) {}
  Service service;
  std::unique_ptr<grpc::Server> server;
};

Result<std::unique_ptr<LspService>> LspService::start(const std::string& path, Snapshot snapshot) {
  // gRPC takes the path from whoever serves it, and does not say why it could not listen: look first.
  if (auto good = check_unix_socket(path, "pathwise-pce"); !good) return std::unexpected(good.error());
  auto state = std::make_unique<State>(std::move(snapshot));
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + path, grpc::InsecureServerCredentials());
  builder.RegisterService(&state->service);
  state->server = builder.BuildAndStart();
  if (!state->server) return fail(ErrorCode::kIo, "socket {}: cannot listen", path);
  return std::unique_ptr<LspService>(new LspService(std::move(state)));
}

LspService::LspService(std::unique_ptr<State> state) : state_(std::move(state)) {}
LspService::~LspService() {
  state_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
}

}  // namespace pathwise::pcep
