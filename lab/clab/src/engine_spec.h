// SPDX-License-Identifier: Apache-2.0
// The Docker Engine API's JSON (v1.41), written and read: no sockets here.
#pragma once

#include <string>
#include <string_view>

#include "lab/clab/engine.h"

namespace pathwise::lab {

// The body of POST /containers/create.
[[nodiscard]] std::string container_body(const ContainerSpec& spec);
// The body of POST /networks/create.
[[nodiscard]] std::string network_body(const Management& management);
// The answer of GET /containers/{id}/json. kInternal if it is not what the API says.
[[nodiscard]] Result<ContainerState> container_state(std::string_view json);
// The interface of a bridge network, from GET /networks/{name}.
[[nodiscard]] Result<std::string> bridge_interface(std::string_view json);
// True if GET /networks/{name} shows a lab's network that nothing is attached to.
[[nodiscard]] Result<bool> removable_network(std::string_view json);
// "message" of an error answer, or the answer itself.
[[nodiscard]] std::string error_message(std::string_view body);
// Splits the multiplexed stream of attach and exec: frames of {stream, 0, 0, 0, size (4, big-endian)}.
[[nodiscard]] Result<ExecOutput> demultiplex(std::string_view stream);

}  // namespace pathwise::lab
