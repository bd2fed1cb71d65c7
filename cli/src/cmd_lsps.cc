// SPDX-License-Identifier: Apache-2.0
// lsps: what a pathwise-pce has computed, over its unix socket.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>

#include "base/format.h"
#include "base/units.h"
#include "commands.h"
#include "pathwise/pce.grpc.pb.h"
#include "table.h"

namespace pathwise::cli {
namespace {

namespace wire = pathwise::pce::v1;

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

void print(const wire::ListLspsResponse& response) {
  Table table({"LSP", "PCC", "STATE", "PATH", "SIDS", "DELAY", "BOUND", "BANDWIDTH", "UPDATES", "LAST"});
  for (const wire::Lsp& lsp : response.lsps()) {
    const auto delay = [](bool known, std::uint32_t us) {
      return known ? to_human(Microseconds{us}) : std::string("-");
    };
    table.add({lsp.name(), lsp.pcc(), lsp.operational_state(), joined(lsp.nodes(), " > "),
               joined(lsp.segment_list(), " "), delay(lsp.has_computed_delay_us(), lsp.computed_delay_us()),
               delay(lsp.has_max_delay_us(), lsp.max_delay_us()),
               lsp.has_bandwidth_bps() ? to_human(BitsPerSecond{lsp.bandwidth_bps()}) : "-",
               std::to_string(lsp.updates()), lsp.last_reason()});
  }
  std::cout << table.to_string();
  for (const wire::Session& session : response.sessions()) {
    std::cout << formatted("PCC {} {}, {} LSPs\n", session.peer(), session.state(), session.lsps());
  }
}

}  // namespace

int run_lsps(Words words) {
  bool json = false;
  std::string socket = "/run/pathwise/pce.sock";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--json") {
      json = true;
    } else if (words[i] == "--pce" && i + 1 < words.size()) {
      socket = words[++i];
    } else {
      std::cerr << "usage: pathwise lsps [--json] [--pce SOCKET]\n";
      return 2;
    }
  }
  const auto stub =
      wire::PceService::NewStub(grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  wire::ListLspsResponse response;
  const grpc::Status status = stub->ListLsps(&context, {}, &response);
  if (!status.ok()) {
    return complain(
        {ErrorCode::kUnavailable, formatted("no pathwise-pce answers at {}: {}", socket, status.error_message())});
  }
  if (!json) {
    print(response);
    return 0;
  }
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  if (!google::protobuf::util::MessageToJsonString(response, &text, options).ok()) {
    return complain({ErrorCode::kInternal, "the answer cannot be shown as JSON"});
  }
  std::cout << text << "\n";
  return 0;
}

}  // namespace pathwise::cli
