// SPDX-License-Identifier: Apache-2.0
// Any bytes as a peer's stream: frames are cut, decoded and applied; what is accepted survives another
// round trip, and the table stays within its limits.
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "fabric/peer_exchange.h"

namespace {

struct Nowhere final : pathwise::fabric::Outlet {
  void send(pathwise::fabric::LinkId, std::string) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  namespace fabric = pathwise::fabric;
  const pathwise::ManualClock clock;
  Nowhere nowhere;
  const pathwise::SiteName site("a");
  fabric::PeerExchange exchange(clock, nowhere,
                                {.site = pathwise::SiteName("self"), .router = pathwise::RouterName("r1")});
  fabric::FrameReader reader;
  reader.feed({reinterpret_cast<const char*>(data), size});
  for (;;) {
    const auto body = reader.next();
    if (!body || !*body) break;
    const auto frame = fabric::decode(**body);
    if (frame && fabric::decode(fabric::encode(*frame)) != frame) std::abort();
    static_cast<void>(exchange.received(site, **body));
  }
  if (exchange.snapshot()->size() > fabric::TableLimits{}.routers_per_site) std::abort();
  return 0;
}
