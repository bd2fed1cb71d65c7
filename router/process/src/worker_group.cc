// SPDX-License-Identifier: Apache-2.0
#include "router/process/worker_group.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/log.h"
#include "net/listen.h"

namespace pathwise::router::process {

namespace {

constexpr std::chrono::milliseconds kDrainPoll{20};
constexpr std::chrono::milliseconds kLastTurns{2000};
constexpr std::chrono::milliseconds kAfterCut{500};  // for connections that were closed to be gone

}  // namespace

WorkerGroup::WorkerGroup(std::uint32_t threads, const forward::WorkerDeps& deps) : peers_(deps.server_tls != nullptr) {
  const std::uint32_t count = threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  for (std::uint32_t i = 0; i < count; ++i) {
    auto thread = std::make_unique<Thread>();
    forward::WorkerDeps own = deps;
    own.seed = deps.seed + i;
    thread->worker = std::make_unique<forward::Worker>(thread->io, std::move(own));
    threads_.push_back(std::move(thread));
  }
}

// Sessions refer to their worker, so they end before it does, on this thread now.
WorkerGroup::~WorkerGroup() {
  for (const auto& thread : threads_) thread->io.stop();
  for (auto& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
    thread->io.restart();
    thread->worker->drain();
    thread->worker->close_all();
    const SteadyTime until = std::chrono::steady_clock::now() + kLastTurns;
    do {
      thread->io.run_for(kDrainPoll);
    } while (thread->worker->active() > 0 && std::chrono::steady_clock::now() < until);
    if (thread->worker->active() > 0) [[maybe_unused]]
      auto* kept = thread.release();  // the process ends anyway
  }
}

std::vector<control::WorkerLink> WorkerGroup::links() {
  std::vector<control::WorkerLink> links;
  for (const auto& thread : threads_) links.push_back({&thread->io, thread->worker.get()});
  return links;
}

// With SO_REUSEPORT a second router of the same user would get a share of the connections in silence.
Result<void> WorkerGroup::check_free(const Endpoint& endpoint, bool free_bind) {
  if (endpoint.port == 0) return {};
  const auto probe = net::listen_tcp(threads_.front()->io, endpoint, {.ip_free_bind = free_bind});
  if (!probe) return std::unexpected(probe.error());
  return {};
}

Result<void> WorkerGroup::listen_openai(const Endpoint& endpoint) {
  if (auto free = check_free(endpoint, false); !free) return free;
  openai_ = endpoint;
  for (const auto& thread : threads_) {
    auto acceptor = net::listen_tcp(thread->io, openai_, {.reuse_port = true});
    if (!acceptor) return std::unexpected(acceptor.error());
    openai_.port = acceptor->local_endpoint().port();
    thread->worker->serve_clients(std::move(*acceptor));
  }
  return {};
}

Result<void> WorkerGroup::listen_peers(const Endpoint& endpoint, bool free_bind) {
  if (auto free = check_free(endpoint, free_bind); !free) return free;
  for (const auto& thread : threads_) {
    auto acceptor = net::listen_tcp(thread->io, endpoint, {.reuse_port = true, .ip_free_bind = free_bind});
    if (!acceptor) return std::unexpected(acceptor.error());
    thread->worker->serve_peers(std::move(*acceptor));
  }
  return {};
}

Result<void> WorkerGroup::listen(const policy::NodeConfig& node, const policy::FabricConfig& fabric) {
  if (auto openai = listen_openai(node.listen.openai); !openai) return openai;
  if (!peers_) return {};
  const policy::SiteConfig* own = fabric.site(node.site);
  if (own == nullptr || own->prefixes.empty()) return listen_peers({.host = "", .port = node.listen.peers}, false);
  const auto number = std::ranges::find(own->routers, node.router) - own->routers.begin() + 1;
  for (const auto& [tier, prefix] : own->prefixes) {
    const Ipv6Address address = policy::FabricConfig::router_address(prefix, static_cast<std::size_t>(number));
    // te puts the address on lo, perhaps later than we start.
    if (auto peers = listen_peers({.host = address.to_string(), .port = node.listen.peers}, true); !peers) return peers;
  }
  return {};
}

void WorkerGroup::start() {
  for (const auto& thread : threads_) {
    thread->thread = std::thread([io = &thread->io] {
      const auto work = net::asio::make_work_guard(*io);
      io->run();
    });
  }
}

void WorkerGroup::drain(net::asio::io_context& io, std::chrono::milliseconds deadline, std::function<void()> done) {
  for (const auto& thread : threads_) {
    net::asio::post(thread->io, [worker = thread->worker.get()] { worker->drain(); });
  }
  auto timer = std::make_shared<net::SteadyTimer>(io.get_executor());
  watch_drain(std::move(timer), std::chrono::steady_clock::now() + deadline, std::move(done));
}

void WorkerGroup::watch_drain(std::shared_ptr<net::SteadyTimer> timer, SteadyTime deadline,
                              std::function<void()> done) {
  std::size_t left = 0;
  bool drained = true;
  for (const auto& thread : threads_) {
    left += thread->worker->active();
    drained = drained && thread->worker->drained();
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  if ((drained && left == 0) || now > deadline + kAfterCut) {
    done();
    return;
  }
  if (now > deadline) {
    log::warning("router", "responses cut off at the drain's deadline", {{"connections", left}});
    for (const auto& thread : threads_) {
      net::asio::post(thread->io, [worker = thread->worker.get()] { worker->close_all(); });
    }
    timer->expires_after(kAfterCut);
  } else {
    timer->expires_after(kDrainPoll);
  }
  timer->async_wait([this, timer, deadline, done = std::move(done)](const boost::system::error_code&) mutable {
    watch_drain(std::move(timer), deadline, std::move(done));
  });
}

}  // namespace pathwise::router::process
