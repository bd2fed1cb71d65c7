// SPDX-License-Identifier: Apache-2.0
// The embedded backend: direct mTLS streams between routers, ALPN "pathwise-fabric/1". Each router opens
// one stream to each peer, from its own tier address to the peer's, and tells its digests on it; it hears
// over the streams that peers opened, which the router's peers listener hands over. One io_context
// (control), its thread only; destroyed before the io_context.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "fabric/peer_exchange.h"
#include "net/tls.h"

namespace pathwise::fabric {

inline constexpr const char* kFabricAlpn = "pathwise-fabric/1";

struct PeerAddress {
  SiteName site;
  RouterName router;
  Endpoint remote;                   // its address in the fabric's tier, port 8443
  std::optional<Ipv6Address> local;  // ours in the same tier; nullopt: the kernel chooses (tests, underlay)
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

struct PeersBusSettings {
  ExchangeSettings exchange;
  Milliseconds tick{50};
  Milliseconds connect_timeout{3'000};  // and the handshake's
  Milliseconds write_timeout{3'000};    // a peer that takes no digest for so long is connected anew
  Milliseconds idle_timeout{10'000};    // a stream of a peer that says nothing for so long is closed
  Milliseconds first_backoff{200};      // doubles with each failure, ± 30 %
  Milliseconds most_backoff{5'000};
  std::size_t incoming = 256;  // streams of peers; more are closed at once
  std::size_t incoming_per_site = 32;
};

struct PeerStatus {
  PeerAddress address;
  bool connected = false;  // our stream to it
  std::string last_error;  // of our stream; empty: none so far
  std::uint64_t attempts = 0;
  bool heard = false;        // it has said hello to us since we started
  Hashes hashes;             // as it said
  std::string disagreement;  // "policy, Flex-Algo definitions": what differs from ours; empty: nothing
};

class PeersBus final : public Bus {
 public:
  // `tls`: a client context that offers kFabricAlpn. `clock` must outlive the bus; `seed` is for the
  // jitter of reconnections.
  struct Deps {
    net::asio::io_context& io;
    const Clock& clock;
    std::shared_ptr<const net::TlsContext> tls;
    Self self;
    std::uint64_t seed = 0;
  };
  explicit PeersBus(Deps deps, PeersBusSettings settings = {});
  ~PeersBus() override;
  PeersBus(const PeersBus&) = delete;
  PeersBus& operator=(const PeersBus&) = delete;

  // Connects to these and no others, and hears nobody of another site; streams to peers that stay are
  // untouched. Call again after a reload. Our own (site, router) in the list is ignored.
  void set_peers(const std::vector<PeerAddress>& peers);
  // A stream whose handshake is done and which chose kFabricAlpn. From the stream's own thread, which
  // may be another than the bus's: the stream moves to the bus's io_context.
  void accept(net::TlsStream stream);

  void publish(LocalLoad load) override;
  void merge_refusal(const SiteName& site, const RouterName& router, const ModelState& state) override;
  void set_hashes(Hashes hashes) override;
  void set_on_change(OnChange on_change) override;
  [[nodiscard]] FabricSnapshotPtr snapshot() override;

  [[nodiscard]] std::vector<PeerStatus> peers() const;  // in the order of set_peers
  [[nodiscard]] std::size_t incoming() const;           // open streams of peers
  [[nodiscard]] ExchangeCounters counters() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::fabric
