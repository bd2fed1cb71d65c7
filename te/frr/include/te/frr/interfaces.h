// SPDX-License-Identifier: GPL-2.0-or-later
// Names and addresses of this machine's network interfaces. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "base/ip.h"

namespace pathwise::te {

struct InterfaceAddress {
  std::string name;
  std::uint32_t ifindex = 0;
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

// IPv6 addresses that are not link-local, of interfaces that are up.
[[nodiscard]] Result<std::map<Ipv6Address, InterfaceAddress>> local_addresses();

}  // namespace pathwise::te
