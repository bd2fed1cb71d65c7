// SPDX-License-Identifier: Apache-2.0
// One STAMP session for each path that the engine wants measured. On the io_context's thread.
#pragma once

#include <map>
#include <memory>

#include "te/measure/stamp_udp.h"
#include "te/policy/engine.h"

namespace pathwise::te {

// What every probe of te has in common.
struct ProbeShape {
  SessionParams params;
  std::uint8_t dscp = 0;
  std::size_t size = 0;  // octets; 0: as it is
};

class ProbeSessions {
 public:
  ProbeSessions(StampSender& sender, ProbeShape shape) : sender_(sender), shape_(shape) {}

  // Sessions whose addresses are still wanted go on.
  void want(const std::map<CandidateKey, ProbeTarget>& targets);
  [[nodiscard]] std::map<CandidateKey, ProbeState> states() const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    StampSessionId id = 0;
    ProbeTarget target;
  };
  StampSender& sender_;
  ProbeShape shape_;
  std::map<CandidateKey, Session> sessions_;
};

}  // namespace pathwise::te
