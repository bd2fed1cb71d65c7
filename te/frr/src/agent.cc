// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/agent.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "kernel_routes.h"
#include "te/frr/flex_algo_routes.h"
#include "te/frr/interfaces.h"
#include "te/frr/link_params.h"
#include "te/frr/loss_watch.h"
#include "te/frr/ls_database.h"
#include "te/frr/route_table.h"
#include "te/frr/zebra_client.h"
#include "te/topology/diff.h"
#include "te/topology/publish_backoff.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr auto kReview = std::chrono::milliseconds(250);     // definitions, interfaces and failed routes
constexpr auto kSyncQuiet = std::chrono::milliseconds(200);  // no message for this long: synchronised
constexpr auto kSyncLimit =
    std::chrono::seconds(4);  // less than LossWatch's patience: an isisd that tells changes is a source
constexpr auto kSweepLimit = std::chrono::seconds(10);  // no neighbour's silence keeps stale routes longer

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

std::vector<std::string> AgentState::problems() const {
  std::vector<std::string> list;
  if (!zebra_connected) list.push_back("zebra: " + (zebra_detail.empty() ? "no session" : zebra_detail));
  if (zebra_connected && !node_known) list.emplace_back("our node, with a locator, is not in the topology");
  if (unsynchronised) {
    list.emplace_back(
        "isisd does not send its link state: restart it, or 'no mpls-te export' and 'mpls-te export' (after a restart "
        "of "
        "zebra alone it forgets that it should)");
  }
  for (const Offender& offender : offenders) {
    list.push_back(formatted("flex-algo {} is held: {} {}", offender.algorithm, offender.node,
                             offender.missing ? "does not have the same algorithms" : "has another definition"));
  }
  for (const std::string& link : unplaced_links) list.push_back("link has no far end in IS-IS: " + link);
  for (const std::string& problem : topology_problems) list.push_back("topology: " + problem);
  for (const std::string& link : unmeasured) list.push_back("link is not measured: " + link);
  return list;
}

struct FrrAgent::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, AgentConfig given, std::function<void(TopologySnapshotPtr)> publisher)
      : config(std::move(given)),
        publish(std::move(publisher)),
        watch(definition_hashes(config.definitions)),
        ordered(config.ordered_install),
        publish_timer(context),
        review_timer(context),
        turn_timer(context),
        link_params(context, config.mgmtd) {}

  Result<void> start(asio::io_context& context);
  void on_connection(bool connected, const std::string& detail);
  void on_link_state(const LsMessage& message);
  void on_server(bool present);
  void begin_sync();
  void review_sync();
  void withdraw_if_lost();
  void arm_publish();
  void publish_topology();
  void review();
  void compute_routes();
  void send_routes(FrrRoutes desired);
  void arm_turn();
  void sweep_stale();
  void remove_leftovers();
  void monitor_links();
  void advertise(const MonitoredLink& link, const LinkDelay& delay);
  void hear_delays();

  const AgentConfig config;
  const std::function<void(TopologySnapshotPtr)> publish;
  LsDatabase database;
  LsDatabase incoming;  // of the synchronisation that is under way
  DefinitionWatch watch;
  PublishBackoff backoff;
  RouteTable table;
  OrderedInstall ordered;
  asio::steady_timer publish_timer;
  asio::steady_timer review_timer;
  asio::steady_timer turn_timer;
  LinkParams link_params;
  std::unique_ptr<LinkMonitor> monitor;
  std::unique_ptr<ZebraClient> zebra;
  TopologySnapshotPtr topology = std::make_shared<const TopologySnapshot>();
  std::map<Ipv6Address, InterfaceAddress> addresses;
  std::set<Algorithm> held;
  std::vector<Offender> offenders;
  LossWatch loss;
  std::optional<SteadyTime> sync_started;  // set: a synchronisation was asked for, or is coming in
  bool sync_answered = false;
  SteadyTime last_message;
  std::optional<SteadyTime> unswept_since;  // set: zebra may have routes of an earlier session
  bool stopping = false;
  AgentState counters;
};

Result<void> FrrAgent::State::start(asio::io_context& context) {
  LinkMonitorEvents monitor_events{
      .on_delay = [this](const MonitoredLink& link, const LinkDelay& delay) { advertise(link, delay); },
      .on_definitions = [this](const Ipv6Address& address,
                               const DefinitionHashes& hashes) { watch.heard(now(), address, hashes); }};
  auto started =
      LinkMonitor::start(context, config.link_delay, definition_hashes(config.definitions), std::move(monitor_events));
  if (!started) return std::unexpected(started.error());
  monitor = std::move(*started);
  ZebraEvents events{
      .on_connection = [this](bool connected, const std::string& detail) { on_connection(connected, detail); },
      .on_link_state = [this](const LsMessage& message) { on_link_state(message); },
      .on_link_state_server = [this](bool present) { on_server(present); },
      .on_route_problem =
          [this](const Ipv6Prefix& prefix, const std::string& what) {
            ++counters.route_problems;
            log::warning("frr", "route problem", {{"prefix", prefix}, {"what", what}});
          }};
  auto client = ZebraClient::create(context, config.zserv, config.graceful_restart, std::move(events));
  if (!client) return std::unexpected(client.error());
  zebra = std::move(*client);
  review();
  return {};
}

void FrrAgent::State::on_connection(bool connected, const std::string& detail) {
  if (connected != counters.zebra_connected || detail != counters.zebra_detail) {
    log::write(connected ? log::Level::kInfo : log::Level::kWarning, "frr",
               connected ? "zebra session up" : "zebra session down", {{"detail", detail}});
  }
  counters.zebra_connected = connected;
  counters.zebra_detail = detail;
  table.forget();  // what zebra may have kept is renewed, or swept
  unswept_since.reset();
  if (!connected) return loss.lost(now());
  unswept_since = now();
  begin_sync();
}

// A database is filled anew, and what is published and routed stays as it is until that is done.
void FrrAgent::State::begin_sync() {
  incoming.clear();
  sync_answered = false;
  sync_started = last_message = now();
}

// An isisd that does not answer still tells changes: they go on top of what we have, and we go on asking.
void FrrAgent::State::review_sync() {
  if (!sync_started) return;
  const bool complete = sync_answered && now() - last_message > kSyncQuiet;
  if (!complete && now() - *sync_started < kSyncLimit) return;
  if (sync_answered) database = std::exchange(incoming, {});
  counters.unsynchronised = !sync_answered;
  sync_started.reset();
  loss.synchronised();
  publish_topology();
  if (!counters.unsynchronised || !counters.zebra_connected) return;
  zebra->request_link_state();
  begin_sync();
}

void FrrAgent::State::on_server(bool present) {
  log::info("frr", present ? "link-state server present" : "link-state server gone", {});
  if (present) {
    begin_sync();
  } else {
    loss.lost(now());
  }
}

// Routes and measurements go on with what we have; others may have a source that knows better.
void FrrAgent::State::withdraw_if_lost() {
  if (topology->version == 0 || !loss.withdraw(now())) return;
  log::warning("frr", "topology withdrawn: no link-state source", {{"version", topology->version}});
  publish(nullptr);
}

void FrrAgent::State::on_link_state(const LsMessage& message) {
  last_message = now();
  if (sync_started) {
    incoming.apply(message);
    sync_answered = sync_answered || message.synchronised;
    if (message.synchronised) return;
  }
  if (!database.apply(message) || (sync_started && topology->version == 0)) return;
  backoff.changed(last_message);
  arm_publish();
}

void FrrAgent::State::arm_publish() {
  publish_timer.expires_at(*backoff.due());
  publish_timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->stopping && self->backoff.due()) self->publish_topology();
  });
}

void FrrAgent::State::publish_topology() {
  backoff.published(now());
  auto next = std::make_shared<const TopologySnapshot>(
      database.snapshot({config.sids, config.node_ids}, config.epoch, topology->version + 1));
  counters.unplaced_links = database.unplaced_links();
  const TopologyDiff changes = diff(*topology, *next);
  const bool again = loss.publish();
  if (changes.empty()) {
    if (again) publish(topology);
    return;
  }
  log::info("frr", "topology changed", {{"version", next->version}, {"changes", changes.summary()}});
  topology = std::move(next);
  monitor_links();
  compute_routes();
  publish(topology);
}

// What changes without a link-state message: interfaces, neighbours' definitions, the end of a
// synchronisation, a route that could not be sent.
void FrrAgent::State::review() {
  review_sync();
  withdraw_if_lost();
  hear_delays();
  auto fresh = local_addresses();
  const bool moved = fresh && *fresh != addresses;
  if (moved) addresses = std::move(*fresh);
  if (moved) monitor_links();
  const auto held_now = watch.held(now());
  auto offenders_now = watch.offenders(now());
  for (const Offender& each : offenders_now) {
    if (std::ranges::contains(offenders, each)) continue;
    log::error("frr", "flex-algo definitions differ: its routes are held",
               {{"algorithm", each.algorithm}, {"neighbour", each.node}, {"missing", each.missing}});
  }
  const bool changed = moved || held_now != held;
  held = held_now;
  offenders = std::move(offenders_now);
  if (changed || (counters.zebra_connected && table.installed().empty())) compute_routes();
  sweep_stale();
  review_timer.expires_after(kReview);
  review_timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->stopping) self->review();
  });
}

void FrrAgent::State::compute_routes() {
  if (stopping) return;
  std::map<Ipv6Address, std::uint32_t> interfaces;
  for (const auto& [address, interface] : addresses) interfaces.emplace(address, interface.ifindex);
  const auto begin = now();
  FrrRoutes desired = flex_algo_routes({.topology = *topology,
                                        .self = topology->find(config.node),
                                        .definitions = config.definitions,
                                        .sids = config.sids,
                                        .held = held,
                                        .interfaces = interfaces});
  counters.last_computation = std::chrono::duration_cast<std::chrono::microseconds>(now() - begin);
  counters.node_known = !desired.empty();
  send_routes(ordered.admit(now(), topology, config.node, config.definitions, std::move(desired), table.installed()));
  arm_turn();
}

void FrrAgent::State::arm_turn() {
  const auto due = ordered.due();
  if (!due) return;
  turn_timer.expires_at(*due);
  turn_timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->compute_routes();
  });
}

// Not before the routes are what they should be: an algorithm that waits for its neighbours' word at the start keeps
// the routes that an earlier pathwise-frr installed.
void FrrAgent::State::sweep_stale() {
  if (!unswept_since || !counters.node_known || table.installed().empty()) return;
  const bool waiting = std::ranges::any_of(
      held, [&](Algorithm algorithm) { return !std::ranges::contains(offenders, algorithm, &Offender::algorithm); });
  if (waiting && now() - *unswept_since < kSweepLimit) return;
  if (const auto done = zebra->routes_complete(); !done) {
    return log::error("frr", "stale routes not swept", {{"why", done.error().message}});
  }
  remove_leftovers();
  unswept_since.reset();
}

// zebra's own sweep counts in whole seconds, and overlooks what was installed in an earlier session's last one.
void FrrAgent::State::remove_leftovers() {
  const auto present = kernel_routes();
  if (!present) return log::error("frr", "stale routes not looked for", {{"why", present.error().message}});
  for (const Ipv6Prefix& prefix : *present) {
    if (table.installed().contains(prefix)) continue;
    const auto sent = zebra->send({RouteChange::Action::kRemove, {.prefix = prefix, .next_hops = {}}});
    log::info("frr", "stale route removed", {{"prefix", prefix}, {"sent", sent.has_value()}});
  }
}

void FrrAgent::State::send_routes(FrrRoutes desired) {
  if (!zebra || !zebra->connected()) return;
  const auto changes = table.update(std::move(desired));
  std::size_t failed = 0;
  for (const RouteChange& change : changes) {
    if (const auto sent = zebra->send(change); !sent) {
      if (failed++ == 0) log::error("frr", "route not sent", {{"why", sent.error().message}});
    } else {
      ++counters.route_changes;
    }
  }
  if (failed > 0) table.forget();  // all of them again, at the next review
  if (!changes.empty()) {
    log::info("frr", "routes sent", {{"changes", changes.size() - failed}, {"installed", table.installed().size()}});
  }
}

void FrrAgent::State::monitor_links() {
  const NodeIndex self = topology->find(config.node);
  std::vector<MonitoredLink> links;
  std::map<Ipv6Address, NodeName> neighbours;
  counters.unmeasured.clear();
  if (self != kNoNode) {
    for (const Link& link : topology->out_links(self)) {
      const auto interface = addresses.find(link.local_address);
      const auto skip = [&](std::string_view why) {
        counters.unmeasured.push_back(
            formatted("{} to {}: {}", link.local_address, topology->nodes[link.to].name, why));
      };
      if (interface == addresses.end()) {
        skip("no interface that is up has this address");
        continue;
      }
      if (link.remote_address.is_unspecified()) {
        skip("neither side advertises the neighbour's address (sub-TLV 13)");
        continue;
      }
      if (config.excluded_interfaces.contains(interface->second.name)) continue;
      links.push_back({interface->second.name, interface->second.ifindex, link.local_address, link.remote_address});
      neighbours.emplace(link.remote_address, topology->nodes[link.to].name);
    }
  }
  monitor->set_links(links);
  watch.set_neighbours(now(), neighbours);
  held = watch.held(now());
}

void FrrAgent::State::hear_delays() {
  const NodeIndex self = topology->find(config.node);
  if (self == kNoNode || sync_started) return;
  std::map<Ipv6Address, Microseconds> delays;
  for (const Link& link : topology->out_links(self)) {
    if (link.min_delay_us) delays.emplace(link.local_address, *link.min_delay_us);
  }
  monitor->heard(delays);
}

void FrrAgent::State::advertise(const MonitoredLink& link, const LinkDelay& delay) {
  log::info("frr", "link delay",
            {{"interface", link.interface}, {"min_us", delay.min.count()}, {"max_us", delay.max.count()}});
  link_params.set(link.interface, delay, [weak = weak_from_this(), name = link.interface](const Result<void>& result) {
    const auto self = weak.lock();
    if (!self || self->stopping) return;
    ++(result ? self->counters.delay_updates : self->counters.delay_failures);
    if (result) return;
    log::warning("frr", "link delay not taken", {{"interface", name}, {"why", result.error().message}});
    self->monitor->not_advertised(name);
  });
}

FrrAgent::FrrAgent(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<FrrAgent>> FrrAgent::start(asio::io_context& context, AgentConfig config,
                                                  std::function<void(TopologySnapshotPtr)> publish) {
  auto state = std::make_shared<State>(context, std::move(config), std::move(publish));
  if (auto started = state->start(context); !started) return std::unexpected(started.error());
  return std::unique_ptr<FrrAgent>(new FrrAgent(std::move(state)));
}

FrrAgent::~FrrAgent() {
  state_->stopping = true;
  state_->publish_timer.cancel();
  state_->review_timer.cancel();
  state_->turn_timer.cancel();
  state_->monitor.reset();
  state_->zebra.reset();
}

void FrrAgent::withdraw() {
  if (state_->zebra) state_->zebra->keep_nothing();
  state_->send_routes({});
  if (state_->zebra && state_->zebra->connected()) state_->remove_leftovers();
  state_->stopping = true;
}

void FrrAgent::hand_over() {
  state_->stopping = true;
}

AgentState FrrAgent::state() const {
  const State& self = *state_;
  AgentState result = self.counters;
  result.topology_version = self.topology->version;
  result.nodes = self.topology->nodes.size();
  result.links = self.topology->links.size();
  result.topology_problems = self.topology->problems;
  result.unusable_links = static_cast<std::size_t>(
      std::ranges::count_if(self.topology->links, [](const Link& link) { return !link.unusable.empty(); }));
  for (const auto& [prefix, route] : self.table.installed()) {
    const auto algorithm = self.config.sids.algorithm_of(prefix.address);
    if (algorithm && route.kind == RouteKind::kForward) ++result.routes[*algorithm];
  }
  result.waiting_routes = self.ordered.waiting();
  result.held = self.held;
  result.offenders = self.offenders;
  if (self.monitor) result.link_delays = self.monitor->state();
  return result;
}

}  // namespace pathwise::te
