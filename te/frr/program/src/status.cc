// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/program/status.h"

#include <nlohmann/json.hpp>

#include "base/format.h"
#include "net/metrics.h"

namespace pathwise::te {
namespace {

void add_links(net::Metrics& metrics, const AgentState& state) {
  for (const MonitoredLinkState& each : state.link_delays) {
    const net::Metrics::Labels labels{{"interface", each.link.interface}, {"neighbour", each.link.remote.to_string()}};
    const auto seconds = [](Microseconds delay) { return std::chrono::duration<double>(delay).count(); };
    metrics.gauge("pathwise_frr_link_up", "Whether the neighbour answers link probes.", labels).Set(each.alive ? 1 : 0);
    metrics.gauge("pathwise_frr_link_loss_ratio", "Lost link probes in the window.", labels).Set(each.loss);
    metrics
        .gauge("pathwise_frr_link_delay_unheard",
               "1: IS-IS does not have the delay that FRR took; it is offered again.", labels)
        .Set(each.unheard ? 1 : 0);
    if (each.measured) {
      metrics.gauge("pathwise_frr_link_delay_measured_seconds", "One-way delay, half of the least round trip.", labels)
          .Set(seconds(each.measured->min));
    }
    if (each.advertised) {
      metrics.gauge("pathwise_frr_link_delay_advertised_seconds", "One-way delay as put into IS-IS.", labels)
          .Set(seconds(each.advertised->min));
    }
  }
}

void add_algorithms(net::Metrics& metrics, const AgentState& state) {
  for (const auto& [algorithm, count] : state.routes) {
    metrics.gauge("pathwise_frr_routes", "Locator routes in zebra.", {{"algorithm", formatted("{}", algorithm)}})
        .Set(static_cast<double>(count));
  }
  metrics.gauge("pathwise_frr_waiting_routes", "Routes whose turn to be installed has not come.")
      .Set(static_cast<double>(state.waiting_routes));
  for (const Algorithm algorithm : state.held) {
    metrics
        .gauge("pathwise_frr_flex_algo_held", "1: routes are held, because definitions differ.",
               {{"algorithm", formatted("{}", algorithm)}})
        .Set(1);
  }
  for (const Offender& offender : state.offenders) {
    metrics
        .gauge("pathwise_frr_flex_algo_mismatch", "1: this neighbour's definition differs from ours.",
               {{"algorithm", formatted("{}", offender.algorithm)}, {"neighbour", offender.node.str()}})
        .Set(1);
  }
}

}  // namespace

std::string metrics_text(const AgentState& state, std::size_t watchers) {
  net::Metrics metrics;
  const auto gauge = [&](const char* name, const char* help, double value) { metrics.gauge(name, help).Set(value); };
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    metrics.counter(name, help).Increment(static_cast<double>(value));
  };
  gauge("pathwise_frr_zebra_up", "Whether zebra's session is up.", state.zebra_connected ? 1 : 0);
  gauge("pathwise_frr_topology_version", "Version of the topology.", static_cast<double>(state.topology_version));
  gauge("pathwise_frr_topology_nodes", "Nodes of the topology.", static_cast<double>(state.nodes));
  gauge("pathwise_frr_topology_links", "Links of the topology, one a direction.", static_cast<double>(state.links));
  gauge("pathwise_frr_topology_unusable_links", "Links that no computation may use.",
        static_cast<double>(state.unusable_links));
  gauge("pathwise_frr_topology_watchers", "Clients of the topology stream.", static_cast<double>(watchers));
  gauge("pathwise_frr_computation_seconds", "The last computation of all Flex-Algo routes.",
        std::chrono::duration<double>(state.last_computation).count());
  counter("pathwise_frr_route_changes_total", "Routes sent to zebra.", state.route_changes);
  counter("pathwise_frr_route_problems_total", "Routes that zebra could not use.", state.route_problems);
  counter("pathwise_frr_link_delay_updates_total", "Link delays that FRR took.", state.delay_updates);
  counter("pathwise_frr_link_delay_failures_total", "Link delays that FRR did not take.", state.delay_failures);
  add_algorithms(metrics, state);
  add_links(metrics, state);
  return metrics.text();
}

std::string health_json(const AgentState& state) {
  const auto problems = state.problems();
  nlohmann::json out{
      {"status", problems.empty() ? "ok" : "degraded"}, {"problems", problems}, {"zebra", state.zebra_connected},
      {"topology_version", state.topology_version},     {"nodes", state.nodes}, {"links", state.links}};
  for (const auto& [algorithm, count] : state.routes) out["routes"][formatted("{}", algorithm)] = count;
  for (const Algorithm algorithm : state.held) out["held"].push_back(algorithm.value());
  for (const MonitoredLinkState& each : state.link_delays) {
    nlohmann::json link{{"interface", each.link.interface}, {"alive", each.alive}, {"loss", each.loss}};
    if (each.measured) link["measured_us"] = each.measured->min.count();
    if (each.advertised) link["advertised_us"] = each.advertised->min.count();
    out["link_delays"].push_back(std::move(link));
  }
  return out.dump() + "\n";
}

}  // namespace pathwise::te
