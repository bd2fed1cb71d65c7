// SPDX-License-Identifier: Apache-2.0
// Everything that the routers of the fabric have told, as one table: what arrives is checked against
// who said it, ordered by epoch and sequence, aged by our own clock, and bounded. The bus's backends
// feed it; FabricSnapshots come out. One thread (control).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/units.h"
#include "fabric/fabric_snapshot.h"
#include "fabric/frame.h"

namespace pathwise::fabric {

struct TableLimits {
  std::size_t entries = 1024;         // (site, router) pairs
  std::size_t routers_per_site = 64;  // so that one site cannot fill the table
  Milliseconds silent_after{3'000};   // from then on an older epoch is believed: its clock went back
  Milliseconds forget_after{60'000};  // without news an entry leaves the snapshot
};

enum class Applied : std::uint8_t {
  kChanged,
  kOld,      // overtaken by what we have
  kRefused,  // not theirs to say, or no room
};

struct TableCounters {
  std::uint64_t changed = 0, old = 0, refused = 0, forgotten = 0;
};

class DigestTable {
 public:
  // `clock` must outlive the table.
  explicit DigestTable(const Clock& clock, TableLimits limits = {}) : clock_(&clock), limits_(limits) {}

  // `certified`: the site in the sender's certificate. A router speaks for its own site only.
  Applied apply(const SiteName& certified, const Hello& hello);
  Applied apply(const SiteName& certified, Digest digest);
  Applied apply(const SiteName& certified, Record record);

  // The fresh load that came with a refusal (429) of that router: replaces the load of this model until
  // the next digest; what the record says stays. False if the router is not in the table.
  bool merge_refusal(const SiteName& site, const RouterName& router, const ModelState& state);

  // Forgets who has been silent too long; true if anything changed.
  bool expire();
  // The sites of the configuration: others are forgotten and refused from now on. Never called: all are
  // taken.
  void set_sites(std::set<SiteName> sites);

  // Those with a digest, sorted by (site, router). The same pointer while nothing has changed.
  [[nodiscard]] FabricSnapshotPtr snapshot();
  [[nodiscard]] const TableCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Version {
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    SteadyTime at{};  // when it came
    bool any = false;
  };
  struct Entry {
    Version digest_version, record_version;
    std::optional<Digest> digest;
    Record record;
    std::string policy_hash;
    SteadyTime touched{};   // newest of anything
    SteadyTime received{};  // newest load
  };
  using Key = std::pair<SiteName, RouterName>;

  // The entry that `certified` may change; nullptr: refused.
  [[nodiscard]] Entry* admit(const SiteName& certified, const SiteName& site, const RouterName& router);
  [[nodiscard]] bool advance(Version& version, std::uint64_t epoch, std::uint64_t sequence) const;
  Applied count(Applied applied);

  const Clock* clock_;
  TableLimits limits_;
  std::optional<std::set<SiteName>> sites_;
  std::map<Key, Entry> entries_;
  TableCounters counters_;
  bool changed_ = true;
  std::uint64_t version_ = 0;
  FabricSnapshotPtr current_;
};

}  // namespace pathwise::fabric
