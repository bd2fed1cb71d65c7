// SPDX-License-Identifier: GPL-2.0-or-later
// Our session with zebra, by libfrr: link-state messages in, routes out. libfrr's event loop runs
// inside Asio's: whenever its socket is readable or its timers are due, every ready FRR event is run.
// libfrr keeps global state, so there is at most one of these in a process. One thread (the io_context's).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "te/frr/ls_database.h"
#include "te/frr/route_table.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::te {

// The release that this program was compiled for, "10.3"; its structs have that release's layout.
[[nodiscard]] std::string libfrr_built_for();
// kFailedPrecondition if the libfrr that is loaded is another one: its memory would be misread.
[[nodiscard]] Result<void> check_libfrr();

struct ZebraEvents {
  // Connected: send every route again. A full synchronisation of the link state has been asked for.
  std::function<void(bool connected, const std::string& detail)> on_connection;
  std::function<void(const LsMessage&)> on_link_state;
  // A link-state server (isisd) came or went; when it comes, a synchronisation follows.
  std::function<void(bool present)> on_link_state_server;
  // zebra could not install a route, or something better took its place.
  std::function<void(const Ipv6Prefix&, const std::string& what)> on_route_problem;
};

class ZebraClient {
 public:
  // Connects, and reconnects for as long as it lives; a socket that is not there yet is no error.
  // kFailedPrecondition: the wrong libfrr, or a second client in this process.
  [[nodiscard]] static Result<std::unique_ptr<ZebraClient>> create(boost::asio::io_context& context,
                                                                   const std::string& zserv,
                                                                   std::chrono::seconds graceful_restart,
                                                                   ZebraEvents events);
  // Closes the session. zebra keeps our routes for the time of graceful_restart; 0: it removes them, because they
  // carry the session's own instance.
  ~ZebraClient();
  ZebraClient(const ZebraClient&) = delete;
  ZebraClient& operator=(const ZebraClient&) = delete;

  [[nodiscard]] bool connected() const;
  // kUnavailable if there is no session; kIo if zebra does not take it.
  [[nodiscard]] Result<void> send(const RouteChange& change);
  // Asks the link-state server (isisd) for everything that it has; it may not answer.
  void request_link_state();
  // All routes of this session have been sent: zebra sweeps those of earlier sessions that were not.
  [[nodiscard]] Result<void> routes_complete();
  // From now on the session's end takes its routes along at once.
  void keep_nothing();

  struct State;

 private:
  explicit ZebraClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pathwise::te
