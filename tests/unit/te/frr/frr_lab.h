// SPDX-License-Identifier: GPL-2.0-or-later
// Four real FRR routers in network namespaces of their own, a pathwise-frr beside each, links through
// pathwise-wan, so that their delay can be changed. Needs NET_ADMIN, SYS_ADMIN, NET_RAW and FRR.
//
//        r2            r1-r2, r2-r4: metric 10; r1-r3, r3-r4: metric 100, affinity "premium"
//      /    \          node ids 1..4; algorithm 128: min-delay, 129: igp, exclude premium
//    r1      r4        r1 has an address 2001:db8:a::1, r4 2001:db8:b::1, for traffic between them
//      \    /
//        r3
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pathwise::te::test {

class FrrLab {
 public:
  struct Programs {
    std::string frr;  // paths of pathwise-frr and pathwise-wan
    std::string wan;
  };
  // Why it cannot run here; empty: it can.
  [[nodiscard]] static std::string missing();

  // Returns when IS-IS has converged. Throws what failed.
  explicit FrrLab(Programs programs);
  ~FrrLab();
  FrrLab(const FrrLab&) = delete;
  FrrLab& operator=(const FrrLab&) = delete;

  void start_agent(int router);
  // Its exit status as of waitpid().
  int stop_agent(int router, int signal);
  // A fabric.yaml of this router's own: algorithm 129 by another metric.
  void give_other_definitions(int router, bool other);

  // kill -9 of one of the router's FRR daemons, and its return with the configuration.
  void kill_daemon(int router, const std::string& daemon);
  void start_daemon(int router, const std::string& daemon);
  // All of them, and the agent: the router is dead. start_frr() and start_agent() bring it back.
  void kill_router(int router);
  void start_frr(int router);

  // Both directions of "r1-r2", "250us".
  void set_delay(const std::string& link, const std::string& delay);
  void cut(const std::string& link, bool cut);

  // A shell command in the router's namespace, and what it printed. "ip -6 route show" and the like.
  std::string in(int router, const std::string& command) const;
  [[nodiscard]] std::string vtysh(int router, const std::string& command) const;
  // "2001:db8:12::2 dev to2": the next hops of the route to a prefix; empty: no route.
  [[nodiscard]] std::string next_hop(int router, const std::string& prefix) const;
  [[nodiscard]] std::string health(int router) const;
  // pathwise-frr's topology stream on a unix socket.
  [[nodiscard]] std::string topology_socket(int router) const;
  [[nodiscard]] std::string log(int router) const;  // of pathwise-frr

  // Waits for a condition, checking every 20 ms; false after the deadline.
  static bool eventually(const std::function<bool()>& condition,
                         std::chrono::seconds deadline = std::chrono::seconds(30));

 private:
  [[nodiscard]] std::string ns(int router) const;  // 0: the wan node
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
  void make_namespaces();
  void make_link(int a, int b);
  void launch(int router, const std::string& daemon) const;
  void configure(int router);
  void write_fabric(const std::string& path, const std::string& metric_of_129) const;
  [[nodiscard]] std::string router_configuration(int router) const;
  [[nodiscard]] std::string wan_topology() const;
  pid_t spawn(const std::vector<std::string>& words, const std::string& output) const;

  Programs programs_;
  std::string tag_;  // unique to this process; FRR's "pathspace" too
  std::string folder_;
  pid_t wan_ = -1;
  std::map<int, pid_t> agents_;
};

}  // namespace pathwise::te::test
