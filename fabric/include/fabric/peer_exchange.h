// SPDX-License-Identifier: Apache-2.0
// The peers backend without its sockets: whom to tell what and when, and what to make of what is heard.
// A link is one direction: we tell over links that we opened and hear over those that peers opened.
// PeersBus drives it with TLS streams and the real clock, tests with a simulated network and virtual
// time. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/units.h"
#include "fabric/bus.h"
#include "fabric/digest_table.h"

namespace pathwise::fabric {

using LinkId = std::uint64_t;

// Where bodies go. After send() the exchange sends nothing more on this link until sent(link): a slow
// peer gets fewer, newer digests, and no queue grows.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void send(LinkId link, std::string body) = 0;
};

struct Self {
  SiteName site;
  RouterName router;
  std::uint64_t epoch = 0;  // start of the process, unix µs
  Hashes hashes;
};

struct ExchangeSettings {
  Milliseconds interval{200};           // of digests
  Milliseconds record_interval{5'000};  // of hello and record, for those that missed them
  Milliseconds least_gap{20};           // between digests, however much changes
  Milliseconds notify_gap{10};          // between two snapshots
  TableLimits table;
};

struct ExchangeCounters {
  std::uint64_t digests = 0;     // rounds told
  std::uint64_t bad_frames = 0;  // heard and not understood
  TableCounters table;
};

class PeerExchange final : public Bus {
 public:
  // `clock` and `outlet` must outlive the exchange.
  PeerExchange(const Clock& clock, Outlet& outlet, Self self, ExchangeSettings settings = {});

  void publish(LocalLoad load) override;
  void merge_refusal(const SiteName& site, const RouterName& router, const ModelState& state) override;
  void set_hashes(Hashes hashes) override;
  void set_on_change(OnChange on_change) override { on_change_ = std::move(on_change); }
  [[nodiscard]] FabricSnapshotPtr snapshot() override { return table_.snapshot(); }

  // A link of ours is up: hello, record and digest go out on it.
  void opened(LinkId link);
  // The last body on this link is on its way.
  void sent(LinkId link);
  void closed(LinkId link);

  // A body from a peer whose certificate names `certified`. An error says what is wrong with the frame;
  // the stream may go on. `hello`, if given, gets the frame when it is one.
  Result<void> received(const SiteName& certified, std::string_view body, Hello* hello = nullptr);

  // To be called about every 50 ms.
  void tick();

  // The sites of the configuration besides our own: others are forgotten and refused.
  void set_sites(std::set<SiteName> sites);

  [[nodiscard]] ExchangeCounters counters() const;
  [[nodiscard]] const Self& self() const { return self_; }

 private:
  struct Link {
    bool busy = false;
    bool hello_due = true, record_due = true, digest_due = true;
  };
  [[nodiscard]] Hello own_hello() const;
  void renew();
  void start_round();
  void pump(LinkId id, Link& link);
  void pump_all();
  void notify(bool at_once);

  const Clock* clock_;
  Outlet* outlet_;
  Self self_;
  ExchangeSettings settings_;
  DigestTable table_;
  OnChange on_change_;
  std::map<LinkId, Link> links_;

  bool published_ = false;
  bool round_due_ = false;  // a significant change waits for least_gap
  Digest digest_;
  Record record_;
  std::string digest_body_;  // of digest_; empty: not encoded yet
  SteadyTime last_round_{};
  SteadyTime last_record_{};
  SteadyTime last_notified_{};
  FabricSnapshotPtr notified_;
  ExchangeCounters counters_;
};

}  // namespace pathwise::fabric
