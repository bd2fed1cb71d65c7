// SPDX-License-Identifier: Apache-2.0
#include "lab/clab/preflight.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <linux/seg6.h>
#include <linux/seg6_iptunnel.h>
#include <linux/seg6_local.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "base/format.h"
#include "netns.h"

namespace pathwise::lab {
namespace {

using Severity = Finding::Severity;

constexpr const char* kRunAs =
    "start the runner by images/lab-run, which adds NET_ADMIN, SYS_ADMIN, SYS_PTRACE, --pid=host and --network=host";
constexpr const char* kKernel =
    "use a Linux kernel >= 6.1 with CONFIG_IPV6_SEG6_LWTUNNEL, CONFIG_VETH and CONFIG_BRIDGE";
constexpr long kMmapRandomBitsMax = 28;  // above this TSan cannot place its shadow memory

Finding ok(std::string subject, std::string detail) {
  return {Severity::kOk, std::move(subject), std::move(detail), ""};
}

std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Finding check_docker(ContainerEngine& engine) {
  auto version = engine.version();
  if (version) return ok("docker", formatted("engine {}, API {}", version->engine, version->api));
  return {Severity::kFatal, "docker", version.error().message,
          "start Docker and mount its socket: -v /var/run/docker.sock:/var/run/docker.sock"};
}

Finding check_capability(const char* name, int number) {
  struct __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2]{};
  const bool known = ::syscall(SYS_capget, &header, data) == 0;
  const std::uint64_t effective = data[0].effective | std::uint64_t{data[1].effective} << 32;
  if (known && (effective >> number & 1) != 0) return ok(name, "present");
  return {Severity::kFatal, name, "not among this process's effective capabilities", kRunAs};
}

struct SocketCloser {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
struct MessageFreer {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
struct LinkPutter {
  void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};
using Socket = std::unique_ptr<nl_sock, SocketCloser>;
using Message = std::unique_ptr<nl_msg, MessageFreer>;
using LinkObject = std::unique_ptr<rtnl_link, LinkPutter>;

std::unexpected<Error> netlink_error(int rc) {
  return fail(ErrorCode::kIo, "{}", nl_geterror(rc < 0 ? -rc : rc));
}

Result<Socket> connect() {
  Socket socket(nl_socket_alloc());
  if (const int rc = nl_connect(socket.get(), NETLINK_ROUTE); rc < 0) return netlink_error(rc);
  return socket;
}

Result<void> add_link(nl_sock* socket, const char* type, const char* name) {
  const LinkObject link(std::string_view(type) == "veth" ? rtnl_link_veth_alloc() : rtnl_link_alloc());
  if (std::string_view(type) != "veth") rtnl_link_set_type(link.get(), type);
  rtnl_link_set_name(link.get(), name);
  rtnl_link_set_flags(link.get(), IFF_UP);
  if (const int rc = rtnl_link_add(socket, link.get(), NLM_F_CREATE | NLM_F_EXCL); rc < 0) return netlink_error(rc);
  return {};
}

// Installs a route to fc00:dead::/64 with the lightweight tunnel that `encapsulate` writes.
Result<void> add_tunnel_route(nl_sock* socket, std::uint16_t tunnel, const std::function<void(nl_msg*)>& encapsulate) {
  Message message(nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE));
  rtmsg route{};
  route.rtm_family = AF_INET6;
  route.rtm_dst_len = 64;
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_type = RTN_UNICAST;
  nlmsg_append(message.get(), &route, sizeof route, NLMSG_ALIGNTO);
  in6_addr destination{};
  ::inet_pton(AF_INET6, "fc00:dead::", &destination);
  nla_put(message.get(), RTA_DST, sizeof destination, &destination);
  nla_put_u32(message.get(), RTA_OIF, ::if_nametoindex("sr0"));
  nla_put_u16(message.get(), RTA_ENCAP_TYPE, tunnel);
  nlattr* nest = nla_nest_start(message.get(), RTA_ENCAP);
  encapsulate(message.get());
  nla_nest_end(message.get(), nest);
  const int rc = nl_send_sync(socket, message.release());  // frees it
  if (rc < 0) return netlink_error(rc);
  return {};
}

void write_dt6(nl_msg* message) {
  nla_put_u32(message, SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_DT6);
  nla_put_u32(message, SEG6_LOCAL_TABLE, RT_TABLE_MAIN);
}

void write_next_csid(nl_msg* message) {
  nla_put_u32(message, SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END);
  nlattr* flavors = nla_nest_start(message, SEG6_LOCAL_FLAVORS);
  nla_put_u32(message, SEG6_LOCAL_FLV_OPERATION, 1U << SEG6_LOCAL_FLV_OP_NEXT_CSID);
  nla_put_u8(message, SEG6_LOCAL_FLV_LCBLOCK_BITS, 32);
  nla_put_u8(message, SEG6_LOCAL_FLV_LCNODE_FN_BITS, 16);
  nla_nest_end(message, flavors);
}

// struct seg6_iptunnel_encap: the mode, then a segment routing header with one segment.
void write_encap(nl_msg* message) {
  constexpr std::size_t kHeaderAt = sizeof(int);
  constexpr std::size_t kSegmentAt = kHeaderAt + sizeof(ipv6_sr_hdr);
  std::array<unsigned char, kSegmentAt + sizeof(in6_addr)> tunnel{};
  const int mode = SEG6_IPTUN_MODE_ENCAP;
  std::memcpy(tunnel.data(), &mode, sizeof mode);
  tunnel[kHeaderAt + offsetof(ipv6_sr_hdr, hdrlen)] = 2;  // units of 8 bytes after the first
  tunnel[kHeaderAt + offsetof(ipv6_sr_hdr, type)] = 4;    // RFC 8754 section 2
  ::inet_pton(AF_INET6, "fcbb:bb00:1::", tunnel.data() + kSegmentAt);
  nla_put(message, SEG6_IPTUNNEL_SRH, static_cast<int>(tunnel.size()), tunnel.data());
}

Finding probe(const char* subject, const char* remedy, const std::function<Result<void>(nl_sock*)>& attempt) {
  const auto result = in_new_netns([&]() -> Result<void> {
    auto socket = connect();
    if (!socket) return std::unexpected(socket.error());
    if (auto bridge = add_link(socket->get(), "bridge", "sr0"); !bridge) return bridge;
    return attempt(socket->get());
  });
  if (result) return ok(subject, "works");
  return {Severity::kFatal, subject, result.error().message, remedy};
}

void probe_kernel(std::vector<Finding>& out) {
  out.push_back(probe("bridge", kKernel, [](nl_sock*) { return Result<void>{}; }));
  out.push_back(probe("veth", kKernel, [](nl_sock* socket) { return add_link(socket, "veth", "probe0"); }));
  out.push_back(probe("seg6 sysctl", kKernel, [](nl_sock*) -> Result<void> {
    if (std::filesystem::exists("/proc/sys/net/ipv6/conf/all/seg6_enabled")) return {};
    return fail(ErrorCode::kNotFound, "net.ipv6.conf.all.seg6_enabled does not exist");
  }));
  out.push_back(probe("seg6 encapsulation", kKernel,
                      [](nl_sock* socket) { return add_tunnel_route(socket, LWTUNNEL_ENCAP_SEG6, write_encap); }));
  out.push_back(probe("seg6local End.DT6", kKernel,
                      [](nl_sock* socket) { return add_tunnel_route(socket, LWTUNNEL_ENCAP_SEG6_LOCAL, write_dt6); }));
  out.push_back(
      probe("seg6local NEXT-C-SID", "use a Linux kernel >= 6.1: uSIDs need the NEXT-C-SID flavour of End",
            [](nl_sock* socket) { return add_tunnel_route(socket, LWTUNNEL_ENCAP_SEG6_LOCAL, write_next_csid); }));
}

Finding check_mmap_random_bits() {
  const std::string text = read_line("/proc/sys/vm/mmap_rnd_bits");
  const long bits = std::strtol(text.c_str(), nullptr, 10);
  if (bits <= kMmapRandomBitsMax) return ok("vm.mmap_rnd_bits", text);
  return {Severity::kWarning, "vm.mmap_rnd_bits", formatted("is {}; programs built for TSan may not start", bits),
          formatted("for TSan runs: sysctl -w vm.mmap_rnd_bits={}", kMmapRandomBitsMax)};
}

}  // namespace

std::vector<Finding> preflight(ContainerEngine& engine) {
  std::vector<Finding> findings;
  findings.push_back(check_docker(engine));
  findings.push_back(check_capability("CAP_NET_ADMIN", CAP_NET_ADMIN));
  findings.push_back(check_capability("CAP_SYS_ADMIN", CAP_SYS_ADMIN));
  findings.push_back(check_capability("CAP_SYS_PTRACE", CAP_SYS_PTRACE));
  probe_kernel(findings);
  findings.push_back(check_mmap_random_bits());
  return findings;
}

Result<void> verdict(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::kFatal) continue;
    text += formatted("{}{}: {} ({})", text.empty() ? "" : "\n", finding.subject, finding.detail, finding.remedy);
  }
  if (text.empty()) return {};
  return fail(ErrorCode::kFailedPrecondition, "{}", text);
}

}  // namespace pathwise::lab
