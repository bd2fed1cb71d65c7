// SPDX-License-Identifier: GPL-2.0-or-later
#include "frr_lab.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/format.h"
#include "base/string_util.h"

namespace pathwise::te::test {
namespace {

struct LinkPlan {
  int a;
  int b;
  int metric;
  bool premium;
};
constexpr std::array kLinks{LinkPlan{1, 2, 10, false}, LinkPlan{2, 4, 10, false}, LinkPlan{1, 3, 100, true},
                            LinkPlan{3, 4, 100, true}};

void sh(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen: " + command);
  std::string text;
  std::array<char, 4096> buffer{};
  std::size_t size = 0;
  while ((size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) text.append(buffer.data(), size);
  ::pclose(pipe);
  return text;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::string FrrLab::missing() {
  if (::access("/usr/lib/frr/isisd", X_OK) != 0) return "needs FRR";
  const std::string probe = formatted("pwf{}p", ::getpid());
  const int made = std::system(
      formatted("mount -o remount,rw /proc/sys 2>/dev/null; ip netns add {0} 2>/dev/null && ip netns exec {0} sh -c "
                "'echo 1 > /proc/sys/net/ipv6/conf/all/seg6_enabled' 2>/dev/null",
                probe)
          .c_str());
  static_cast<void>(std::system(formatted("ip netns del {} 2>/dev/null", probe).c_str()));
  return made == 0 ? "" : "needs NET_ADMIN, SYS_ADMIN and a writable /proc/sys (images/run --net)";
}

FrrLab::FrrLab(Programs programs)
    : programs_(std::move(programs)), tag_(formatted("pwf{}r", ::getpid())), folder_("/tmp/" + tag_) {
  std::filesystem::create_directories(folder_);
  make_namespaces();
  write(file("wan.clab.yml"), wan_topology());
  wan_ = spawn({"ip", "netns", "exec", ns(0), programs_.wan, "run", "--topology", file("wan.clab.yml"), "--node", "wan",
                "--socket", file("wan.sock")},
               file("wan.log"));
  write_fabric(file("fabric.yaml"), "igp");
  for (int router = 1; router <= 4; ++router) start_frr(router);
  const bool converged = eventually(
      [&] {
        return !next_hop(1, "fcbb:bb00:4::/48").empty() && !next_hop(4, "fcbb:bb00:1::/48").empty() &&
               !next_hop(3, "fcbb:bb00:2::/48").empty();
      },
      std::chrono::seconds(90));
  if (!converged)
    throw std::runtime_error("IS-IS did not converge: " + vtysh(1, "show isis neighbor") + read(file("wan.log")));
}

FrrLab::~FrrLab() {
  while (!agents_.empty()) stop_agent(agents_.begin()->first, SIGKILL);
  if (wan_ > 0) {
    ::kill(wan_, SIGTERM);
    ::waitpid(wan_, nullptr, 0);
  }
  for (int router = 1; router <= 4; ++router) {
    const std::string run = "/var/run/frr/" + ns(router);
    static_cast<void>(std::system(formatted("for f in {}/*.pid; do kill -9 $(cat $f); done 2>/dev/null", run).c_str()));
    std::filesystem::remove_all(run);
    std::filesystem::remove_all("/etc/frr/" + ns(router));
  }
  for (int node = 0; node <= 4; ++node) static_cast<void>(std::system(("ip netns del " + ns(node)).c_str()));
  std::filesystem::remove_all(folder_);
}

std::string FrrLab::ns(int router) const {
  return formatted("{}{}", tag_, router);
}

void FrrLab::make_namespaces() {
  for (int node = 0; node <= 4; ++node) {
    sh(formatted(
        "ip netns add {0}; ip -n {0} link set lo up; ip netns exec {0} sh -c 'for i in all default; do echo 0 > "
        "/proc/sys/net/ipv6/conf/$i/accept_dad; done'",
        ns(node)));
    if (node == 0) continue;
    sh(formatted(
        "ip netns exec {0} sh -c 'for i in all default lo; do for k in forwarding seg6_enabled; do echo 1 > "
        "/proc/sys/net/ipv6/conf/$i/$k; done; done'; ip -n {0} link add sr0 type bridge; ip -n {0} link set sr0 up",
        ns(node)));
  }
  for (const LinkPlan& link : kLinks) make_link(link.a, link.b);
}

// a's "to<b>" and b's "to<a>", each joined to an interface of the wan namespace. The relay sees frames
// before a device would have filled in their checksums: that is switched off.
void FrrLab::make_link(int a, int b) {
  for (const auto& [here, there] : {std::pair{a, b}, {b, a}}) {
    sh(formatted(
        "ip link add to{1} netns {2} type veth peer name r{0}-r{1} netns {3} && ip -n {2} link set to{1} up && "
        "ip -n {3} link set r{0}-r{1} up && ip netns exec {2} ethtool -K to{1} tx off > /dev/null && "
        "ip netns exec {2} sh -c 'echo 1 > /proc/sys/net/ipv6/conf/to{1}/seg6_enabled'",
        here, there, ns(here), ns(0)));
  }
}

std::string FrrLab::wan_topology() const {
  std::string text = "name: live\ntopology:\n  nodes:\n    wan: {kind: linux, image: none}\n";
  for (int router = 1; router <= 4; ++router) text += formatted("    r{}: {{kind: linux, image: none}}\n", router);
  text += "  links:\n";
  for (const LinkPlan& link : kLinks) {
    for (const auto& [here, there] : {std::pair{link.a, link.b}, {link.b, link.a}}) {
      text +=
          formatted("    - {{endpoints: [\"r{0}:to{1}\", \"wan:r{0}-r{1}\"], vars: {{delay: 2ms}}}}\n", here, there);
    }
  }
  return text;
}

std::string FrrLab::router_configuration(int router) const {
  std::string text = formatted(
      "hostname r{0}\naffinity-map premium bit-position 0\nip router-id 10.0.0.{0}\n"
      "interface lo\n ipv6 address fd00::{0}/128\n ipv6 router isis 1\n isis passive\n!\n",
      router);
  for (const LinkPlan& link : kLinks) {
    if (link.a != router && link.b != router) continue;
    const int other = link.a == router ? link.b : link.a;
    text += formatted(
        "interface to{1}\n ipv6 address 2001:db8:{2}{3}::{0}/64\n ipv6 router isis 1\n isis network point-to-point\n"
        " isis metric {4}\n isis hello-interval 1\n isis hello-multiplier 3\n link-params\n  enable\n  delay 5000 min "
        "5000 max 5000\n{5}"
        "  max-bw 1.25e+08\n  max-rsv-bw 1.25e+08\n exit-link-params\n!\n",
        router, other, link.a, link.b, link.metric, link.premium ? "  affinity premium\n" : "");
  }
  return text +
         formatted(
             "router isis 1\n net 49.0000.0000.0000.000{0}.00\n is-type level-2-only\n"
             " lsp-timers gen-interval 1 refresh-interval 900 max-lifetime 1200\n spf-interval 1\n"
             " spf-delay-ietf init-delay 10 short-delay 50 long-delay 200 holddown 500 time-to-learn 100\n"
             " mpls-te on\n mpls-te router-address 10.0.0.{0}\n mpls-te router-address ipv6 fd00::{0}\n mpls-te "
             "export\n"
             " segment-routing srv6\n  locator MAIN\n  interface sr0\n exit\nexit\n!\nsegment-routing\n srv6\n"
             "  encapsulation\n   source-address fd00::{0}\n  locators\n   locator MAIN\n"
             "    prefix fcbb:bb00:{0}::/48 block-len 32 node-len 16 func-bits 16\n    behavior usid\n   exit\n  exit\n"
             " exit\nexit\n!\n",
             router);
}

void FrrLab::start_frr(int router) {
  const std::string name = ns(router);
  for (const std::string& folder : {"/etc/frr/" + name, "/var/run/frr/" + name})
    std::filesystem::create_directories(folder);
  write("/etc/frr/" + name + "/frr.conf", router_configuration(router));
  write("/etc/frr/" + name + "/vtysh.conf", "");
  sh(formatted("chown -R frr:frr /etc/frr/{0} /var/run/frr/{0}", name));
  for (const char* daemon : {"mgmtd", "zebra", "staticd", "isisd"}) launch(router, daemon);
  configure(router);
}

void FrrLab::launch(int router, const std::string& daemon) const {
  sh(
      formatted("unshare -u sh -c 'hostname r{0}; exec ip netns exec {1} /usr/lib/frr/{2} -N {1} -d --log "
                "file:/tmp/{1}.{2}.log' > {3} 2>&1 < /dev/null",
                router, ns(router), daemon, file("daemon.log")));
}

void FrrLab::kill_daemon(int router, const std::string& daemon) {
  sh(formatted("kill -9 $(cat /var/run/frr/{}/{}.pid)", ns(router), daemon));
}

void FrrLab::start_daemon(int router, const std::string& daemon) {
  launch(router, daemon);
  configure(router);
}

void FrrLab::kill_router(int router) {
  stop_agent(router, SIGKILL);
  for (const char* daemon : {"isisd", "staticd", "zebra", "mgmtd"}) kill_daemon(router, daemon);
  // A router without power forwards nothing either.
  for (const LinkPlan& link : kLinks) {
    if (link.a == router || link.b == router) cut(formatted("r{}-r{}", link.a, link.b), true);
  }
}

void FrrLab::configure(int router) {
  const std::string name = ns(router);
  // mgmtd 10.3 refuses for good what it is given before its backends (zebra, staticd) are connected.
  const auto lines_with = [](const std::string& text, std::string_view wanted) {
    return std::ranges::count_if(split(text, '\n'), [&](std::string_view line) { return line.contains(wanted); });
  };
  const std::string wanted = router_configuration(router);
  const bool took = eventually([&] {
    if (lines_with(vtysh(router, "show mgmt backend-adapter all"), "Client:") < 2) return false;
    sh(formatted("ip netns exec {0} vtysh -N {0} -b > {1} 2>&1", name, file("vtysh.log")));
    const std::string running = vtysh(router, "show running-config");
    return std::ranges::all_of(std::array{" ipv6 address ", "  affinity ", "router isis "},
                               [&](const char* line) { return lines_with(running, line) == lines_with(wanted, line); });
  });
  if (!took) throw std::runtime_error("FRR did not take its configuration: " + read(file("vtysh.log")));
}

void FrrLab::write_fabric(const std::string& path, const std::string& metric_of_129) const {
  write(path, formatted(R"(sites:
  west: {{region: a, jurisdictions: [IN], edge: r1, edge_address: "fd00::1", node_id: 1, prefixes: {{batch: "fd00:1:1a::/64"}}}}
  east: {{region: a, jurisdictions: [IN], edge: r4, edge_address: "fd00::4", node_id: 4, prefixes: {{batch: "fd00:1:4a::/64"}}}}
tier_aggregate: "fd00:1::/32"
srv6:
  blocks: {{0: "fcbb:bb00::/32", 128: "fcbb:bb80::/32", 129: "fcbb:bb81::/32"}}
  udt6_function: fe00
affinities: {{premium: 0}}
flex_algos:
  128: {{metric: min-delay}}
  129: {{metric: {}, exclude_any: [premium]}}
tiers:
  batch: {{color: 30, objective: {{cost: {{deadline: 1h}}}}, paths: [{{flex_algo: 129}}]}}
models:
  m: {{context: 8k}}
)",
                        metric_of_129));
}

void FrrLab::give_other_definitions(int router, bool other) {
  write_fabric(file(formatted("fabric{}.yaml", router)), other ? "te" : "igp");
}

void FrrLab::start_agent(int router) {
  const std::string own = file(formatted("fabric{}.yaml", router));
  const std::string config = file(formatted("frr{}.yaml", router));
  write(config,
        formatted("node: r{0}\nzserv: /var/run/frr/{1}/zserv.api\nfabric: {2}\nlisten: {{topology: \"unix:{3}\", "
                  "metrics: \"unix:{4}\"}}\nlink_delay: {{interval: 25ms, window: 300ms}}\ngraceful_restart: 8s\n",
                  router, ns(router), std::filesystem::exists(own) ? own : file("fabric.yaml"), topology_socket(router),
                  file(formatted("metrics{}.sock", router))));
  agents_[router] = spawn({"ip", "netns", "exec", ns(router), programs_.frr, "--config", config},
                          file(formatted("agent{}.log", router)));
}

int FrrLab::stop_agent(int router, int signal) {
  const pid_t agent = agents_.at(router);
  agents_.erase(router);
  ::kill(agent, signal);
  int status = 0;
  ::waitpid(agent, &status, 0);
  return status;
}

void FrrLab::set_delay(const std::string& link, const std::string& delay) {
  sh(formatted("{} ctl --socket {} set {} delay {} > /dev/null", programs_.wan, file("wan.sock"), link, delay));
}

void FrrLab::cut(const std::string& link, bool cut) {
  sh(formatted("{} ctl --socket {} {} {} > /dev/null", programs_.wan, file("wan.sock"), cut ? "cut" : "heal", link));
}

std::string FrrLab::in(int router, const std::string& command) const {
  return output_of(formatted("ip netns exec {} {}", ns(router), command));
}

std::string FrrLab::vtysh(int router, const std::string& command) const {
  return in(router, formatted("vtysh -N {} -c '{}'", ns(router), command));
}

std::string FrrLab::next_hop(int router, const std::string& prefix) const {
  const std::string text = in(router, "ip -6 route show exact " + prefix);
  std::string found;
  for (std::size_t at = text.find("via "); at != std::string::npos; at = text.find("via ", at + 1)) {
    std::istringstream words(text.substr(at));
    std::string via, gateway, dev, device;
    words >> via >> gateway >> dev >> device;
    found += (found.empty() ? "" : ", ") + gateway + " dev " + device;
  }
  return found;
}

std::string FrrLab::health(int router) const {
  return output_of(
      formatted("curl -s --max-time 5 --unix-socket {} http://frr/health", file(formatted("metrics{}.sock", router))));
}

std::string FrrLab::topology_socket(int router) const {
  return file(formatted("topology{}.sock", router));
}
std::string FrrLab::log(int router) const {
  return read(file(formatted("agent{}.log", router)));
}

bool FrrLab::eventually(const std::function<bool()>& condition, std::chrono::seconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // between looks, not instead of one
  }
  return true;
}

pid_t FrrLab::spawn(const std::vector<std::string>& words, const std::string& output) const {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int log = ::open(output.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace pathwise::te::test
