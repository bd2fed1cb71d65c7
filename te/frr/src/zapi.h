// SPDX-License-Identifier: GPL-2.0-or-later
// Between libfrr's structs and ours.
#pragma once

#include <optional>

#include "te/frr/ls_database.h"
#include "te/frr/route_table.h"

struct stream;
struct zapi_route;

namespace pathwise::te {

// Takes one LINK_STATE message out of the stream; nullopt: not ours (OSPF, IPv4), or malformed.
[[nodiscard]] std::optional<LsMessage> decode_link_state(stream* in);

// Our routes' type and instance in zebra: "sharp" (zebra knows no other for external programs; sharpd itself
// cannot run beside us). The instance must be the session's, or the routes survive our exit; and it must be 0: a
// zebra that starts anew finds our routes in the kernel, which knows no instances, and a route of
// another instance does not replace what it found but stands beside it, until a sweep a minute later.
inline constexpr unsigned short kZebraInstance = 0;
inline constexpr std::uint8_t kDistance = 10;

// Fills `out` (160 KiB: reuse it). `sid_ifindex`: the device that holds local SIDs (sr0).
void fill_zapi_route(const FrrRoute& route, unsigned sid_ifindex, zapi_route& out);

}  // namespace pathwise::te
