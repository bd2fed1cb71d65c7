// SPDX-License-Identifier: Apache-2.0
// The three snapshots, laid out for the loop that compares sites. Built by the control thread when a
// snapshot changes, immutable, shared by the request threads: LoadView from digests (a few times a
// second), PathView from te (at most ten times a second). A Views is what one decision sees.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
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

// Which offers of a model have a prefix block, by the blocks that their digests name: a Bloom filter an
// offer (1024 bits, 3 hashes: of 64 blocks 1 in 200 is found by mistake), stored by bit, so that a
// request reads three rows a block and no offer's own list. How much of a prompt is cached is an
// estimate anyway, and a mistake is worth one block.
class BlockFilters {
 public:
  void resize(std::size_t offers) {
    offers_ = offers;
    words_ = (offers + 63) / 64;
    rows_.assign(kBits * words_, 0);
  }
  void add(std::size_t offer, std::uint64_t block) {
    for (std::size_t hash = 0; hash < kHashes; ++hash) {
      rows_[row_of(block, hash) * words_ + offer / 64] |= std::uint64_t{1} << offer % 64;
    }
  }
  // Of each offer: how many leading blocks it has. `left` is scratch. Sized to the offers, at most 2^16 - 1 blocks.
  void depths(std::span<const std::uint64_t> blocks, std::vector<std::uint64_t>& left,
              std::vector<std::uint16_t>& depth) const;

 private:
  static constexpr std::size_t kBits = 1024;
  static constexpr std::size_t kHashes = 3;
  // Blocks are hashes already; mixed once more, so that other producers' need not be good ones.
  static std::size_t row_of(std::uint64_t block, std::size_t hash) {
    return (block * 0x9E3779B97F4A7C15U >> (10 * hash + 14)) % kBits;
  }
  std::size_t offers_ = 0;
  std::size_t words_ = 0;  // of a row
  std::vector<std::uint64_t> rows_;
};

// One model at one target, as its digest told it.
struct Offer {
  std::uint32_t target = 0;          // index into LoadView::targets
  std::uint32_t context_tokens = 0;  // the runtime's or the policy's, the shorter; 0: unknown
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

// What the comparing loop reads of the offers, in columns and with the divisions done.
struct OfferColumns {
  std::vector<std::uint32_t> target;
  std::vector<float> context_tokens;  // infinite: unknown
  std::vector<float> itl, itl_slope;
  std::vector<float> per_capacity;  // 1 ÷ capacity; 0: unknown
  std::vector<float> running;
  std::vector<float> sequences;       // running + waiting, without what we had sent ourselves
  std::vector<float> prefill_tokens;  // likewise
  std::vector<float> prefill_time;    // s a token
  std::vector<float> price_per_token;

  void add(const Offer& offer);
  [[nodiscard]] std::size_t size() const { return target.size(); }
};

struct ModelOffers {
  ModelName name;
  ModelId id = 0;
  const LoadCells* cells = nullptr;  // never nullptr in a view
  std::vector<Offer> offers;         // in the order of targets
  OfferColumns columns;
  BlockFilters filters;
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

// What the comparing loop reads of it.
struct PathCost {
  float rtt_s = 0;
  float seconds_per_byte = 0;
  bool up = false;
};

struct PathView {
  std::vector<std::vector<PathTerms>> terms;  // [tier index in config().tiers][site index in sites()]
  std::vector<std::vector<PathCost>> costs;   // likewise
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
