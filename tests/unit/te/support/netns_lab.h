// SPDX-License-Identifier: Apache-2.0
// h1 — r — h2 in network namespaces of their own, with real kernel SRv6: r is the edge router of both
// hosts, and has for each side one uDT6 SID in two algorithms. Needs NET_ADMIN and SYS_ADMIN.
//
//   tier prefixes  h1 fd00:1:a::/64           h2 fd00:2:a::/64 (their aggregate fd00::/16)
//   uDT6 to h1     fcbb:bb00:1:fe00::, fcbb:bb80:1:fe00::
//   uDT6 to h2     fcbb:bb00:2:fe00::, fcbb:bb80:2:fe00::
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "base/format.h"

namespace pathwise::te::test {

// One at a time; the process's threads must not be in a namespace of it when it goes.
class NetnsLab {
 public:
  // Why it cannot be built here; empty: it can.
  static std::string missing() {
    const std::string probe = name("probe");
    if (std::system(
            formatted("mount -o remount,rw /proc/sys 2>/dev/null; ip netns add {} 2>/dev/null", probe).c_str()) != 0) {
      return "needs NET_ADMIN and SYS_ADMIN (images/run --net)";
    }
    const bool writable =
        std::system(
            formatted("ip netns exec {} sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding' 2>/dev/null", probe)
                .c_str()) == 0;
    static_cast<void>(std::system(formatted("ip netns del {}", probe).c_str()));
    return writable ? "" : "needs a writable /proc/sys";
  }

  NetnsLab() {
    for (const char* node : {"h1", "h2", "r"}) {
      sh(formatted("ip netns add {0}; ip -n {0} link set lo up", name(node)));
      // Without a usable link-local address nobody solicits neighbours: 2 s in which packets wait or drop.
      in(node, "for i in all default; do echo 0 > /proc/sys/net/ipv6/conf/$i/accept_dad; done");
    }
    in("r",
       "for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/forwarding; echo 1 > "
       "/proc/sys/net/ipv6/conf/$i/seg6_enabled; done");
    ip("r", "link add sr0 type bridge");
    ip("r", "link set sr0 up");
    attach("h1", "2001:db8:a::", "fd00:1:a::/64");
    attach("h2", "2001:db8:b::", "fd00:2:a::/64");
    for (const char* sid :
         {"fcbb:bb00:1:fe00::/64", "fcbb:bb80:1:fe00::/64", "fcbb:bb00:2:fe00::/64", "fcbb:bb80:2:fe00::/64"}) {
      heal(sid);
    }
  }
  ~NetnsLab() {
    for (const char* node : {"h1", "h2", "r"}) {
      static_cast<void>(std::system(formatted("ip netns del {}", name(node)).c_str()));
    }
  }
  NetnsLab(const NetnsLab&) = delete;
  NetnsLab& operator=(const NetnsLab&) = delete;

  // `ip -6 -n NODE …`; throws if it fails.
  void ip(const std::string& node, const std::string& arguments) {
    sh(formatted("ip -6 -n {} {}", name(node), arguments));
  }
  // A shell command in the node.
  void in(const std::string& node, const std::string& command) {
    sh(formatted("ip netns exec {} sh -c '{}'", name(node), command));
  }
  // What `ip -6 -n NODE …` prints.
  std::string show(const std::string& node, const std::string& arguments) {
    return read(formatted("ip -6 -n {} {}", name(node), arguments));
  }
  void cut(const std::string& sid) { ip("r", "route del " + sid); }
  void heal(const std::string& sid) {
    ip("r", "route add " + sid + " encap seg6local action End.DT6 table 254 dev sr0");
  }

  // The calling thread is in the node while this lives: sockets opened meanwhile stay there.
  class Inside {
   public:
    explicit Inside(const std::string& node) : home_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
      const int there = ::open(("/run/netns/" + name(node)).c_str(), O_RDONLY | O_CLOEXEC);
      const int result = ::setns(there, CLONE_NEWNET);
      ::close(there);
      if (result != 0) throw std::runtime_error("setns " + node);
    }
    ~Inside() {
      static_cast<void>(::setns(home_, CLONE_NEWNET));
      ::close(home_);
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    int home_;
  };

  // The namespace's name: unique to this process.
  static std::string name(const std::string& node) { return formatted("pw{}{}", ::getpid(), node); }

 private:
  void attach(const std::string& host, const std::string& link, const std::string& tier) {
    sh(formatted("ip link add eth0 netns {0} type veth peer name {2} netns {1}", name(host), name("r"), host));
    ip("r", formatted("addr add {}1/64 dev {} nodad", link, host));
    ip("r", formatted("link set {} up", host));
    ip(host, formatted("addr add {}2/64 dev eth0 nodad", link));
    ip(host, "link set eth0 up");
    ip(host, formatted("route add default via {}1", link));
    ip("r", formatted("route add {} via {}2", tier, link));
  }
  static void sh(const std::string& command) {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }
  static std::string read(const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("popen: " + command);
    std::string text;
    std::array<char, 4096> buffer{};
    std::size_t size = 0;
    while ((size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) text.append(buffer.data(), size);
    ::pclose(pipe);
    return text;
  }
};

}  // namespace pathwise::te::test
