// SPDX-License-Identifier: Apache-2.0
// Connections to where requests are sent: runtimes of this site (plain HTTP) and peers (mutual TLS,
// from our tier address to theirs, so that the path is the tier's). Idle ones are kept, a pool a
// destination. One thread, one pool a thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/ip.h"
#include "router/forward/stream.h"
#include "router/http/head.h"

namespace pathwise::router::forward {

// Where to: a runtime, or the router of a site by one tier's pair of addresses.
struct Destination {
  Endpoint remote;                   // numeric
  std::optional<Ipv6Address> local;  // peers: our address in the tier
  SiteName site;                     // peers: what the certificate must say; empty: a runtime, no TLS
  [[nodiscard]] bool is_peer() const { return !site.empty(); }
  friend bool operator==(const Destination&, const Destination&) = default;
};
struct DestinationHash {
  std::size_t operator()(const Destination& destination) const noexcept;
};

// A connection and the response that is being read from it.
struct Upstream {
  Upstream(ByteStream connected, Destination to) : stream(std::move(connected)), destination(std::move(to)) {}
  ByteStream stream;
  Destination destination;
  bool reused = false;  // has carried a request before
  SteadyTime idle_since{};

  static constexpr std::size_t kBuffer = 16 * 1024;
  std::array<char, kBuffer> buffer;
  std::size_t begin = 0, end = 0;  // received, not consumed
  std::string head_text;           // the views of `head` point here
  http::ResponseHead head;
  [[nodiscard]] std::string_view pending() const { return {buffer.data() + begin, end - begin}; }
};

struct UpstreamLimits {
  std::chrono::milliseconds connect{1000};
  std::chrono::milliseconds handshake{2000};
  std::chrono::seconds idle{60};  // longer than this nothing is kept
  std::size_t idle_per_destination = 256;
};

class UpstreamPool {
 public:
  // References: the thread's own, longer-lived. `client_tls` may be nullptr: no peers then.
  UpstreamPool(net::asio::io_context& io, const Clock& clock, std::shared_ptr<net::TlsContext> client_tls,
               UpstreamLimits limits = {});

  // An idle connection that is still open, or a new one.
  [[nodiscard]] net::Awaitable<Result<std::unique_ptr<Upstream>>> acquire(const Destination& destination);
  // Always a new one: what to do when a kept one turned out to be dead.
  [[nodiscard]] net::Awaitable<Result<std::unique_ptr<Upstream>>> connect(const Destination& destination);
  // After a complete response that left the connection usable.
  void release(std::unique_ptr<Upstream> upstream);
  // Opens one connection ahead of need, unless one is kept or being opened already.
  [[nodiscard]] net::Awaitable<void> warm(Destination destination);
  // Closes what has been idle for too long. Called now and then.
  void sweep();
  void close_all() { idle_.clear(); }
  [[nodiscard]] std::size_t idle() const;

 private:
  net::asio::io_context& io_;
  const Clock& clock_;
  std::shared_ptr<net::TlsContext> tls_;
  UpstreamLimits limits_;
  std::unordered_set<Destination, DestinationHash> warming_;
  std::unordered_map<Destination, std::vector<std::unique_ptr<Upstream>>, DestinationHash> idle_;
};

// Reads the head of the next final response into upstream.head; 1xx heads are skipped, except that
// with `stop_at_continue` a 100 is returned as it is.
[[nodiscard]] net::Awaitable<Result<void>> read_response_head(Upstream& upstream, bool stop_at_continue);

}  // namespace pathwise::router::forward
