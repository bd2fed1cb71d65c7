// SPDX-License-Identifier: Apache-2.0
// pathwise-pce: a small stateful PCE. This file builds everything and names who talks to whom.
//   topology client --post--> PathComputation, Pce (recompute) --PCUpd--> PCCs
//   gRPC (unix socket), /metrics --post--> Pce (read)
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <future>

#include "base/log.h"
#include "net/asio.h"
#include "net/http_responder.h"
#include "net/tls.h"
#include "pcep/daemon/config.h"
#include "pcep/daemon/lsp_service.h"
#include "pcep/daemon/path_computation.h"
#include "pcep/daemon/pce_metrics.h"
#include "pcep/transport/transport.h"
#include "te/wire/topology_client.h"

namespace {

using namespace pathwise;
using namespace pathwise::pcep;
namespace asio = boost::asio;

int refuse(const Error& error) {
  log::error("pce", error.message);
  return 1;
}

PceOptions options_of(const PceDaemonConfig& config) {
  PceOptions options;
  options.session.keepalive = static_cast<std::uint8_t>(config.keepalive.count());
  options.session.dead_timer = static_cast<std::uint8_t>(config.dead_timer.count());
  options.state_timeout = config.state_timeout;
  return options;
}

te::TopologyClientOptions topology_options(const PceDaemonConfig& config) {
  te::TopologyClientOptions options{.sources = config.topology_sources, .name = "pathwise-pce"};
  options.insecure = config.topology_insecure;
  if (config.tls)
    options.tls =
        te::TopologyTls{config.tls->cert, config.tls->key, config.tls->ca, config.trust_domain, {"node/*/frr"}};
  return options;
}

Result<std::shared_ptr<net::TlsContext>> pcep_tls(const PceDaemonConfig& config) {
  if (!config.pcep_tls) {
    log::warning("pce", "PCEP without TLS: whoever reaches the port is served");
    return std::shared_ptr<net::TlsContext>();
  }
  return net::TlsContext::create({config.tls->cert, config.tls->key, config.tls->ca}, net::TlsRole::kServer,
                                 config.trust_domain, {});
}

int run(const std::string& path) {
  const Result<PceDaemonConfig> config = load_pce(path);
  if (!config) return refuse(config.error());
  Result<PceFabric> fabric = load_pce_fabric(config->fabric);
  if (!fabric) return refuse(fabric.error());
  Result<std::shared_ptr<net::TlsContext>> tls = pcep_tls(*config);
  if (!tls) return refuse(tls.error());

  asio::io_context io(1);
  RealClock clock;
  PathComputation compute(std::move(*fabric));
  Pce pce(options_of(*config), {clock, std::cref(compute)});
  DeadlineTimer timer(io, [&pce] { return pce.next_deadline(); }, [&pce] { pce.expire(); });
  const auto snapshot = [&pce, &compute] {
    return PceSnapshot{pce.lsps(), pce.sessions(), compute.topology() ? compute.topology()->version : 0};
  };

  auto listener = Listener::start({io, clock, [&timer] { timer.arm(); }},
                                  {.listen = config->listen,
                                   .transport = {.tls = std::move(*tls)},
                                   .accept = [&pce](const std::string& address) { return pce.accept(address); },
                                   .drop = [&pce](Peer& peer) { pce.drop(peer); }});
  if (!listener) return refuse(listener.error());

  // topology client's thread → io: each snapshot replaces the one before.
  auto topology = te::TopologyClient::start(topology_options(*config),
                                            {.on_snapshot =
                                                 [&](te::TopologySnapshotPtr next) {
                                                   asio::post(io, [&pce, &compute, &timer, next = std::move(next)] {
                                                     compute.set_topology(next);
                                                     pce.topology_changed("topology changed");
                                                     timer.arm();
                                                   });
                                                 },
                                             .on_state =
                                                 [](te::TopologyState state, const std::string& detail) {
                                                   log::info("pce", "topology",
                                                             {{"state", te::to_string(state)}, {"detail", detail}});
                                                 }});
  if (!topology) return refuse(topology.error());

  // gRPC's threads ask io and wait, with a deadline: io may be gone.
  auto service = LspService::start(config->socket, [&io, &snapshot]() -> std::optional<PceSnapshot> {
    auto answer = std::make_shared<std::promise<PceSnapshot>>();
    std::future<PceSnapshot> future = answer->get_future();
    asio::post(io, [answer, &snapshot] { answer->set_value(snapshot()); });
    if (future.wait_for(std::chrono::seconds(2)) != std::future_status::ready) return std::nullopt;
    return future.get();
  });
  if (!service) return refuse(service.error());

  std::unique_ptr<net::HttpResponder> metrics;
  if (config->metrics) {
    auto responder = net::HttpResponder::start(io, *config->metrics, [&snapshot](const net::HttpRequest& request) {
      if (request.path() == "/health") return net::HttpResponse{.body = "{\"status\":\"ok\"}\n"};
      if (request.path() != "/metrics") return net::HttpResponse{.status = 404, .body = "{\"error\":\"not found\"}\n"};
      return net::HttpResponse{.content_type = "text/plain; version=0.0.4", .body = metrics_text(snapshot())};
    });
    if (!responder) return refuse(responder.error());
    metrics = std::move(*responder);
  }

  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
  log::info("pce", "serving", {{"listen", config->listen.to_string()}, {"socket", config->socket}});
  io.run();
  topology->reset();
  service->reset();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    log::error("pce", "usage: pathwise-pce /etc/pathwise/pce.yaml");
    return 2;
  }
  return run(argv[1]);
}
