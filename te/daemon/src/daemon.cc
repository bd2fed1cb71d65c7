// SPDX-License-Identifier: Apache-2.0
#include "te/daemon/daemon.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <future>
#include <random>

#include "base/format.h"
#include "base/log.h"
#include "net/http_responder.h"
#include "net/metrics.h"
#include "net/tls.h"
#include "observability.h"
#include "pcep_client.h"
#include "probe_sessions.h"
#include "queries.h"
#include "te/fib/kernel_fib.h"
#include "te/measure/stamp_udp.h"
#include "te/policy/engine.h"
#include "te/wire/te_intent_store.h"
#include "te/wire/te_server.h"
#include "te/wire/topology_client.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kRefresh{100};  // proto/pathwise/te.proto: measurements at most that often
constexpr int kMaxShare = 10;                       // a step takes at most this share (1/n) of the time between two
constexpr std::chrono::seconds kIntentTimeout{5};
constexpr std::chrono::milliseconds kPoll{20};
constexpr std::string_view kIntentFile = "/te-intent.textproto";

SessionParams session_params(const policy::StampConfig& stamp) {
  SessionParams params{.interval = stamp.interval, .multiplier = stamp.multiplier};
  params.max_timeout = std::max<Milliseconds>(params.max_timeout, 4 * stamp.interval);
  return params;
}

ErrorEstimate own_clock(const policy::StampConfig& stamp) {
  return stamp.clocks == policy::StampClocks::kFree ? ErrorEstimate{} : ErrorEstimate::of(true, stamp.clock_error);
}

SyncSource sync_source(policy::StampClocks clocks) {
  switch (clocks) {
    case policy::StampClocks::kFree:
      return SyncSource::kFreeRunning;
    case policy::StampClocks::kNtp:
      return SyncSource::kNtp;
    case policy::StampClocks::kPtp:
      return SyncSource::kPtp;
  }
  return SyncSource::kFreeRunning;
}

// None if no file is configured.
Result<std::vector<StampKey>> stamp_keys(const policy::StampConfig& stamp) {
  if (stamp.key_file.empty()) return std::vector<StampKey>{};
  auto keys = load_stamp_keys(stamp.key_file);
  if (!keys) return std::unexpected(keys.error().within("te.stamp.key_file"));
  return keys;
}

Result<void> make_state_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail_errno("state directory " + path, error.value());
  return {};
}

}  // namespace

struct Daemon::State {
  State(asio::io_context& context, policy::NodeConfig config, DaemonOptions opts)
      : io(context),
        node(std::move(config)),
        options(opts),
        timer(context),
        store(node.state + std::string(kIntentFile)) {}
  ~State() { *alive = false; }

  Result<void> start();
  Result<void> start_fib();
  Result<void> start_measuring();
  Result<void> start_clients();
  Result<void> start_serving();
  [[nodiscard]] bool has_probe_route(const Ipv6Address& address) const;
  void load_intent();
  Result<void> take_intent(TeIntent intent);
  Result<void> intent_from_grpc(TeIntent intent);
  void take_topology(TopologySnapshotPtr next);  // nullptr: the last one is too old
  void rebuild_view();
  void request_step();
  void step();
  void sync_fib(const EngineOutput& out);
  void set_tunnel_source();
  void arm(SteadyTime when);
  void reload_stamp_keys();
  [[nodiscard]] Observed observed() const;
  net::HttpResponse answer(const net::HttpRequest& request);

  asio::io_context& io;
  const policy::NodeConfig node;
  const DaemonOptions options;
  const RealClock clock;
  const std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // io's thread only
  std::atomic<bool> closing = false;
  asio::steady_timer timer;
  IntentStore store;
  net::Metrics metrics;
  std::shared_ptr<net::TlsContext> tls;

  PolicyEngine engine;
  TopologySnapshotPtr topology;
  std::string topology_state = "none";
  std::string topology_detail;
  std::unique_ptr<TopologyView> view;
  PathSnapshotPtr latest = std::make_shared<PathSnapshot>();
  bool step_pending = false;
  bool fib_dirty = true;
  bool tunnel_source_set = false;

  std::unique_ptr<FibKernel> fib_kernel;
  KernelFibExecutor* kernel = nullptr;  // fib_kernel, if it is Linux
  std::unique_ptr<Fib> fib;
  std::unique_ptr<FibMonitor> monitor;
  std::unique_ptr<StampReflector> reflector;
  std::unique_ptr<StampSender> sender;
  std::unique_ptr<ProbeSessions> probes;
  std::unique_ptr<PcepClient> pcep;
  std::unique_ptr<TopologyFollower> topology_follower;
  std::unique_ptr<net::HttpResponder> responder;
  std::unique_ptr<Queries> queries;  // they look at what is above
  std::unique_ptr<TeServer> server;
};

Result<void> check_files(const policy::NodeConfig& node) {
  const auto fabric = policy::load_fabric(node.policy_file);
  if (!fabric) return std::unexpected(fabric.error());
  if (auto placed = policy::check_node(node, *fabric); !placed) return placed;
  if (const auto keys = stamp_keys(node.te.stamp); !keys) return std::unexpected(keys.error());
  return net::check_tls_files({node.tls.cert, node.tls.key, node.tls.ca}, node.trust_domain,
                              {formatted("site/{}/router", node.site), formatted("site/{}/te", node.site)});
}

Result<std::unique_ptr<Daemon>> Daemon::start(asio::io_context& io, policy::NodeConfig node, DaemonOptions options) {
  auto state = std::make_unique<State>(io, std::move(node), options);
  if (auto started = state->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Daemon>(new Daemon(std::move(state)));
}

Result<void> Daemon::State::start() {
  if (auto done = make_state_directory(node.state); !done) return done;
  if (auto done = start_fib(); !done) return done;
  if (auto done = start_measuring(); !done) return done;
  if (auto done = start_clients(); !done) return done;
  load_intent();
  if (auto done = start_serving(); !done) return done;
  request_step();
  return {};
}

Result<void> Daemon::State::start_fib() {
  if (node.te.fib == "none") {
    fib_kernel = std::make_unique<MemoryFibKernel>();
    fib = std::make_unique<Fib>(*fib_kernel);
    return {};
  }
  auto opened = KernelFibExecutor::open();
  if (!opened) return std::unexpected(opened.error());
  kernel = opened->get();
  fib_kernel = std::move(*opened);
  fib = std::make_unique<Fib>(*fib_kernel);
  auto present = fib_kernel->read();
  if (!present) return std::unexpected(present.error().within("reading routes"));
  engine.adopt(paths_of(*present));
  auto watching = FibMonitor::open(io, kernel->port(), [this] {
    fib_dirty = true;
    request_step();
  });
  if (!watching) return std::unexpected(watching.error());
  monitor = std::move(*watching);
  return {};
}

Result<void> Daemon::State::start_measuring() {
  const policy::StampConfig& stamp = node.te.stamp;
  const auto keys = stamp_keys(stamp);
  if (!keys) return std::unexpected(keys.error());
  StampReflectorConfig reflection{.address = {}, .port = options.stamp_port, .params = {}};
  reflection.params.keys = *keys;
  reflection.params.allow_unauthenticated = stamp.allow_unauthenticated;
  reflection.params.clock = own_clock(stamp);
  reflection.params.sync = sync_source(stamp.clocks);
  reflection.params.can_return_to = [this](const Ipv6Address& address) { return has_probe_route(address); };
  reflection.params.is_ours = [this](const Ipv6Address& address) {
    return std::ranges::contains(fib->desired().addresses, address);
  };
  auto reflecting = StampReflector::open(io, std::move(reflection));
  if (!reflecting) return std::unexpected(reflecting.error());
  reflector = std::move(*reflecting);
  auto sending = StampSender::open(io,
                                   {.keys = *keys,
                                    .clock = own_clock(stamp),
                                    .transmit_time_every = stamp.transmit_times_every,
                                    .seed = std::random_device{}()},
                                   {.on_liveness = [this](StampSessionId, bool) { request_step(); }, .on_reply = {}});
  if (!sending) return std::unexpected(sending.error());
  sender = std::move(*sending);
  probes = std::make_unique<ProbeSessions>(
      *sender, ProbeShape{.params = session_params(stamp), .dscp = stamp.dscp, .size = stamp.size});
  return {};
}

Result<void> Daemon::State::start_clients() {
  if (std::ranges::any_of(node.te.pce, &policy::PceConfig::tls)) {
    auto context = net::TlsContext::create({node.tls.cert, node.tls.key, node.tls.ca}, net::TlsRole::kClient,
                                           node.trust_domain, {});
    if (!context) return std::unexpected(context.error().within("TLS to the PCE"));
    tls = std::move(*context);
  }
  auto client = PcepClient::start(io, node, tls, [this] { request_step(); });
  if (!client) return std::unexpected(client.error());
  pcep = std::move(*client);
  if (node.te.topology.empty()) return {};
  TopologyClientOptions topology_options{.stream = {.name = formatted("{}/{}/te", node.site, node.router)},
                                         .follow = {.keep = node.te.topology_keep}};
  for (const auto& [address, file] : node.te.topology) {
    if (file.empty()) {
      topology_options.sources.emplace_back(address);
    } else {
      topology_options.sources.emplace_back(TopologyFile{file});
    }
  }
  if (!node.tls.cert.empty()) {
    topology_options.stream.tls = TopologyTls{.cert = node.tls.cert,
                                              .key = node.tls.key,
                                              .ca = node.tls.ca,
                                              .trust_domain = node.trust_domain,
                                              .peers = {"node/*/frr"}};
  }
  auto following = follow_topology(
      topology_options, {.on_snapshot =
                             [this, token = alive](TopologySnapshotPtr next) {
                               asio::post(io, [this, token, next = std::move(next)]() mutable {
                                 if (*token) take_topology(std::move(next));
                               });
                             },
                         .on_state =
                             [this, token = alive](TopologyState state, std::string detail) {
                               asio::post(io, [this, token, state, detail = std::move(detail)] {
                                 if (!*token) return;
                                 topology_state = to_string(state);
                                 topology_detail = detail;
                                 log::info("te", "topology", {{"state", topology_state}, {"detail", detail}});
                                 request_step();
                               });
                             }});
  if (!following) return std::unexpected(following.error().within("topology"));
  topology_follower = std::move(*following);
  return {};
}

Result<void> Daemon::State::start_serving() {
  queries = std::make_unique<Queries>(io, QuerySources{.engine = engine,
                                                       .topology = topology,
                                                       .topology_state = topology_state,
                                                       .topology_detail = topology_detail,
                                                       .paths = latest,
                                                       .kernel = kernel,
                                                       .stamp_port = options.stamp_port});
  auto listening = TeServer::start(
      node.te.socket, [this](TeIntent intent) { return intent_from_grpc(std::move(intent)); }, queries->handlers());
  if (!listening) return std::unexpected(listening.error());
  server = std::move(*listening);
  auto responding = net::HttpResponder::start(io, node.te.metrics,
                                              [this](const net::HttpRequest& request) { return answer(request); });
  if (!responding) return std::unexpected(responding.error().within("te.metrics"));
  responder = std::move(*responding);
  return {};
}

// A candidate path of ours leads to this probe address, and the kernel has its route: a reply to it takes that path.
bool Daemon::State::has_probe_route(const Ipv6Address& address) const {
  const Ipv6Prefix route{address, 128};
  return fib->desired().routes.contains(route) && !fib->not_installed().contains(route);
}

void Daemon::State::load_intent() {
  auto stored = store.load();
  if (!stored) return log::warning("te", "stored intent not used", {{"reason", stored.error().message}});
  if (!*stored) return;
  const std::uint64_t revision = (*stored)->revision;
  if (auto taken = engine.set_intent(std::move(**stored)); !taken) {
    return log::warning("te", "stored intent not used", {{"reason", taken.error().message}});
  }
  pcep->set_intent(*engine.intent(), engine.sid_map());
  log::info("te", "stored intent in use until the router sends one", {{"revision", revision}});
}

// gRPC's thread: hands over to te's and waits for the verdict.
Result<void> Daemon::State::intent_from_grpc(TeIntent intent) {
  const auto verdict = std::make_shared<std::promise<Result<void>>>();
  auto future = verdict->get_future();
  asio::post(io, [this, token = alive, verdict, intent = std::move(intent)]() mutable {
    verdict->set_value(*token ? take_intent(std::move(intent)) : fail(ErrorCode::kUnavailable, "te is stopping"));
  });
  const SteadyTime deadline = clock.now() + kIntentTimeout;
  while (!closing && clock.now() < deadline) {
    if (future.wait_for(kPoll) == std::future_status::ready) return future.get();
  }
  return fail(ErrorCode::kUnavailable, "te is stopping or too busy");
}

Result<void> Daemon::State::take_intent(TeIntent intent) {
  if (intent.site != node.site) {
    return fail(ErrorCode::kInvalidArgument, "intent is for site {}, this is {}", intent.site, node.site);
  }
  const bool same = engine.intent() == intent;
  if (auto taken = engine.set_intent(std::move(intent)); !taken) return taken;
  const TeIntent& taken = *engine.intent();
  if (same) return {};
  if (auto saved = store.save(taken); !saved) {
    log::error("te", "intent not stored", {{"reason", saved.error().message}});  // it works, until a restart
  }
  log::info("te", "intent", {{"revision", taken.revision}, {"hash", taken.hash}, {"paths", taken.peers.size()}});
  pcep->set_intent(taken, engine.sid_map());
  rebuild_view();
  request_step();
  return {};
}

void Daemon::State::take_topology(TopologySnapshotPtr next) {
  topology = std::move(next);
  rebuild_view();
  request_step();
}

void Daemon::State::rebuild_view() {
  view.reset();
  if (!topology || !engine.sid_map()) return;
  view = std::make_unique<TopologyView>(topology, *engine.sid_map(), engine.intent()->srv6->flex_algos);
}

void Daemon::State::request_step() {
  if (step_pending) return;
  step_pending = true;
  asio::post(io, [this, token = alive] {
    if (*token) step();
  });
}

void Daemon::State::step() {
  step_pending = false;
  const SteadyTime begin = clock.now();
  EngineInputs inputs{.probes = probes->states(),
                      .lsps = pcep->lsps(),
                      .not_installed = fib->not_installed(),
                      .pcep_sessions = pcep->sessions(),
                      .network = view.get(),
                      .topology_state = topology_state,
                      .topology_version = topology ? topology->version : 0};
  EngineOutput out = engine.step(inputs, {.steady = begin, .wall = clock.wall_now()});
  for (const std::string& transition : out.transitions) log::info("te", "path", {{"change", transition}});
  sync_fib(out);
  probes->want(out.probes);
  pcep->report(*out.snapshot, fib->not_installed());
  latest = out.snapshot;
  if (out.settled) server->publish(out.snapshot);
  const SteadyTime end = clock.now();
  const SteadyTime next = end + std::max<SteadyTime::duration>(kRefresh, kMaxShare * (end - begin));
  arm(out.wake ? std::min(*out.wake, next) : next);
}

void Daemon::State::sync_fib(const EngineOutput& out) {
  if (!engine.intent()) return;  // what an earlier te left keeps working until we know what is wanted
  if (!fib_dirty && out.fib == fib->desired()) return;
  fib_dirty = false;
  const auto before = fib->not_installed();
  fib->want(out.fib);
  if (const auto done = fib->sync(); !done) log::error("te", "routes", {{"reason", done.error().message}});
  if (fib->not_installed() != before) request_step();
  if (!tunnel_source_set) set_tunnel_source();
}

// So that captures show who encapsulated; the kernel would choose some address by itself.
void Daemon::State::set_tunnel_source() {
  if (kernel == nullptr) return;
  for (const auto& [prefix, route] : fib->desired().routes) {
    if (route.path.lists.empty() || fib->not_installed().contains(prefix)) continue;
    tunnel_source_set = true;
    const auto egress = kernel->egress_to(route.path.lists.front().segments.front());
    const auto address = egress ? kernel->address_on(egress->ifindex) : std::unexpected(egress.error());
    const auto done = address ? kernel->set_tunnel_source(*address) : std::unexpected(address.error());
    if (!done) log::warning("te", "the kernel chooses the tunnel source", {{"reason", done.error().message}});
    return;
  }
}

void Daemon::State::arm(SteadyTime when) {
  timer.expires_at(when);
  timer.async_wait([this, token = alive](const boost::system::error_code& error) {
    if (!error && *token) request_step();
  });
}

void Daemon::State::reload_stamp_keys() {
  if (node.te.stamp.key_file.empty()) return;
  auto keys = stamp_keys(node.te.stamp);
  if (!keys) return log::error("te", "STAMP keys unchanged", {{"reason", keys.error().message}});
  reflector->set_keys(*keys);
  sender->set_keys(std::move(*keys));
}

Observed Daemon::State::observed() const {
  Observed result{.snapshot = *latest,
                  .fib = *fib,
                  .reflector = reflector->counters(),
                  .sender = sender->counters(),
                  .netlink_overruns = monitor ? monitor->overruns() : 0};
  for (const auto& [address, file] : node.te.topology) {
    result.topology_sources.push_back(file.empty() ? address.to_string() : "file " + file);
  }
  if (topology) result.topology_problems = topology->problems;
  for (const std::string& conflict : view ? view->id_conflicts() : std::vector<std::string>()) {
    if (!std::ranges::contains(result.topology_problems, conflict)) result.topology_problems.push_back(conflict);
  }
  result.topology_detail = topology_detail;
  return result;
}

net::HttpResponse Daemon::State::answer(const net::HttpRequest& request) {
  if (request.path() == "/metrics") {
    update_metrics(metrics, observed());
    return {.content_type = net::kMetricsContentType, .body = metrics.text()};
  }
  if (request.path() == "/health") return {.body = health_json(observed())};
  return {.status = 404, .content_type = "text/plain", .body = "there are /metrics and /health\n"};
}

Daemon::Daemon(std::unique_ptr<State> state) : state_(std::move(state)) {}
Daemon::~Daemon() {
  state_->closing = true;
  state_->server.reset();  // its threads wait for te's verdict at most until they see `closing`
}

void Daemon::stop(AtExit routes) {
  state_->timer.cancel();
  state_->monitor.reset();
  if (routes == AtExit::kLeaveRoutes) return;
  if (const auto done = state_->fib->withdraw(); !done)
    log::error("te", "routes not withdrawn", {{"reason", done.error().message}});
}

void Daemon::reload() {
  state_->reload_stamp_keys();
  if (!state_->tls) return;
  const auto done = state_->tls->reload();
  if (!done) log::error("te", "certificates unchanged", {{"reason", done.error().message}});
}

PathSnapshotPtr Daemon::snapshot() const {
  return state_->latest;
}

}  // namespace pathwise::te
