// SPDX-License-Identifier: Apache-2.0
// Runs one verification over sockets: a UDP socket for the probes and the far end's answers, a raw ICMPv6
// socket for the errors of those on the way; both live as long as the run. Probes are STAMP packets to the
// far end's reflector (a second attempt goes to a closed port, for far ends that only answer with ICMPv6).
// The kernel copies the hop limit of a packet into the header that seg6 puts around it, so that it counts
// along the segment list. On the io_context's thread; must go before the io_context.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "te/verify/run.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::te {

struct VerifierOptions {
  VerifyParams params;
  std::uint16_t stamp_port = 862;
  std::uint64_t seed = 0;  // ids that nobody off the path can guess
};

class Verifier {
 public:
  using Done = std::function<void(std::vector<PathObservation>)>;

  // `done` runs once, later, with one observation a target; it may destroy the Verifier. Destroying it
  // earlier ends the run without a word. kPermissionDenied without CAP_NET_RAW.
  [[nodiscard]] static Result<std::unique_ptr<Verifier>> start(boost::asio::io_context& io,
                                                               std::vector<VerifyTarget> targets,
                                                               VerifierOptions options, Done done);
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

 private:
  struct State;
  explicit Verifier(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::te
