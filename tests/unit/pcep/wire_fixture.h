// SPDX-License-Identifier: Apache-2.0
// A PCC and a PCE joined in memory, with time by hand. Bytes move only when pump() is called.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "pcep/pcc/pcc.h"
#include "pcep/pce/pce.h"

namespace pathwise::pcep::test {

using namespace std::chrono_literals;

inline Ipv6Address ip(std::string_view text) {
  return Ipv6Address::parse(text).value();
}
inline Srv6Subobject hop(std::string_view sid) {
  return {.behavior = kBehaviorEndNextCsid,
          .sid = ip(sid),
          .nai = NodeNai{ip("fd00::2")},
          .structure = SidStructure{32, 16, 0, 80}};
}

// One end of a connection in memory.
class MemoryStream final : public Stream {
 public:
  void send(Bytes bytes) override { sent.insert(sent.end(), bytes.begin(), bytes.end()); }
  void close() override { closed = true; }
  [[nodiscard]] Bytes take() { return std::exchange(sent, {}); }
  Bytes sent;
  bool closed = false;
};

struct RecordingObserver final : PccObserver {
  void on_update(const LspUpdate& update) override { updates.push_back(update); }
  void on_withdrawn(const std::string& name, const std::string& reason) override { withdrawn[name] = reason; }
  std::vector<LspUpdate> updates;
  std::map<std::string, std::string> withdrawn;
};

inline LspIntent realtime() {
  return {.name = "dubai-realtime",
          .source = ip("fd00::1"),
          .destination = ip("fd00::3"),
          .color = Color{10},
          .optimise = Optimise::kDelay,
          .max_delay = Microseconds{30'000},
          .bandwidth = BitsPerSecond{200'000'000},
          .exclude_any = 2};
}

// A connection between a peer of the PCC and one of the PCE. Messages that pass are kept.
class Wire {
 public:
  Wire(Peer& pcc, Pce& pce, const Clock& clock, const std::string& address = "fd00:9::1")
      : pcc_(pcc), pce_(pce), clock_(clock), pce_peer_(*pce.accept(address)) {
    pce_peer_.connected(pce_end_, clock.now());
    pcc_.connected(pcc_end_, clock.now());
  }
  void pump() {
    for (bool moved = true; moved;) {
      const bool to_the_pce = move(pcc_end_, pce_peer_, to_pce);
      const bool to_the_pcc = move(pce_end_, pcc_, to_pcc);
      moved = to_the_pce || to_the_pcc;
    }
  }
  void cut() {
    pce_peer_.disconnected(clock_.now());
    pce_.drop(pce_peer_);
    pcc_.disconnected(clock_.now());
  }
  [[nodiscard]] Peer& pce_peer() { return pce_peer_; }
  [[nodiscard]] bool closed_by_pce() const { return pce_end_.closed; }
  [[nodiscard]] std::vector<StateReport> reports() const {
    std::vector<StateReport> all;
    for (const Message& message : to_pce)
      if (message.type == MessageType::kPcRpt)
        for (auto& report : parse_reports(message)) all.push_back(report.value());
    return all;
  }
  [[nodiscard]] std::vector<UpdateRequest> updates() const {
    std::vector<UpdateRequest> all;
    for (const Message& message : to_pcc)
      if (message.type == MessageType::kPcUpd)
        for (auto& update : parse_updates(message)) all.push_back(update.value());
    return all;
  }
  [[nodiscard]] static std::vector<ErrorCodePoint> errors_in(const std::vector<Message>& messages) {
    std::vector<ErrorCodePoint> codes;
    for (const Message& message : messages)
      if (const auto* error = find<ErrorObject>(message)) codes.push_back(error->code);
    return codes;
  }
  std::vector<Message> to_pce;
  std::vector<Message> to_pcc;

 private:
  bool move(MemoryStream& from, Peer& to, std::vector<Message>& log) {
    const Bytes bytes = from.take();
    for (ByteView rest = bytes; !rest.empty();) {
      const std::size_t length = message_length(rest).value();
      log.push_back(decode_message(rest.first(length)).value());
      rest = rest.subspan(length);
    }
    if (!bytes.empty() && to.is_connected()) to.received(bytes, clock_.now());
    return !bytes.empty();
  }
  Peer& pcc_;
  Pce& pce_;
  const Clock& clock_;
  Peer& pce_peer_;
  MemoryStream pcc_end_;
  MemoryStream pce_end_;
};

class WireFixture : public testing::Test {
 protected:
  WireFixture() {
    pcc = Pcc::create({.speaker = "pune", .pces = {{"pce1", 10}}}, {clock, store, observer}).value();
    pce =
        std::make_unique<Pce>(PceOptions{}, PceDeps{clock, [this](const LspRequest& request, const Reservations& held) {
                                                      ++computations;
                                                      return compute(request, held);
                                                    }});
  }
  // The network of the tests: one path whose delay can be set, 1 Gbps wide.
  Result<ComputedLsp> compute(const LspRequest& request, const Reservations& held) {
    if (request.max_delay && delay > *request.max_delay)
      return fail(ErrorCode::kNotFound, "the shortest delay is {}", to_human(delay));
    const LinkKey link{NodeName("r-pun"), NodeName("r-dub"), ip("fd00:1::1")};
    const std::uint64_t used = held.held(link, request.setup_priority, request.key).value();
    if (used + request.bandwidth.value_or(BitsPerSecond{}).value() > 1'000'000'000)
      return fail(ErrorCode::kNotFound, "no bandwidth");
    ComputedLsp path{
        .segments = segments, .nodes = {NodeName("r-pun"), NodeName("r-dub")}, .links = {link}, .delay = delay};
    if (capacities_known) path.capacities = {BitsPerSecond{1'000'000'000}};
    return path;
  }
  void install(std::size_t index, Operational state = Operational::kUp) {
    pcc->installed(observer.updates.at(index).name, observer.updates.at(index).srp_id, state);
  }

  ManualClock clock;
  MemoryPlspStore store;
  RecordingObserver observer;
  Microseconds delay{12'000};
  std::vector<Srv6Subobject> segments{hop("fcbb:bb00:2::"), hop("fcbb:bb00:3::")};
  bool capacities_known = false;
  int computations = 0;
  std::unique_ptr<Pcc> pcc;
  std::unique_ptr<Pce> pce;
};

}  // namespace pathwise::pcep::test
