// SPDX-License-Identifier: Apache-2.0
#include "fabric/peers_bus.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <format>
#include <list>
#include <map>
#include <set>

#include "base/log.h"
#include "base/random.h"
#include "net/deadline.h"
#include "net/listen.h"

namespace pathwise::fabric {

namespace asio = net::asio;
using net::Awaitable;

namespace {

constexpr std::string_view kModule = "fabric";
constexpr std::size_t kReadBytes = 16U << 10;

using StreamPtr = std::shared_ptr<net::TlsStream>;
using PeerKey = std::pair<SiteName, RouterName>;

// One configured peer and our stream to it.
struct Outgoing : std::enable_shared_from_this<Outgoing> {
  Outgoing(asio::io_context& io, LinkId link_id, PeerAddress peer) : id(link_id), address(std::move(peer)), wake(io) {}
  LinkId id;
  PeerAddress address;
  net::SteadyTimer wake;  // cancelled when there is something to do: a body, an end
  std::string body;       // to send next; empty: nothing
  StreamPtr stream;       // from the connection on
  bool up = false;        // the stream's handshake is done
  bool stopped = false;
  bool ended = false;  // the peer has closed the present stream
  std::string last_error;
  std::uint64_t attempts = 0;

  void stop() {
    stopped = true;
    if (stream) stream->close();
    wake.cancel();
  }
};
using OutgoingPtr = std::shared_ptr<Outgoing>;

struct Incoming {
  SiteName site;
  StreamPtr stream;
};

std::string disagreement(const Hashes& ours, const Hashes& theirs) {
  std::string text;
  const auto compare = [&text](const std::string& a, const std::string& b, std::string_view what) {
    if (a.empty() || b.empty() || a == b) return;
    text += (text.empty() ? "" : ", ") + std::string(what);
  };
  compare(ours.policy, theirs.policy, "policy");
  compare(ours.flex_algo, theirs.flex_algo, "Flex-Algo definitions");
  compare(ours.sid_map, theirs.sid_map, "SID map");
  return text;
}

// A path that swallows everything is noticed by what the peer's kernel does not acknowledge.
void limit_unacknowledged(net::TcpSocket& socket, Milliseconds limit) {
  const auto value = static_cast<unsigned>(limit.count());
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value);
}

}  // namespace

// Shared with the coroutines, which may end after the bus.
struct PeersBus::State final : Outlet {
  State(Deps deps, PeersBusSettings given)
      : io(deps.io),
        tls(std::move(deps.tls)),
        settings(given),
        random(deps.seed),
        exchange(deps.clock, *this, std::move(deps.self), given.exchange),
        ticker(deps.io) {}

  void send(LinkId link, std::string body) override;
  void stop();

  Awaitable<void> run_ticker(std::shared_ptr<State> self);
  Awaitable<void> run_peer(std::shared_ptr<State> self, OutgoingPtr peer);
  Awaitable<Result<void>> talk(Outgoing& peer);
  Awaitable<Result<StreamPtr>> connect(Outgoing& peer);
  Awaitable<Result<void>> push(Outgoing& peer);
  static Awaitable<void> watch(OutgoingPtr peer, StreamPtr stream);
  void take_stream(const std::shared_ptr<State>& self, const StreamPtr& stream);
  Awaitable<void> hear(std::shared_ptr<State> self, std::list<Incoming>::iterator position);
  bool take_frames(const SiteName& site, FrameReader& reader);
  void note_hello(const Hello& hello);
  void note_end(Outgoing& peer, std::string error);
  [[nodiscard]] Milliseconds next_pause(Milliseconds& backoff);

  asio::io_context& io;
  std::shared_ptr<const net::TlsContext> tls;
  PeersBusSettings settings;
  Random random;
  PeerExchange exchange;
  net::SteadyTimer ticker;
  std::vector<OutgoingPtr> outgoing;  // in the order of set_peers
  std::list<Incoming> incoming;
  std::map<PeerKey, Hashes> heard;
  LinkId next_link = 1;
  std::uint64_t refused_frames = 0;
  bool stopped = false;
};

// Outlet: one body a link is on its way, so `body` is free.
void PeersBus::State::send(LinkId link, std::string body) {
  const auto peer = std::ranges::find(outgoing, link, [](const OutgoingPtr& item) { return item->id; });
  if (peer == outgoing.end()) return;
  (*peer)->body = with_length(body);
  (*peer)->wake.cancel();
}

void PeersBus::State::stop() {
  stopped = true;
  exchange.set_on_change({});
  ticker.cancel();
  for (const OutgoingPtr& peer : outgoing) peer->stop();
  for (const Incoming& from : incoming) from.stream->close();
}

Awaitable<void> PeersBus::State::run_ticker(std::shared_ptr<State> self) {
  while (!self->stopped) {
    self->ticker.expires_after(self->settings.tick);
    static_cast<void>(co_await self->ticker.async_wait(net::use_tuple));
    if (!self->stopped) self->exchange.tick();
  }
}

// Full jitter would let a fleet reconnect at once now and then; ± 30 % spreads it and keeps the bound.
Milliseconds PeersBus::State::next_pause(Milliseconds& backoff) {
  const double factor = random.uniform(0.7, 1.3);
  const Milliseconds pause(static_cast<Milliseconds::rep>(static_cast<double>(backoff.count()) * factor));
  backoff = std::min(backoff * 2, settings.most_backoff);
  return pause;
}

void PeersBus::State::note_end(Outgoing& peer, std::string error) {
  if (error != peer.last_error && !peer.stopped) {
    log::warning(kModule, "peer not connected",
                 {{"site", peer.address.site}, {"router", peer.address.router}, {"why", error}});
  }
  peer.last_error = std::move(error);
}

Awaitable<void> PeersBus::State::run_peer(std::shared_ptr<State> self, OutgoingPtr peer) {
  Milliseconds backoff = self->settings.first_backoff;
  while (!peer->stopped) {
    ++peer->attempts;
    const SteadyTime began = std::chrono::steady_clock::now();
    const auto result = co_await self->talk(*peer);
    if (peer->stopped) co_return;
    if (!result) self->note_end(*peer, result.error().message);
    // A peer that refuses our certificate lets us in for a moment: only what lasts counts as success.
    const bool lasted = std::chrono::steady_clock::now() - began > self->settings.most_backoff;
    if (result && lasted) backoff = self->settings.first_backoff;
    peer->wake.expires_after(self->next_pause(backoff));
    static_cast<void>(co_await peer->wake.async_wait(net::use_tuple));
  }
}

// One connection. An error: it never was up; otherwise it ended, and last_error says why.
Awaitable<Result<void>> PeersBus::State::talk(Outgoing& peer) {
  auto stream = co_await connect(peer);
  if (!stream) co_return std::unexpected(stream.error());
  if (peer.stopped) co_return Result<void>{};
  peer.stream = *stream;
  peer.up = true;
  peer.ended = false;
  peer.body.clear();
  log::info(kModule, "peer connected", {{"site", peer.address.site}, {"router", peer.address.router}});
  asio::co_spawn(io.get_executor(), watch(peer.shared_from_this(), peer.stream), asio::detached);
  exchange.opened(peer.id);
  const auto ended = co_await push(peer);
  exchange.closed(peer.id);
  peer.up = false;
  peer.stream->close();
  peer.stream.reset();
  note_end(peer, ended ? "closed by the peer" : ended.error().message);
  co_return Result<void>{};
}

Awaitable<Result<StreamPtr>> PeersBus::State::connect(Outgoing& peer) {
  auto socket = co_await net::connect_tcp(io, peer.address.local, peer.address.remote, settings.connect_timeout);
  if (!socket) co_return std::unexpected(socket.error());
  limit_unacknowledged(*socket, settings.write_timeout);
  auto stream = std::make_shared<net::TlsStream>(*std::move(socket), *tls);
  peer.stream = stream;  // so that stop() can close it
  const auto done = co_await stream->handshake(settings.connect_timeout);
  peer.stream.reset();
  if (!done) co_return std::unexpected(done.error());
  if (stream->peer().router_site() != peer.address.site) {
    co_return fail(ErrorCode::kUnauthenticated, "{} answers as {}; site {} is expected there",
                   peer.address.remote.to_string(), stream->peer().to_string(), peer.address.site);
  }
  if (stream->alpn() != kFabricAlpn) {
    co_return fail(ErrorCode::kFailedPrecondition, "{} does not speak {}", peer.address.remote.to_string(),
                   kFabricAlpn);
  }
  co_return stream;
}

Awaitable<Result<void>> PeersBus::State::push(Outgoing& peer) {
  while (!peer.stopped && !peer.ended) {
    if (peer.body.empty()) {
      peer.wake.expires_at(net::SteadyTimer::time_point::max());
      static_cast<void>(co_await peer.wake.async_wait(net::use_tuple));
      continue;
    }
    const std::string body = std::exchange(peer.body, {});
    const net::Deadline deadline(peer.stream->socket(), settings.write_timeout);
    const auto written = co_await peer.stream->write(body);
    if (deadline.expired()) {
      co_return fail(ErrorCode::kDeadlineExceeded, "took no digest for {}", settings.write_timeout);
    }
    if (!written) co_return written;
    exchange.sent(peer.id);
  }
  co_return Result<void>{};
}

// Peers say nothing on our stream: whatever comes is its end.
Awaitable<void> PeersBus::State::watch(OutgoingPtr peer, StreamPtr stream) {
  std::array<char, 1> byte{};
  static_cast<void>(co_await stream->read_some(byte));
  if (peer->stream != stream) co_return;
  peer->ended = true;
  peer->wake.cancel();
}

// Only of configured peers: names are theirs to choose, and `heard` must not grow with them.
void PeersBus::State::note_hello(const Hello& hello) {
  const auto is_sender = [&hello](const OutgoingPtr& peer) {
    return peer->address.site == hello.site && peer->address.router == hello.router;
  };
  if (std::ranges::none_of(outgoing, is_sender)) return;
  Hashes& known = heard[{hello.site, hello.router}];
  const std::string before = disagreement(exchange.self().hashes, known);
  const std::string now = disagreement(exchange.self().hashes, hello.hashes);
  known = hello.hashes;
  if (now == before) return;
  if (now.empty()) {
    log::info(kModule, "peer agrees again", {{"site", hello.site}, {"router", hello.router}});
  } else {
    log::warning(kModule, "peer disagrees with us", {{"site", hello.site}, {"router", hello.router}, {"about", now}});
  }
}

// False: the stream cannot be followed any more.
bool PeersBus::State::take_frames(const SiteName& site, FrameReader& reader) {
  for (;;) {
    const auto body = reader.next();
    if (!body) {
      log::warning(kModule, "stream closed", {{"site", site}, {"why", body.error().message}});
      return false;
    }
    if (!*body) return true;
    Hello hello;
    const auto taken = exchange.received(site, **body, &hello);
    if (!taken) {
      // The peer can send as many as it likes: the first, and then fewer and fewer, are worth a line.
      const std::uint64_t count = ++refused_frames;
      if ((count & (count - 1)) == 0) {
        log::warning(kModule, "frame refused", {{"site", site}, {"why", taken.error().message}, {"so_far", count}});
      }
      if (taken.error().code == ErrorCode::kFailedPrecondition) return false;
    } else if (!hello.site.empty()) {
      note_hello(hello);
    }
  }
}

Awaitable<void> PeersBus::State::hear(std::shared_ptr<State> self, std::list<Incoming>::iterator position) {
  const StreamPtr stream = position->stream;
  FrameReader reader;
  std::array<char, kReadBytes> buffer{};
  while (!self->stopped) {
    const net::Deadline deadline(stream->socket(), self->settings.idle_timeout);
    const auto count = co_await stream->read_some(buffer);
    if (self->stopped || !count || *count == 0) break;
    reader.feed({buffer.data(), *count});
    if (!self->take_frames(position->site, reader)) break;
  }
  stream->close();
  self->incoming.erase(position);
}

void PeersBus::State::take_stream(const std::shared_ptr<State>& self, const StreamPtr& stream) {
  const auto site = stream->peer().router_site();
  const auto of_site = std::ranges::count_if(incoming, [&site](const Incoming& item) { return item.site == site; });
  std::string_view why;
  if (!site) why = "no router";
  if (stream->alpn() != kFabricAlpn) why = "another protocol";
  if (incoming.size() >= settings.incoming || static_cast<std::size_t>(of_site) >= settings.incoming_per_site) {
    why = "too many streams";
  }
  if (stopped || !why.empty()) {
    if (!stopped) log::warning(kModule, "stream refused", {{"peer", stream->peer().to_string()}, {"why", why}});
    stream->close();
    return;
  }
  const auto position = incoming.insert(incoming.end(), {*site, stream});
  asio::co_spawn(io.get_executor(), hear(self, position), asio::detached);
}

PeersBus::PeersBus(Deps deps, PeersBusSettings settings) : state_(std::make_shared<State>(std::move(deps), settings)) {
  asio::co_spawn(state_->io.get_executor(), state_->run_ticker(state_), asio::detached);
}

PeersBus::~PeersBus() {
  state_->stop();
}

void PeersBus::set_peers(const std::vector<PeerAddress>& peers) {
  const Self& self = state_->exchange.self();
  std::vector<OutgoingPtr> next, added;
  for (const PeerAddress& peer : peers) {
    if (peer.site == self.site && peer.router == self.router) continue;
    const auto same = [&peer](const OutgoingPtr& item) { return item->address == peer; };
    const auto kept = std::ranges::find_if(state_->outgoing, same);
    if (kept != state_->outgoing.end()) {
      next.push_back(*kept);
    } else {
      next.push_back(std::make_shared<Outgoing>(state_->io, state_->next_link++, peer));
      added.push_back(next.back());
    }
  }
  for (const OutgoingPtr& peer : state_->outgoing) {
    if (std::ranges::contains(next, peer)) continue;
    state_->exchange.closed(peer->id);
    peer->stop();
  }
  state_->outgoing = std::move(next);
  std::set<SiteName> sites;
  for (const PeerAddress& peer : peers) sites.insert(peer.site);
  state_->exchange.set_sites(std::move(sites));
  for (const OutgoingPtr& peer : added) {
    asio::co_spawn(state_->io.get_executor(), state_->run_peer(state_, peer), asio::detached);
  }
}

void PeersBus::accept(net::TlsStream stream) {
  if (const auto moved = stream.rebind(state_->io); !moved) {
    log::warning(kModule, "stream refused", {{"why", moved.error().message}});
    return;
  }
  auto shared = std::make_shared<net::TlsStream>(std::move(stream));
  asio::post(state_->io, [state = state_, shared] { state->take_stream(state, shared); });
}

void PeersBus::publish(LocalLoad load) {
  state_->exchange.publish(std::move(load));
}

void PeersBus::merge_refusal(const SiteName& site, const RouterName& router, const ModelState& model) {
  state_->exchange.merge_refusal(site, router, model);
}

void PeersBus::set_hashes(Hashes hashes) {
  state_->exchange.set_hashes(std::move(hashes));
}

void PeersBus::set_on_change(OnChange on_change) {
  state_->exchange.set_on_change(std::move(on_change));
}

FabricSnapshotPtr PeersBus::snapshot() {
  return state_->exchange.snapshot();
}

std::vector<PeerStatus> PeersBus::peers() const {
  std::vector<PeerStatus> list;
  for (const OutgoingPtr& peer : state_->outgoing) {
    PeerStatus status{
        .address = peer->address, .connected = peer->up, .last_error = peer->last_error, .attempts = peer->attempts};
    const auto heard = state_->heard.find({peer->address.site, peer->address.router});
    if (heard != state_->heard.end()) {
      status.heard = true;
      status.hashes = heard->second;
      status.disagreement = disagreement(state_->exchange.self().hashes, heard->second);
    }
    list.push_back(std::move(status));
  }
  return list;
}

std::size_t PeersBus::incoming() const {
  return state_->incoming.size();
}

ExchangeCounters PeersBus::counters() const {
  return state_->exchange.counters();
}

}  // namespace pathwise::fabric
