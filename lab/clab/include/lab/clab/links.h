// SPDX-License-Identifier: Apache-2.0
// veth pairs between network namespaces, made through netlink: both ends are born in their
// namespaces under their final names. A namespace is named by a process that lives in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"

namespace pathwise::lab {

// One end of a pair to be made.
struct VethEnd {
  int pid = 0;  // 0: this process's namespace
  std::string interface;
  std::string mac;     // empty: random, locally administered
  std::string bridge;  // this process's namespace only: the bridge to join; may be empty
};

// Safe to call from several threads at once.
class LinkMaker {
 public:
  virtual ~LinkMaker() = default;
  // Both ends are up, with transmit offloads off, when it returns. kAlreadyExists where a name is
  // taken, kNotFound where a process is gone, kPermissionDenied without CAP_NET_ADMIN and
  // CAP_SYS_ADMIN.
  virtual Result<void> make_veth(const VethEnd& a, const VethEnd& b, std::uint32_t mtu) = 0;
};

[[nodiscard]] std::unique_ptr<LinkMaker> make_kernel_links();

}  // namespace pathwise::lab
