// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/zebra_client.h"

#include <fcntl.h>
#include <malloc.h>
#include <net/if.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <optional>

#include "base/log.h"
#include "libfrr.h"
#include "zapi.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr auto kTick = std::chrono::milliseconds(100);       // libfrr's timers
constexpr auto kReconnect = std::chrono::milliseconds(500);  // libfrr's own is 3 to 10 s
constexpr const char* kSidDevice = "sr0";

ZebraClient::State* the_client = nullptr;  // libfrr's callbacks carry no context

}  // namespace

struct ZebraClient::State {
  State(asio::io_context& context, std::chrono::seconds restart, ZebraEvents handlers)
      : io(context),
        events(std::move(handlers)),
        graceful_restart(restart),
        tick(context),
        route(std::make_unique<zapi_route>()) {}

  void start(const std::string& zserv);
  void stop();
  void run_ready();
  void watch_socket();
  void wait(asio::posix::stream_descriptor::wait_type type);
  void on_tick();
  void set_connected(bool now, const std::string& detail);
  bool send_capability(zserv_client_capabilities capability);

  asio::io_context& io;
  ZebraEvents events;
  const std::chrono::seconds graceful_restart;
  asio::steady_timer tick;
  std::unique_ptr<zapi_route> route;
  std::string path;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // false: handlers of Asio do nothing
  event_loop* loop = nullptr;
  zclient* client = nullptr;
  std::optional<asio::posix::stream_descriptor> socket;  // a duplicate of client->sock
  int watched = -1;                                      // the number that it duplicates
  bool writing = false;
  bool connected = false;
  bool sentinel_ran = false;
  std::chrono::steady_clock::time_point next_connect;
};

namespace {

void on_sentinel(event* /*unused*/) {
  the_client->sentinel_ran = true;
}

void on_connected(zclient* client) {
  if (the_client->graceful_restart.count() > 0) the_client->send_capability(ZEBRA_CLIENT_GR_CAPABILITIES);
  ls_register(client, false);
  zclient_opaque_request_notify(client, LINK_STATE_SYNC);  // tells when isisd comes
  the_client->set_connected(true, the_client->path);
  ls_request_sync(client);
}

// The three have ZAPI_CALLBACK_ARGS, and need one of them.
int on_opaque(int /*cmd*/, zclient* client, std::uint16_t /*length*/, vrf_id_t /*vrf*/) {
  zapi_opaque_msg info{};
  if (zclient_opaque_decode(client->ibuf, &info) != 0) return -1;
  if (info.type != LINK_STATE_SYNC && info.type != LINK_STATE_UPDATE) return 0;
  if (STREAM_READABLE(client->ibuf) == 0) return 0;  // a request for synchronisation, which isisd answers
  if (const auto message = decode_link_state(client->ibuf)) the_client->events.on_link_state(*message);
  return 0;
}

int on_opaque_notify(int /*cmd*/, zclient* client, std::uint16_t /*length*/, vrf_id_t /*vrf*/) {
  zapi_opaque_notif_info info{};
  if (zclient_opaque_notif_decode(client->ibuf, &info) != 0 || info.msg_type != LINK_STATE_SYNC) return 0;
  the_client->events.on_link_state_server(info.reg);
  if (info.reg) ls_request_sync(client);
  return 0;
}

int on_route_notify(int /*cmd*/, zclient* client, std::uint16_t /*length*/, vrf_id_t /*vrf*/) {
  prefix what{};
  std::uint32_t table = 0;
  zapi_route_notify_owner note{};
  afi_t afi{};
  safi_t safi{};
  if (!zapi_route_notify_decode(client->ibuf, &what, &table, &note, &afi, &safi) || what.family != AF_INET6) return 0;
  Ipv6Prefix prefix;
  std::memcpy(prefix.address.bytes.data(), &what.u.prefix6, prefix.address.bytes.size());
  prefix.length = static_cast<std::uint8_t>(what.prefixlen);
  if (note == ZAPI_ROUTE_FAIL_INSTALL) the_client->events.on_route_problem(prefix, "zebra could not install it");
  if (note == ZAPI_ROUTE_BETTER_ADMIN_WON) the_client->events.on_route_problem(prefix, "another protocol's route won");
  return 0;
}

zclient_handler** handlers() {
  static zclient_handler* table[ZEBRA_OPAQUE_NOTIFY + 64] = {};
  table[ZEBRA_OPAQUE_MESSAGE] = on_opaque;
  table[ZEBRA_OPAQUE_NOTIFY] = on_opaque_notify;
  table[ZEBRA_ROUTE_NOTIFY_OWNER] = on_route_notify;
  return table;
}

}  // namespace

void ZebraClient::State::start(const std::string& zserv) {
  path = zserv;
  static zebra_privs_t no_privileges{};
  loop = event_master_create("pathwise-frr");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  zserv.copy(address.sun_path, sizeof(address.sun_path) - 1);
  std::memcpy(&zclient_addr, &address, sizeof(address));
  zclient_addr_len = sizeof(address);
  zclient_options options = zclient_options_default;
  options.auxiliary = true;  // the library's interface and VRF lists are not ours to keep
  client = zclient_new(loop, &options, handlers(), ZEBRA_OPAQUE_NOTIFY + 64);
  client->zebra_connected = on_connected;
  zclient_init(client, ZEBRA_ROUTE_SHARP, kZebraInstance, &no_privileges);
  on_tick();
}

void ZebraClient::State::stop() {
  *alive = false;
  tick.cancel();
  socket.reset();
  if (client == nullptr) return;
  zclient_stop(client);
  zclient_free(client);
  event_master_free(loop);
}

// A sentinel event marks the end of what is ready: event_fetch() would block after it. Twice, because
// the first round polls the sockets.
void ZebraClient::State::run_ready() {
  for (int round = 0; round < 2; ++round) {
    sentinel_ran = false;
    event_add_event(loop, on_sentinel, nullptr, 0, nullptr);
    event ready{};
    while (!sentinel_ran && event_fetch(loop, &ready) != nullptr) event_call(&ready);
  }
  if (client->sock < 0 && connected) set_connected(false, "zebra closed the session");
  watch_socket();
}

void ZebraClient::State::watch_socket() {
  if (client->sock != watched) {
    socket.reset();
    watched = client->sock;
    writing = false;
    if (watched < 0) return;
    // A duplicate: libfrr closes its own number without asking Asio.
    if (const int copy = ::fcntl(watched, F_DUPFD_CLOEXEC, 0); copy >= 0) {
      socket.emplace(io, copy);
      wait(asio::posix::stream_descriptor::wait_read);
    }
  }
  if (socket && client->t_write != nullptr && !writing) {
    writing = true;
    wait(asio::posix::stream_descriptor::wait_write);
  }
}

void ZebraClient::State::wait(asio::posix::stream_descriptor::wait_type type) {
  socket->async_wait(type, [this, type, guard = alive](const boost::system::error_code& error) {
    if (!*guard || error) return;
    if (type == asio::posix::stream_descriptor::wait_write) writing = false;
    const int before = watched;
    run_ready();
    const bool same = socket && watched == before;
    if (same && type == asio::posix::stream_descriptor::wait_read) wait(type);
  });
}

void ZebraClient::State::on_tick() {
  const auto now = std::chrono::steady_clock::now();
  if (client->sock < 0 && now >= next_connect) {
    next_connect = now + kReconnect;
    zclient_stop(client);  // drops libfrr's own, slower timer
    if (zclient_start(client) < 0) set_connected(false, path + ": zebra is not there");
  }
  run_ready();
  tick.expires_after(kTick);
  tick.async_wait([this, guard = alive](const boost::system::error_code& error) {
    if (*guard && !error) on_tick();
  });
}

void ZebraClient::State::set_connected(bool now, const std::string& detail) {
  if (connected == now && now) return;
  const bool changed = connected != now;
  connected = now;
  if (changed || !now) events.on_connection(now, detail);
}

// zebra/zebra_gr.c: a client that said so keeps its routes when its session ends.
bool ZebraClient::State::send_capability(zserv_client_capabilities capability) {
  zapi_cap message{};
  message.cap = capability;
  message.stale_removal_time = static_cast<std::uint32_t>(graceful_restart.count());
  message.afi = AFI_IP6;
  message.safi = SAFI_UNICAST;
  message.vrf_id = VRF_DEFAULT;
  return zclient_capabilities_send(ZEBRA_CLIENT_CAPABILITIES, client, &message) != ZCLIENT_SEND_FAILURE;
}

std::string libfrr_built_for() {
  return FRR_VER_SHORT;
}

Result<void> check_libfrr() {
  const std::string loaded = frr_defaults_version();
  if (loaded == libfrr_built_for()) return {};
  return fail(ErrorCode::kFailedPrecondition, "libfrr {} is loaded, this pathwise-frr is built for {}: install the {}",
              loaded, libfrr_built_for(), "pathwise-frr of this FRR release");
}

ZebraClient::ZebraClient(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<ZebraClient>> ZebraClient::create(asio::io_context& context, const std::string& zserv,
                                                         std::chrono::seconds graceful_restart, ZebraEvents events) {
  if (auto checked = check_libfrr(); !checked) return std::unexpected(checked.error());
  if (the_client != nullptr) return fail(ErrorCode::kFailedPrecondition, "zebra: a client exists in this process");
  auto state = std::make_unique<State>(context, graceful_restart, std::move(events));
  the_client = state.get();
  std::unique_ptr<ZebraClient> client(new ZebraClient(std::move(state)));
  client->state_->start(zserv);
  // The layout again, at run time: libfrr allocated the struct with its own idea of its size.
  const std::size_t allocated = malloc_usable_size(client->state_->client);
  if (allocated < sizeof(zclient) || allocated >= sizeof(zclient) + 2 * alignof(std::max_align_t)) {
    return fail(ErrorCode::kFailedPrecondition, "libfrr's session struct has {} octets, this pathwise-frr expects {}",
                allocated, sizeof(zclient));
  }
  return client;
}

ZebraClient::~ZebraClient() {
  state_->stop();
  the_client = nullptr;
}

bool ZebraClient::connected() const {
  return state_->connected;
}

Result<void> ZebraClient::send(const RouteChange& change) {
  if (!state_->connected) return fail(ErrorCode::kUnavailable, "zebra: no session");
  unsigned device = 0;
  if (change.route.kind != RouteKind::kForward) {
    device = if_nametoindex(kSidDevice);
    if (device == 0) return fail(ErrorCode::kFailedPrecondition, "device {} for SIDs does not exist", kSidDevice);
  }
  fill_zapi_route(change.route, device, *state_->route);
  const bool remove = change.action == RouteChange::Action::kRemove;
  const auto command = static_cast<std::uint8_t>(remove ? ZEBRA_ROUTE_DELETE : ZEBRA_ROUTE_ADD);
  const auto status = zclient_route_send(command, state_->client, state_->route.get());
  if (status == ZCLIENT_SEND_FAILURE) return fail(ErrorCode::kIo, "zebra: route {} not sent", change.route.prefix);
  state_->watch_socket();
  return {};
}

void ZebraClient::keep_nothing() {
  if (!state_->connected || state_->graceful_restart.count() == 0) return;
  state_->send_capability(ZEBRA_CLIENT_GR_DISABLE);
  state_->watch_socket();
}

void ZebraClient::request_link_state() {
  if (!state_->connected) return;
  ls_request_sync(state_->client);
  state_->watch_socket();
}

Result<void> ZebraClient::routes_complete() {
  if (!state_->connected) return fail(ErrorCode::kUnavailable, "zebra: no session");
  if (state_->graceful_restart.count() == 0) return {};
  if (!state_->send_capability(ZEBRA_CLIENT_ROUTE_UPDATE_COMPLETE)) {
    return fail(ErrorCode::kIo, "zebra: the end of the routes was not sent");
  }
  state_->watch_socket();
  return {};
}

}  // namespace pathwise::te
