// SPDX-License-Identifier: Apache-2.0
// One request as it was decided and what became of it: what `GET /admin/decisions/{request-id}`,
// `pathwise explain`, the metrics and the traces are made of. Filled by the request thread, read by
// control. Bounded: the cheapest alternatives and the first removals, with the totals.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "router/select/cost.h"
#include "router/select/select.h"

namespace pathwise::router::select {

enum class Outcome : std::uint8_t {
  kOk,             // a complete response, whatever the runtime said in it
  kClientError,    // refused by us: the request's fault (4xx)
  kNoCapacity,     // refused by us: nobody could take it (429, 503)
  kUpstreamError,  // nothing came back (502, 504)
  kBroken,         // the response broke off after its first byte
  kClientGone,
};
inline constexpr std::size_t kOutcomes = 6;
[[nodiscard]] std::string_view to_string(Outcome outcome);

struct RecordedAlternative {
  SiteName site;
  RouterName router;
  std::shared_ptr<const std::string> path;
  CostTerms terms;
  double headroom = 0;
  double age_s = 0;
  bool near_best = false;
};
struct RecordedRemoval {
  SiteName site;
  Removed reason = Removed::kPolicy;
  std::string rule;  // which rule, or why the path is down
};
struct RecordedAttempt {
  SiteName site;
  std::string result;  // "relayed", "refused: saturated", "connect to …: …"
};

struct DecisionRecord {
  static constexpr std::size_t kMaxRemovals = 32;

  RequestId id;
  std::string decision;  // x-pathwise-decision
  std::string trace;     // traceparent, as received
  SystemTime at{};
  SiteName ingress;    // the site that decided
  SiteName from_peer;  // set: forwarded to us by that site's router
  std::string tenant, tier, model, adapter, labels;
  bool stream = false;
  double prompt_tokens = 0, output_tokens = 0, prompt_bytes = 0, body_bytes = 0;

  std::vector<RecordedAlternative> alternatives;  // cheapest first
  std::vector<RecordedRemoval> removed;
  std::uint32_t alternatives_total = 0, removed_total = 0;
  std::vector<RecordedAttempt> attempts;
  SiteName site;  // that served, or was tried last
  RouterName router;
  std::string runtime;  // url, when this router's site served
  PickedBy how = PickedBy::kNone;
  std::uint64_t policy_revision = 0, load_version = 0, path_version = 0;
  std::string policy_hash;

  int status = 0;
  Outcome outcome = Outcome::kOk;
  std::string error;      // of our own refusals
  double decision_s = 0;  // of all decisions of this request
  double ttft_s = 0;      // first byte of the body; 0: none came
  double total_s = 0;
  double predicted_ttft_s = 0;
  std::uint64_t bytes_out = 0;
  std::uint32_t prompt_tokens_used = 0, completion_tokens = 0;  // of `usage`; 0: not said

  void clear();  // keeps the capacity of every string and list
};

// Copies what a decision says into the record, names instead of indexes.
void record_decision(const Decision& decision, const Request& request, const Views& views, DecisionRecord& record);

// From one request thread to control: neither waits. A full ring drops the newest and counts it.
class RecordRing {
 public:
  explicit RecordRing(std::size_t capacity = 2048) : slots_(capacity) {}
  // The writer's thread. Takes the contents of `record` and leaves an old one's buffers in it.
  bool push(DecisionRecord& record);
  // The reader's thread. False: empty.
  bool pop(DecisionRecord& record);
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  std::vector<DecisionRecord> slots_;
  alignas(64) std::atomic<std::uint64_t> written_{0};
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace pathwise::router::select
