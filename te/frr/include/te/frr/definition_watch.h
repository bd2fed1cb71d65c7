// SPDX-License-Identifier: GPL-2.0-or-later
// Whether our neighbours compute the same Flex-Algos as we do. Different definitions of one algorithm
// loop, so each node sends the hash of every definition with its link probes, and holds an
// algorithm while a neighbour's differs. Pure, time is an argument; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/ip.h"
#include "te/algo/flex_algo.h"

namespace pathwise::te {

using DefinitionHashes = std::map<Algorithm, std::uint64_t>;

[[nodiscard]] DefinitionHashes definition_hashes(const std::vector<FlexAlgoDefinition>& definitions);

// The value of the STAMP TLV: one octet algorithm and eight octets hash each, network order.
[[nodiscard]] std::vector<std::uint8_t> encode_definition_hashes(const DefinitionHashes& hashes);
[[nodiscard]] Result<DefinitionHashes> decode_definition_hashes(std::span<const std::uint8_t> value);

struct Offender {
  Algorithm algorithm;
  NodeName node;
  bool missing = false;  // the neighbour has no such algorithm, or has one that we lack
  friend auto operator<=>(const Offender&, const Offender&) = default;
};

class DefinitionWatch {
 public:
  // How long a neighbour's word counts after its last probe.
  static constexpr std::chrono::seconds kMaxAge{10};
  // How long routes wait for the first neighbours that we know, if they say nothing.
  static constexpr std::chrono::seconds kStartGrace{2};

  explicit DefinitionWatch(DefinitionHashes own) : own_(std::move(own)) {}

  // The neighbours of now: address on the shared link, and name. Others are forgotten.
  void set_neighbours(SteadyTime now, const std::map<Ipv6Address, NodeName>& neighbours);
  // A probe of a neighbour's address carried these. Unknown addresses are remembered until the
  // topology names them (at most kMaxStrangers).
  void heard(SteadyTime now, const Ipv6Address& address, DefinitionHashes hashes);

  // Who disagrees, sorted.
  [[nodiscard]] std::vector<Offender> offenders(SteadyTime now) const;
  // Algorithms whose routes must wait: disagreement, or, during the grace, a neighbour that has not spoken yet.
  [[nodiscard]] std::set<Algorithm> held(SteadyTime now) const;

 private:
  static constexpr std::size_t kMaxStrangers = 1024;
  struct Word {
    SteadyTime when;
    DefinitionHashes hashes;
  };
  DefinitionHashes own_;
  std::optional<SteadyTime> first_neighbours_;  // when we knew some for the first time
  std::map<Ipv6Address, NodeName> neighbours_;
  std::map<Ipv6Address, Word> words_;
};

}  // namespace pathwise::te
