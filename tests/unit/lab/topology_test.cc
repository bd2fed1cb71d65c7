// SPDX-License-Identifier: Apache-2.0
#include "lab/clab/topology.h"

#include <gmock/gmock.h>

#include <string>

namespace pathwise::lab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

std::optional<std::string> no_variables(const std::string&) {
  return std::nullopt;
}

Result<Topology> read(std::string_view text) {
  return load_text(text, "/labs/t/t.clab.yml", no_variables);
}

std::string refusal(std::string_view text) {
  const auto topology = read(text);
  return topology ? "accepted" : topology.error().message;
}

// One valid node and link, with `node` added to r1 and `rest` at the end of the file.
std::string with(const std::string& node, const std::string& rest = "") {
  return "name: t\n"
         "topology:\n"
         "  nodes:\n"
         "    r1: {kind: linux, image: i, network-mode: none}\n"
         "    r2:\n"
         "      kind: linux\n"
         "      image: i\n" +
         node + rest;
}

constexpr std::string_view kFull = R"(name: t3
prefix: lab
mgmt: {network: clabt3, bridge: br-t3, ipv4-subnet: 172.31.203.0/24, ipv6-subnet: "fd00:31:203::/64", mtu: 1400}
topology:
  defaults:
    kind: linux
    env: {LAB: t3, ROLE: any}
    binds: [shared:/lab/shared:ro]
  kinds:
    linux:
      image: frr:10.3
      image-pull-policy: Never
      privileged: ${PRIVILEGED:=false}
      cap-add: [NET_ADMIN]
      restart-policy: "no"
      cmd: sleep infinity
      sysctls: {net.ipv6.conf.all.forwarding: 1}
      exec: [sh /lab/node.sh]
      binds: ["cfg/__clabNodeName__.sh:/lab/node.sh:ro"]
  groups:
    edge:
      cap-add: [NET_RAW, NET_ADMIN]
      env: {ROLE: edge}
  nodes:
    r1: &r1
      group: edge
      hostname: one
      mgmt-ipv4: 172.31.203.11
      mgmt-ipv6: fd00:31:203::11
      ports: ["127.0.0.1:18080:8080/tcp", "53:53/udp"]
      labels: {site: a}
      entrypoint: /bin/sh -c
      healthcheck: {test: [CMD-SHELL, "test -e /tmp/ready"], interval: 1, timeout: 2, retries: 20, start-period: 3}
      exec: [touch /tmp/ready]
      binds: ["/abs/other.sh:/lab/node.sh"]
    r2:
      network-mode: none
      stages:
        create-links:
          wait-for: [{node: r1, stage: healthy}]
    br0: {kind: bridge}
  links:
    - endpoints: ["r1:eth1", "r2:eth1"]
      mtu: 1500
      vars: {delay: 1.5ms}
    - type: veth
      endpoints: [{node: r2, interface: eth2, mac: "02:00:00:00:02:02"}, {node: br0, interface: br-r2}]
      labels: {color: red}
    - endpoints: ["r1:eth3", "host:t3-eth3"]
    - endpoints: ["r2:eth8", "mgmt-net:t3-eth8"]
)";

TEST(TopologyFile, ReadsEveryFieldOfTheSubset) {
  const auto topology = read(kFull);
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_EQ(topology->name, "t3");
  EXPECT_EQ(topology->long_name("r1"), "lab-t3-r1");
  EXPECT_EQ(topology->management.network, "clabt3");
  EXPECT_EQ(topology->management.ipv6_subnet, "fd00:31:203::/64");
  EXPECT_EQ(topology->management.mtu, 1400U);
  const Node& r1 = *topology->find("r1");
  EXPECT_EQ(r1.hostname, "one");
  EXPECT_EQ(r1.pull_policy, PullPolicy::kNever);
  EXPECT_FALSE(r1.privileged);
  EXPECT_EQ(r1.restart_policy, "no");
  EXPECT_THAT(r1.cmd, ElementsAre("sleep", "infinity"));
  EXPECT_THAT(r1.entrypoint, ElementsAre("/bin/sh", "-c"));
  EXPECT_THAT(r1.ports,
              ElementsAre(PortMapping{"127.0.0.1", "18080", "8080", "tcp"}, PortMapping{"", "53", "53", "udp"}));
  EXPECT_EQ(r1.healthcheck, (Healthcheck{{"CMD-SHELL", "test -e /tmp/ready"},
                                         std::chrono::seconds(1),
                                         std::chrono::seconds(2),
                                         std::chrono::seconds(3),
                                         20}));
  const Node& r2 = *topology->find("r2");
  EXPECT_EQ(r2.wait_for.at(Stage::kCreateLinks), (std::vector{WaitFor{"r1", Stage::kHealthy}}));
  EXPECT_EQ(topology->find("br0")->kind, NodeKind::kBridge);
}

TEST(TopologyFile, NodesInheritFromDefaultsKindsAndGroups) {
  const auto topology = read(kFull);
  ASSERT_TRUE(topology) << topology.error().message;
  const Node& r1 = *topology->find("r1");
  EXPECT_THAT(r1.env, UnorderedElementsAre(Pair("LAB", "t3"), Pair("ROLE", "edge")));
  EXPECT_THAT(r1.cap_add, ElementsAre("NET_ADMIN", "NET_RAW"));
  EXPECT_THAT(r1.exec, ElementsAre(ElementsAre("sh", "/lab/node.sh"), ElementsAre("touch", "/tmp/ready")));
  EXPECT_THAT(r1.binds,
              ElementsAre(Bind{"/labs/t/shared", "/lab/shared", "ro"}, Bind{"/abs/other.sh", "/lab/node.sh", ""}));
  const Node& r2 = *topology->find("r2");
  EXPECT_EQ(r2.env.at("ROLE"), "any");
  EXPECT_THAT(r2.binds, ElementsAre(Bind{"/labs/t/shared", "/lab/shared", "ro"},
                                    Bind{"/labs/t/cfg/r2.sh", "/lab/node.sh", "ro"}));
}

TEST(TopologyFile, ReadsBothFormsOfLinks) {
  const auto topology = read(kFull);
  ASSERT_TRUE(topology) << topology.error().message;
  ASSERT_EQ(topology->links.size(), 4U);
  EXPECT_EQ(topology->links[0].mtu, 1500U);
  EXPECT_EQ(topology->links[0].vars->find("delay")->scalar, "1.5ms");
  EXPECT_EQ(topology->links[1].mtu, 9500U);
  EXPECT_EQ(topology->links[1].ends[0], (LinkEnd{"r2", "eth2", "02:00:00:00:02:02"}));
  EXPECT_EQ(topology->links[2].ends[1], (LinkEnd{"host", "t3-eth3", ""}));
}

TEST(TopologyFile, ContainersArePrivilegedUnlessTheFileSaysOtherwise) {
  const auto topology = read("name: t\ntopology:\n  nodes:\n    r1: {kind: linux, image: i}\n");
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_TRUE(topology->nodes[0].privileged);  // containerlab's default
  EXPECT_EQ(topology->management.ipv4_subnet, "172.20.20.0/24");
}

TEST(TopologyFile, RefusesAnUnknownFieldByLineAndName) {
  EXPECT_THAT(refusal(with("      startup-config: x\n")),
              AllOf(HasSubstr("t.clab.yml:8:7"), HasSubstr("startup-config")));
  EXPECT_THAT(refusal("name: t\ndebug: true\ntopology: {nodes: {r1: {kind: linux, image: i}}}\n"),
              AllOf(HasSubstr("t.clab.yml:2:1"), HasSubstr("debug")));
  EXPECT_THAT(refusal(with("", "  links:\n    - endpoints: [\"r1:a\", \"r2:a\"]\n      bandwidth: 5\n")),
              AllOf(HasSubstr("t.clab.yml:10:7"), HasSubstr("bandwidth")));
  EXPECT_THAT(refusal(with("      healthcheck: {test: [CMD, x], every: 5}\n")), HasSubstr("every"));
  EXPECT_THAT(refusal(with("      stages: {create: {exec: []}}\n")), HasSubstr("exec"));
  EXPECT_THAT(refusal("name: t\nmgmt: {external-access: true}\ntopology: {nodes: {r1: {kind: linux, image: i}}}\n"),
              HasSubstr("external-access"));
}

TEST(TopologyFile, ReportsEveryMistakeAtOnce) {
  const std::string text = with("      restart-policy: never\n      hostnam: x\n      binds: [nowhere]\n");
  EXPECT_THAT(refusal(text), AllOf(HasSubstr(":8:"), HasSubstr("'never' is not one of"), HasSubstr(":9:"),
                                   HasSubstr("hostnam"), HasSubstr(":10:"), HasSubstr("nowhere")));
}

struct Bad {
  std::string node;  // added to r2
  std::string rest;  // added after the nodes
  std::string reason;
};

TEST(TopologyFile, RefusesWhatCannotWork) {
  const std::string links = "  links:\n    - endpoints: ";
  const std::vector<Bad> cases = {
      {"", "    r3: {kind: srl}\n", "kind 'srl' is not supported"},
      {"      network-mode: none\n      ports: [\"1:1\"]\n", "", "ports need the management network"},
      {"      ports: [\"99999:1\"]\n", "", "port '99999:1'"},
      {"      cap-add: NET_ADMIN\n", "", "must be a list"},
      {"      cmd: sh -c 'open\n", "", "not closed"},
      {"      binds: [\"__clabDir__/x:/y\"]\n", "", "only __clabNodeName__"},
      {"      healthcheck: {test: [true]}\n", "", "CMD-SHELL"},
      {"      stages: {create: {wait-for: [{node: r9, stage: create}]}}\n", "", "'r9', which is not in the topology"},
      {"      stages: {create: {wait-for: [{node: r1, stage: healthy}]}}\n", "", "r1 has no healthcheck"},
      {"      stages: {create: {wait-for: [{node: r2, stage: configure}]}}\n", "", "form a circle"},
      {"      stages: {create: {wait-for: [{node: r1, stage: soon}]}}\n", "", "'soon' is not one of"},
      {"", links + "[\"r1:eth1\"]\n", "exactly two endpoints"},
      {"", links + "[\"r1:eth1\", \"r2\"]\n", "must be node:interface"},
      {"", links + "[\"r1:eth1\", \"r3:eth1\"]\n", "r3:eth1 names a node that is not in the topology"},
      {"", links + "[\"r1:eth1\", \"r1:eth1\"]\n", "used by two links"},
      {"", links + "[\"r1:eth1\", \"r2:eth0\"]\n", "r2:eth0 is the management interface"},
      {"", links + "[\"r1:a-very-long-name1\", \"r2:eth1\"]\n", "longer than 15"},
      {"", links + "[\"host:x\", \"mgmt-net:y\"]\n", "at least one end in a container"},
      {"", links + "[\"r1:eth1\", \"r2:eth1\"]\n      type: vxlan\n", "'vxlan' is not supported"},
      {"", links + "[\"r1:eth1\", \"r2:eth1\"]\n      mtu: 70000\n", "not within 68..65535"},
      {"", links + "[{node: r1, interface: e, mac: xx}, \"r2:eth1\"]\n", "mac 'xx'"},
  };
  for (const Bad& bad : cases) EXPECT_THAT(refusal(with(bad.node, bad.rest)), HasSubstr(bad.reason));
  EXPECT_EQ(refusal(with("")), "accepted");
}

TEST(TopologyFile, RefusesTemplatesAndBadNames) {
  EXPECT_THAT(refusal("name: {{ .x }}\n"), HasSubstr("templates"));
  EXPECT_THAT(refusal("name: a b\ntopology: {nodes: {r1: {kind: linux, image: i}}}\n"), HasSubstr("a lab's name"));
  EXPECT_THAT(refusal("name: t\ntopology: {nodes: {host: {kind: linux, image: i}}}\n"), HasSubstr("a node's name"));
  EXPECT_THAT(refusal("name: t\n"), HasSubstr("topology"));
  EXPECT_THAT(refusal("name: t\ntopology: {nodes: {r1: {kind: linux}}}\n"), HasSubstr("r1 has no image"));
}

TEST(TopologyFile, AMissingFileIsNotFound) {
  const auto topology = load("/nowhere/t.clab.yml", no_variables);
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace pathwise::lab
