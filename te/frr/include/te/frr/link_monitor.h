// SPDX-License-Identifier: GPL-2.0-or-later
// Measures the delay of each of our links by STAMP to the neighbour's interface address, damps it and
// hands it to whoever puts it into IS-IS. Its probes carry our definition hashes, its reflector hears
// the neighbours'. One thread (the io_context's).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ip.h"
#include "base/units.h"
#include "te/frr/definition_watch.h"
#include "te/frr/delay_damper.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::te {

struct LinkMonitorParams {
  Milliseconds interval{50};  // between probes
  Milliseconds window{500};   // the delay is the least of these
  DamperParams damper;
  std::uint16_t port = 862;  // of the reflectors, ours too (RFC 8762 section 4.1)
  std::string key_file;      // not empty: authenticated, both ways (load_stamp_keys())
};

struct MonitoredLink {
  std::string interface;
  std::uint32_t ifindex = 0;
  Ipv6Address local;
  Ipv6Address remote;
  friend auto operator<=>(const MonitoredLink&, const MonitoredLink&) = default;
};

struct LinkMonitorEvents {
  // The delay to advertise; if FRR refuses it, say so with not_advertised().
  std::function<void(const MonitoredLink&, const LinkDelay&)> on_delay;
  std::function<void(const Ipv6Address& neighbour, const DefinitionHashes&)> on_definitions;
};

struct MonitoredLinkState {
  MonitoredLink link;
  bool alive = false;
  std::optional<LinkDelay> measured;
  std::optional<LinkDelay> advertised;
  bool unheard = false;  // it is not what IS-IS says, and is offered again
  double loss = 0;
};

class LinkMonitor {
 public:
  // Errors: the STAMP port is in use, a capability is missing, or the key file is not right.
  [[nodiscard]] static Result<std::unique_ptr<LinkMonitor>> start(boost::asio::io_context& context,
                                                                  LinkMonitorParams params, DefinitionHashes own,
                                                                  LinkMonitorEvents events);
  ~LinkMonitor();
  LinkMonitor(const LinkMonitor&) = delete;
  LinkMonitor& operator=(const LinkMonitor&) = delete;

  // Links not among these are measured no more.
  void set_links(const std::vector<MonitoredLink>& links);
  // FRR did not take the delay of on_delay(): offer it again after the hold time.
  void not_advertised(const std::string& interface);
  // The delays of our own links as IS-IS has them, by local address.
  void heard(const std::map<Ipv6Address, Microseconds>& delays);
  [[nodiscard]] std::vector<MonitoredLinkState> state() const;

 private:
  struct State;
  explicit LinkMonitor(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::te
