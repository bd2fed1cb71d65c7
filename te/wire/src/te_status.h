// SPDX-License-Identifier: Apache-2.0
// Error ↔ grpc::Status, class by class.
#pragma once

#include <grpcpp/support/status.h>

#include "base/error.h"

namespace pathwise::te {

[[nodiscard]] grpc::Status to_status(const Error& error);
[[nodiscard]] Error from_status(const grpc::Status& status);

}  // namespace pathwise::te
