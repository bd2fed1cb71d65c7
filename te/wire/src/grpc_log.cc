// SPDX-License-Identifier: Apache-2.0
#include "te/wire/grpc_log.h"

#include <grpc/support/log.h>

#include "base/format.h"
#include "base/log.h"

namespace pathwise::te {
namespace {

// Any of gRPC's threads.
void write(gpr_log_func_args* line) {
  log::debug("grpc", line->message, {{"at", formatted("{}:{}", line->file, line->line)}});
}

}  // namespace

void route_grpc_log() {
  gpr_set_log_function(write);
}

}  // namespace pathwise::te
