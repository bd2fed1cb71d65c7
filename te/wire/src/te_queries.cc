// SPDX-License-Identifier: Apache-2.0
#include "te/wire/te_queries.h"

#include <grpcpp/grpcpp.h>
#include <pathwise/te.grpc.pb.h>

#include "te_channel.h"
#include "te_convert.h"
#include "te_status.h"

namespace pathwise::te {
namespace {

constexpr std::chrono::milliseconds kRetry{100};
constexpr std::chrono::seconds kGrace{5};  // for te to say that a deadline has passed

// One call; `method` of the stub.
template <typename Request, typename Response>
Result<Response> ask(const std::string& socket_path, std::chrono::milliseconds timeout, const Request& request,
                     grpc::Status (wire::TeService::Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  const auto stub = wire::TeService::NewStub(connect(socket_path, kRetry));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  Response response;
  const grpc::Status status = ((*stub).*method)(&context, request, &response);
  if (status.ok()) return response;
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return fail(ErrorCode::kUnavailable, "te at {} does not know this question: it is older than this command",
                socket_path);
  }
  return std::unexpected(from_status(status).within("te at " + socket_path));
}

}  // namespace

Result<TopologyReport> read_topology(const std::string& socket_path, std::chrono::milliseconds timeout) {
  const auto response = ask(socket_path, timeout, wire::GetTopologyRequest{}, &wire::TeService::Stub::GetTopology);
  if (!response) return std::unexpected(response.error());
  return decode(*response);
}

Result<std::vector<PathHistory>> read_history(const std::string& socket_path, const PolicySelection& selection,
                                              std::chrono::milliseconds timeout) {
  wire::HistoryRequest request;
  request.set_site(selection.site.str());
  request.set_tier(selection.tier.str());
  const auto response = ask(socket_path, timeout, request, &wire::TeService::Stub::History);
  if (!response) return std::unexpected(response.error());
  return decode(*response);
}

Result<std::vector<VerifiedPath>> verify_paths(const std::string& socket_path, const VerifyOrder& order) {
  const auto response = ask(socket_path, order.deadline + kGrace, encode(order), &wire::TeService::Stub::Verify);
  if (!response) return std::unexpected(response.error());
  return decode(*response);
}

}  // namespace pathwise::te
