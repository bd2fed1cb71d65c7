// SPDX-License-Identifier: Apache-2.0
// The three snapshots, laid out for the loop that compares sites. Built by the control thread when a
// snapshot changes, immutable, shared by the request threads: LoadView from digests (a few times a
// second), PathView from te (at most ten times a second). A Views is what one decision sees.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "fabric/fabric_snapshot.h"
#include "policy/policy_snapshot.h"
#include "router/select/ledger.h"
#include "te/snapshot/path_snapshot.h"

namespace pathwise::router::select {

inline constexpr std::uint32_t kNoSite = 0xFFFFFFFF;

// A (site, router) that could serve.
struct Target {
  TargetId id = 0;
  SiteName site;
  RouterName router;
  std::uint32_t site_index = kNoSite;  // in PolicySnapshot::sites()
  std::uint32_t router_number = 1;     // from 1: host part of its tier addresses
  bool local = false;
  fabric::Admission admission = fabric::Admission::kOpen;
  SteadyTime received{};  // of its digest
};

// A small Bloom filter (one hash) over the prefix blocks that a target names: tells quickly that a
// prompt is cold there.
struct BlockFilter {
  std::array<std::uint64_t, 8> bits{};
  void add(std::uint64_t block) { bits[(block >> 6) & 7] |= 1ull << (block & 63); }
  [[nodiscard]] bool may_have(std::uint64_t block) const { return (bits[(block >> 6) & 7] >> (block & 63) & 1) != 0; }
};

// One model at one target: what the comparing loop reads, in 80 bytes.
struct Offer {
  std::uint32_t target = 0;          // index into LoadView::targets
  std::uint32_t context_tokens = 0;  // 0: unknown
  double itl = 0;                    // s
  double price_per_token = 0;
  float itl_slope = 0;  // s a further sequence
  float capacity = 0;   // concurrent sequences; 0: unknown
  float running = 0, waiting = 0;
  float prefill_tokens = 0;  // in flight, not yet answered
  float prefill_rate = 0;    // tokens a second; 0: unknown
  float adapter_load_s = 0;
  std::int32_t own_requests = 0;  // of the cell when the digest came: what the digest knows of
  std::int32_t own_prefill_tokens = 0;
  const fabric::ModelState* state = nullptr;  // adapters, prefix blocks; kept alive by LoadView
  LoadCell* cell = nullptr;                   // what we sent there ourselves
};

struct ModelOffers {
  ModelName name;
  ModelId id = 0;
  std::vector<Offer> offers;         // in the order of targets
  std::vector<BlockFilter> filters;  // of each offer
};

// The part of a Target that the comparing loop reads.
struct TargetState {
  SteadyTime received{};
  std::uint32_t site_index = kNoSite;
  TargetId id = 0;
  bool local = false;
  fabric::Admission admission = fabric::Admission::kOpen;
};

struct LoadView {
  std::vector<Target> targets;                                     // the local one first, when there is one
  std::vector<TargetState> states;                                 // of each target
  std::vector<ModelOffers> models;                                 // sorted by name
  std::unordered_map<std::string_view, std::uint32_t> by_name;     // into models
  std::unordered_map<std::string_view, std::uint32_t> by_adapter;  // adapter → base model
  fabric::FabricSnapshotPtr fabric;
  std::shared_ptr<const std::vector<fabric::ModelState>> local;
  std::uint64_t version = 0;

  [[nodiscard]] const ModelOffers* model(std::string_view name) const;
  [[nodiscard]] const ModelOffers* model_of_adapter(std::string_view adapter) const;
};

// What a path costs, and how to name it in a record.
struct PathTerms {
  bool up = false;
  double rtt_s = 0;
  double bytes_per_second = 0;                 // reserved; 0: unknown
  bool measured = false;                       // rtt is STAMP's, not computed
  std::shared_ptr<const std::string> label;    // "flex-algo 128 via r-pun r-x r-dub [fcbb:…]"
  std::shared_ptr<const std::string> why_not;  // when down
};

struct PathView {
  std::vector<std::vector<PathTerms>> terms;  // [tier index in config().tiers][site index in sites()]
  te::PathSnapshotPtr paths;                  // nullptr: te has never answered
  std::uint64_t version = 0;
};

// What a decision is made on. All four belong to one policy revision.
struct Views {
  policy::PolicySnapshotPtr policy;
  std::shared_ptr<const LoadView> load;
  std::shared_ptr<const PathView> paths;
};

struct LocalOffer {
  SiteName site;
  RouterName router;
  std::shared_ptr<const std::vector<fabric::ModelState>> models;  // sorted by name; empty: an edge PoP
  fabric::Admission admission = fabric::Admission::kOpen;
};

struct LoadInput {
  policy::PolicySnapshotPtr policy;
  fabric::FabricSnapshotPtr fabric;  // may be nullptr
  LocalOffer local;
  SteadyTime now;
};
// `previous` carries the own counts at each digest's arrival forward; may be nullptr.
[[nodiscard]] std::shared_ptr<const LoadView> build_load_view(const LoadInput& input, Ledger& ledger,
                                                              const LoadView* previous);
[[nodiscard]] std::shared_ptr<const PathView> build_path_view(const policy::PolicySnapshot& policy, const SiteName& own,
                                                              te::PathSnapshotPtr paths, const PathView* previous);

}  // namespace pathwise::router::select
