// SPDX-License-Identifier: Apache-2.0
// gRPC's own lines ("No match found for server name", dumps of errors) go through our log, at level debug: what they
// mean for us is an error of ours, with its reason. Once, at the start of a program.
#pragma once

namespace pathwise::te {

void route_grpc_log();

}  // namespace pathwise::te
