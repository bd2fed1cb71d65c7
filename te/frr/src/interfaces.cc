// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace pathwise::te {

Result<std::map<Ipv6Address, InterfaceAddress>> local_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return fail_errno("interface addresses", errno);
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  std::map<Ipv6Address, InterfaceAddress> found;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET6 || (each->ifa_flags & IFF_UP) == 0) continue;
    sockaddr_in6 address{};
    std::memcpy(&address, each->ifa_addr, sizeof(address));
    if (IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr)) continue;
    Ipv6Address key;
    std::memcpy(key.bytes.data(), &address.sin6_addr, key.bytes.size());
    found.insert_or_assign(key, InterfaceAddress{each->ifa_name, if_nametoindex(each->ifa_name)});
  }
  return found;
}

}  // namespace pathwise::te
