// SPDX-License-Identifier: GPL-2.0-or-later
// Sets an interface's delay in FRR's running configuration (zebra's link-params), from where IS-IS
// advertises it. By mgmtd's front-end socket: 5 ms, where vtysh takes 31 ms and a process. FRR 10.3
// does not answer two edits at once: one is in flight, of the waiting ones the newest per interface.
// One thread (the io_context's).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "te/frr/delay_damper.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::te {

class LinkParams {
 public:
  using Done = std::function<void(const Result<void>&)>;

  // `socket`: mgmtd's front-end socket. Connects at the first set(), again after a failure.
  LinkParams(boost::asio::io_context& context, std::string socket);
  ~LinkParams();
  LinkParams(const LinkParams&) = delete;
  LinkParams& operator=(const LinkParams&) = delete;

  // `done` runs once: applied; refused (the message is mgmtd's own); kUnavailable (no mgmtd);
  // kDeadlineExceeded (2 s); kFailedPrecondition (a newer value for the interface took its place).
  void set(const std::string& interface, const LinkDelay& delay, Done done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::te
