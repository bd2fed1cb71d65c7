// SPDX-License-Identifier: Apache-2.0
// One verification: which probe of which path goes out when, and what came back of each hop. Hop limits
// are tried as traceroute does (1, 2, 3, …, a few at a time), until the far end answers. Bounded in
// rate, in probes in flight and in time. Pure state: time points are arguments. One thread.
//
// Routers answer few ICMP errors a second to one destination (Linux: four to a /64 after a burst of six),
// and every path begins with the same router; hence the time between the beginnings of two paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/units.h"

namespace pathwise::te {

struct VerifyParams {
  Milliseconds probe_timeout{1000};  // then another attempt, or silence
  int attempts = 2;                  // for each hop
  std::size_t window = 3;            // probes of one path in flight
  std::size_t in_flight = 48;        // of all paths
  std::uint8_t max_hops = 32;
  std::size_t loop_answers = 3;      // hops that one address answers for, then the path is given up as a loop
  std::size_t silent_hops = 4;       // in a row, then the path is given up
  Milliseconds send_interval{5};     // between two probes
  Milliseconds start_interval{250};  // between the first probes of two paths
  Milliseconds deadline{30'000};     // for everything
};

// `local` and `remote` are of the candidate path: the kernel's route to `remote` encapsulates over its segment
// list. With the other two, the router that decapsulates is asked to show itself as well.
struct VerifyTarget {
  Ipv6Address local;
  Ipv6Address remote;
  std::vector<Ipv6Address> segments;  // empty: it is not asked
  Ipv6Address native;                 // an address of ours that the network routes; ::, it is not asked
  friend bool operator==(const VerifyTarget&, const VerifyTarget&) = default;
};

struct VerifyProbe {
  std::uint32_t id = 0;  // on the wire as STAMP's sequence number
  std::size_t path = 0;
  std::uint8_t hop_limit = 0;  // 0: for the endpoint's router, which decapsulates
  int attempt = 0;             // from 0
  VerifyTarget target;
};

enum class HopAnswer : std::uint8_t {
  kNone,     // silence
  kExpired,  // ICMPv6 Time Exceeded
  kRefused,  // ICMPv6 Destination Unreachable by somebody on the way
  kArrived,  // the far end answered
};

struct HopObservation {
  HopAnswer answer = HopAnswer::kNone;
  Ipv6Address responder;
  std::uint8_t code = 0;  // of kRefused: RFC 4443 section 3.1
  Microseconds rtt{};
  friend bool operator==(const HopObservation&, const HopObservation&) = default;
};

struct PathObservation {
  std::vector<HopObservation> hops;  // [0]: hop limit 1; up to the last that answered
  HopObservation endpoint;           // the router that decapsulates, if it was asked and answered
  std::string problem;               // why probing stopped early, or never began; may be empty
  bool probed = true;                // false: its turn never came
};

class VerifyRun {
 public:
  VerifyRun(std::vector<VerifyTarget> targets, VerifyParams params, std::uint32_t first_id, SteadyTime now);

  // The next probe to send, if one is due: it counts as sent.
  [[nodiscard]] std::optional<VerifyProbe> next(SteadyTime now);
  // The kernel would not send it: the path is given up with this reason.
  void not_sent(std::uint32_t id, std::string reason);
  // Somebody answered the probe `id` at `when` (`seen.rtt` is worked out here); late answers count too.
  // False: no such probe.
  bool answered(std::uint32_t id, HopObservation seen, SteadyTime when);
  // Where the probe went; nullptr: no such probe.
  [[nodiscard]] const VerifyTarget* target_of(std::uint32_t id) const;

  // When next() may have something to send or a probe times out.
  [[nodiscard]] SteadyTime wake() const;
  // Time-outs. Call it before next().
  void expire(SteadyTime now);
  [[nodiscard]] bool done() const { return finished_ == paths_.size(); }
  // After done(): one a target, in their order.
  [[nodiscard]] std::vector<PathObservation> results() const;

 private:
  struct Hop {
    int attempts = 0;
    std::optional<SteadyTime> pending;  // since
    HopObservation seen;
  };
  struct Path {
    VerifyTarget target;
    std::vector<Hop> hops;
    Hop endpoint;
    std::size_t end = 0;            // hops that are of interest: as many, once the far end has answered
    std::size_t last_answered = 0;  // hop limit
    bool arrived = false;
    bool started = false;
    bool finished = false;
    std::string problem;
  };
  struct Sent {
    std::size_t path = 0;
    std::size_t hop = 0;  // or kEndpoint
    SteadyTime at;
  };
  static constexpr std::size_t kEndpoint = ~std::size_t{0};
  static Hop& hop_at(Path& path, std::size_t hop) { return hop == kEndpoint ? path.endpoint : path.hops[hop]; }
  [[nodiscard]] std::optional<std::size_t> hop_to_probe(const Path& path) const;
  [[nodiscard]] bool sendable() const;
  VerifyProbe send(std::size_t index, std::size_t hop, SteadyTime now);
  void forget_pending(Hop& hop);
  [[nodiscard]] bool loops(const Path& path, const Ipv6Address& responder) const;
  void settle(Path& path);
  void finish(Path& path, std::string problem);

  const VerifyParams params_;
  std::vector<Path> paths_;
  std::vector<std::size_t> active_;  // started, not finished
  std::unordered_map<std::uint32_t, Sent> sent_;
  std::uint32_t next_id_;
  std::size_t next_path_ = 0;  // the first that has not started
  std::size_t finished_ = 0;
  std::size_t pending_ = 0;
  std::size_t turn_ = 0;  // in active_: every path gets its turn
  SteadyTime next_send_;
  SteadyTime next_start_;
  const SteadyTime deadline_;
};

}  // namespace pathwise::te
