// SPDX-License-Identifier: Apache-2.0
// A PCC and a PCE, each fed with a stream cut anywhere and with time that passes: bytes of the input
// are either operations (time, cut of the connection, te's answers) or the peer's stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/log.h"
#include "pcep/pcc/pcc.h"
#include "pcep/pce/pce.h"

using namespace pathwise;
using namespace pathwise::pcep;

namespace {

struct NullStream final : Stream {
  void send(Bytes bytes) override {
    for (ByteView rest = bytes; !rest.empty();) {  // whatever we send must be well formed
      const Decoded<std::size_t> length = message_length(rest);
      if (!length || *length == 0 || !decode_message(rest.first(*length))) std::abort();
      rest = rest.subspan(*length);
    }
  }
  void close() override {}
};

struct NullObserver final : PccObserver {
  void on_update(const LspUpdate& update) override { last = update; }
  void on_withdrawn(const std::string&, const std::string&) override {}
  LspUpdate last;
};

// Runs one peer over the input: a record is a kind and a length, then that many bytes.
template <typename Step>
void play(ByteView input, Peer& peer, ManualClock& clock, Step other) {
  NullStream stream;
  peer.connected(stream, clock.now());
  while (input.size() >= 2) {
    const std::uint8_t kind = input[0];
    const std::size_t size = std::min<std::size_t>(input[1], input.size() - 2);
    const ByteView body = input.subspan(2, size);
    input = input.subspan(2 + size);
    if (kind < 200) {
      if (peer.is_connected()) peer.received(body, clock.now());
    } else if (kind < 220) {
      clock.advance(std::chrono::seconds(size));
      other(kind);
    } else if (kind < 230) {
      if (peer.is_connected()) peer.disconnected(clock.now());
      peer.connected(stream, clock.now());
    } else {
      other(kind);
    }
  }
  if (peer.is_connected()) peer.disconnected(clock.now());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  log::set_level(log::Level::kError);
  ManualClock clock;
  if (data[0] % 2 == 0) {
    MemoryPlspStore store;
    NullObserver observer;
    auto pcc = Pcc::create({.speaker = "fuzz", .pces = {{"pce", 1}}}, {clock, store, observer}).value();
    static_cast<void>(pcc->set_lsps({LspIntent{.name = "a", .color = Color{10}, .max_delay = Microseconds{5}}}));
    play({data + 1, size - 1}, pcc->peer(0), clock, [&](std::uint8_t kind) {
      pcc->expire();
      if (kind % 2 == 0) pcc->installed("a", observer.last.srp_id);
      if (kind % 3 == 0) pcc->failed("a", observer.last.srp_id, LspErrorCode::kInternal);
    });
  } else {
    Pce pce({}, {clock, [](const LspRequest& request, const Reservations&) -> Result<ComputedLsp> {
                   if (request.bandwidth) return fail(ErrorCode::kNotFound, "no");
                   return ComputedLsp{.segments = {Srv6Subobject{.sid = request.destination}}};
                 }});
    Peer* peer = pce.accept("fd00::1");
    play({data + 1, size - 1}, *peer, clock, [&](std::uint8_t) {
      pce.expire();
      pce.topology_changed("fuzz");
    });
    pce.drop(*peer);
  }
  return 0;
}
