// SPDX-License-Identifier: GPL-2.0-or-later
// Which routes zebra has put into the kernel for us: zebra tells its clients nothing of what an earlier session left.
#pragma once

#include <set>

#include "base/error.h"
#include "base/ip.h"

namespace pathwise::te {

// IPv6 destinations of the main table whose protocol is zebra's for our kind of route ("sharp").
[[nodiscard]] Result<std::set<Ipv6Prefix>> kernel_routes();

}  // namespace pathwise::te
