// SPDX-License-Identifier: Apache-2.0
#include "engine_spec.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace pathwise::lab {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

TEST(ContainerBody, SaysWhatTheNodeAsksFor) {
  Node node{.name = "r1", .image = "frr:10.3", .hostname = "one", .cmd = {"sleep", "infinity"}};
  node.binds = {{"/src", "/dst", "ro"}, {"/a", "/b", ""}};
  node.ports = {{"127.0.0.1", "18080", "8080", "tcp"}};
  node.sysctls = {{"net.ipv6.conf.all.forwarding", "1"}};
  node.cap_add = {"NET_ADMIN"};
  node.privileged = false;
  node.restart_policy = "no";
  node.mgmt_ipv4 = "172.31.0.5";
  node.healthcheck = Healthcheck{{"CMD", "true"}, std::chrono::seconds(2), {}, {}, 5};
  const ContainerSpec spec{&node, "clab-t-r1", "clabnet", {{"containerlab", "t"}}, {{"LAB", "t"}}, {"r2:172.31.0.6"}};
  const Json body = Json::parse(container_body(spec));
  EXPECT_EQ(body["Image"], "frr:10.3");
  EXPECT_EQ(body["Hostname"], "one");
  EXPECT_EQ(body["Cmd"], Json({"sleep", "infinity"}));
  EXPECT_FALSE(body.contains("Entrypoint"));
  EXPECT_EQ(body["Env"], Json::array({"LAB=t"}));
  EXPECT_EQ(body["Labels"]["containerlab"], "t");
  EXPECT_EQ(body["Healthcheck"]["Interval"], 2'000'000'000);
  EXPECT_EQ(body["HostConfig"]["Binds"], Json({"/src:/dst:ro", "/a:/b"}));
  EXPECT_EQ(body["HostConfig"]["PortBindings"]["8080/tcp"][0]["HostPort"], "18080");
  EXPECT_EQ(body["HostConfig"]["Sysctls"]["net.ipv6.conf.all.forwarding"], "1");
  EXPECT_EQ(body["HostConfig"]["Sysctls"]["net.ipv6.conf.all.disable_ipv6"], "0");
  EXPECT_EQ(body["HostConfig"]["Privileged"], false);
  EXPECT_EQ(body["HostConfig"]["RestartPolicy"]["Name"], "no");
  EXPECT_EQ(body["NetworkingConfig"]["EndpointsConfig"]["clabnet"]["IPAMConfig"]["IPv4Address"], "172.31.0.5");
}

TEST(ContainerBody, ANodeOutsideTheManagementNetworkHasNoEndpoint) {
  const Node node{.name = "r1", .image = "i", .network_mode = "none"};
  const Json body = Json::parse(container_body({&node, "clab-t-r1", "none", {}, {}, {}}));
  EXPECT_EQ(body["HostConfig"]["NetworkMode"], "none");
  EXPECT_FALSE(body.contains("NetworkingConfig"));
}

TEST(NetworkBody, CarriesSubnetsBridgeAndMtu) {
  const Json body = Json::parse(network_body({"lab", "172.31.0.0/24", "fd00:31::/64", "br-lab", 1400}));
  EXPECT_EQ(body["EnableIPv6"], true);
  EXPECT_EQ(body["IPAM"]["Config"].size(), 2U);
  EXPECT_EQ(body["Options"]["com.docker.network.bridge.name"], "br-lab");
  EXPECT_EQ(body["Options"]["com.docker.network.driver.mtu"], "1400");
  EXPECT_TRUE(body["Labels"].contains("containerlab"));
}

TEST(StateOfContainer, IsReadFromInspect) {
  const auto state = container_state(R"({"Id":"abc","Name":"/clab-t-r1",
    "Config":{"Image":"i","Labels":{"clab-node-name":"r1"}},
    "NetworkSettings":{"Networks":{"lab":{"IPAddress":"172.31.0.5"}}},
    "State":{"Status":"running","Pid":42,"ExitCode":0,
             "Health":{"Status":"starting","Log":[{"ExitCode":1,"Output":"2 of 3 adjacencies"}]}}})");
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->name, "clab-t-r1");
  EXPECT_EQ(state->node, "r1");
  EXPECT_EQ(state->pid, 42);
  EXPECT_EQ(state->ipv4, "172.31.0.5");
  EXPECT_EQ(state->health, Health::kStarting);
  EXPECT_EQ(state->health_output, "2 of 3 adjacencies");
}

TEST(StateOfContainer, AnAnswerOfAnotherShapeIsAnError) {
  EXPECT_FALSE(container_state("[]"));
  EXPECT_FALSE(container_state(R"({"Id":5})"));
  EXPECT_FALSE(container_state("not json"));
}

TEST(Network, OnlyAnEmptyNetworkOfALabIsRemovable) {
  EXPECT_TRUE(*removable_network(R"({"Labels":{"containerlab":""},"Containers":{}})"));
  EXPECT_FALSE(*removable_network(R"({"Labels":{"containerlab":""},"Containers":{"x":{}}})"));
  EXPECT_FALSE(*removable_network(R"({"Labels":{},"Containers":{}})"));
  EXPECT_EQ(*bridge_interface(R"({"Id":"0123456789abcdef","Options":{}})"), "br-0123456789ab");
}

TEST(Demultiplex, SplitsTheStreams) {
  using std::string_literals::operator""s;
  const std::string stream = "\1\0\0\0\0\0\0\3out"s + "\2\0\0\0\0\0\0\4oops"s + "\1\0\0\0\0\0\0\1!"s;
  const auto output = demultiplex(stream);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "out!");
  EXPECT_EQ(output->err, "oops");
  EXPECT_FALSE(demultiplex(stream.substr(0, stream.size() - 1)));
  EXPECT_FALSE(demultiplex("\1\0\0"s));
  EXPECT_TRUE(demultiplex(""));
}

TEST(ErrorMessage, IsTakenFromTheAnswer) {
  EXPECT_EQ(error_message(R"({"message":"no such image"})"), "no such image");
  EXPECT_THAT(error_message("<html>"), HasSubstr("html"));
}

}  // namespace
}  // namespace pathwise::lab
