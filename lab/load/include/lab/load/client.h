// SPDX-License-Identifier: Apache-2.0
// Load against anything that speaks the OpenAI API: a router, or a simulated runtime. Each answer is
// checked whole (answer_check.h). The client has a thread of its own, so that a test or the demo can
// move links meanwhile and wait for what the requests do then:
//
//   auto client = LoadClient::open({.base_url = "http://[::1]:8080", .profiles = {{.tier = TierName("batch"), …}}});
//   (*client)->start();
//   … slow a link …
//   auto moved = (*client)->wait_until_served(TierName("batch"), SiteName("dubai"), deadline);
//   (*client)->finish();
//
// Public functions: any thread, unless they say otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/units.h"
#include "lab/load/answer_check.h"
#include "lab/load/summary.h"

namespace pathwise::lab {

// One kind of request. Several profiles take turns.
struct LoadProfile {
  ModelName model;
  TierName tier;                     // x-pathwise-tier; empty: not sent
  std::string labels;                // x-pathwise-labels; empty: not sent
  std::string api_key;               // Authorization: Bearer …; empty: not sent
  std::uint32_t prompt_bytes = 512;  // of the user message
  std::uint32_t max_tokens = 64;
  std::uint32_t sessions = 0;  // that many x-session-ids take turns, each with its own prompt; 0: all prompts differ
  bool stream = true;
  bool chat = true;  // /v1/chat/completions; false: /v1/completions
};

struct LoadOptions {
  std::string base_url;               // http://host:port, host a name or an address ([v6])
  std::vector<LoadProfile> profiles;  // at least one
  double rate = 0;               // requests a second, evenly spaced; 0: closed loop, each worker one after the other
  std::uint32_t workers = 4;     // requests in flight at most; with `rate`, what finds no worker free is shed
  std::uint64_t requests = 0;    // stop after that many; 0: until finish()
  Milliseconds timeout{30'000};  // of one request, from start to last byte
  std::size_t keep_records = 65'536;                    // the newest are kept
  std::uint64_t seed = 1;                               // of prompts and texts
  bool check_text = true;                               // false for models that are not simulated
  std::function<void(const RequestRecord&)> on_record;  // the client's thread; may be empty
};

class LoadClient {
 public:
  // kInvalidArgument for options that cannot work, kUnavailable if the host's name does not resolve.
  [[nodiscard]] static Result<std::unique_ptr<LoadClient>> open(LoadOptions options);
  ~LoadClient();  // abandons what is in flight
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  // Once.
  void start();
  // No new requests; waits for those in flight, which `timeout` bounds.
  void finish();
  // Waits until `requests` of them have ended; false at the deadline.
  [[nodiscard]] bool wait_done(SteadyTime deadline);

  // The first kept or coming record with sequence above `after` that `wanted` accepts; none at the deadline.
  // `wanted` runs with the client's lock held: it must not call the client.
  [[nodiscard]] std::optional<RequestRecord> wait_for(const std::function<bool(const RequestRecord&)>& wanted,
                                                      std::uint64_t after, SteadyTime deadline);
  // The first request of `tier` that was sent after this call and was served, whole, by `site`.
  [[nodiscard]] std::optional<RequestRecord> wait_until_served(const TierName& tier, const SiteName& site,
                                                               SteadyTime deadline);

  // Sequence number of the newest record; 0: none yet.
  [[nodiscard]] std::uint64_t last_sequence() const;
  [[nodiscard]] std::vector<RequestRecord> records() const;  // kept ones, oldest first
  [[nodiscard]] LoadSummary summary() const;

 private:
  class Impl;
  explicit LoadClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pathwise::lab
