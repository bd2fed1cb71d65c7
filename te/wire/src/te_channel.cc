// SPDX-License-Identifier: Apache-2.0
#include "te_channel.h"

#include <grpcpp/grpcpp.h>

namespace pathwise::te {
namespace {

constexpr int kMaxAnswerBytes = 64 << 20;
constexpr int kConnectTimeoutMs = 5000;

}  // namespace

std::shared_ptr<grpc::Channel> connect(const std::string& path, std::chrono::milliseconds retry) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(retry.count()));
  // gRPC takes this one for the least time that a connection may need to come up, not for a wait.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(retry.count()));  // ours is above
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + path, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace pathwise::te
