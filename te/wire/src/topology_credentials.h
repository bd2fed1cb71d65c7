// SPDX-License-Identifier: Apache-2.0
// gRPC credentials for the topology stream: files that are watched, and a check of the peer's SPIFFE
// id in place of the host name (certificates carry no addresses).
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/ip.h"
#include "te/wire/topology_security.h"

namespace pathwise::te {

// kInvalidArgument: TCP with neither TLS nor `insecure`; kNotFound and others: a file that cannot be read.
[[nodiscard]] Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const Endpoint& listen,
                                                                                  const std::optional<TopologyTls>& tls,
                                                                                  bool insecure);
[[nodiscard]] Result<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(
    const Endpoint& source, const std::optional<TopologyTls>& tls, bool insecure);

// "unix:/run/x.sock", "[::]:9340".
[[nodiscard]] std::string grpc_address(const Endpoint& endpoint);

}  // namespace pathwise::te
