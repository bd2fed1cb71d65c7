// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/definition_watch.h"

#include <algorithm>

namespace pathwise::te {
namespace {

constexpr std::size_t kEntryOctets = 9;

}  // namespace

DefinitionHashes definition_hashes(const std::vector<FlexAlgoDefinition>& definitions) {
  DefinitionHashes hashes;
  for (const FlexAlgoDefinition& definition : definitions) {
    hashes.insert_or_assign(definition.algorithm, definitions_hash({definition}));
  }
  return hashes;
}

std::vector<std::uint8_t> encode_definition_hashes(const DefinitionHashes& hashes) {
  std::vector<std::uint8_t> value;
  for (const auto& [algorithm, hash] : hashes) {
    value.push_back(algorithm.value());
    for (int shift = 56; shift >= 0; shift -= 8) value.push_back(static_cast<std::uint8_t>(hash >> shift));
  }
  return value;
}

Result<DefinitionHashes> decode_definition_hashes(std::span<const std::uint8_t> value) {
  if (value.size() % kEntryOctets != 0) {
    return fail(ErrorCode::kInvalidArgument, "definition hashes: {} octets, not a multiple of {}", value.size(),
                kEntryOctets);
  }
  DefinitionHashes hashes;
  for (; !value.empty(); value = value.subspan(kEntryOctets)) {
    std::uint64_t hash = 0;
    for (const std::uint8_t octet : value.subspan(1, kEntryOctets - 1)) hash = hash << 8 | octet;
    hashes.insert_or_assign(Algorithm(value.front()), hash);
  }
  return hashes;
}

void DefinitionWatch::set_neighbours(SteadyTime now, const std::map<Ipv6Address, NodeName>& neighbours) {
  if (!first_neighbours_ && !neighbours.empty()) first_neighbours_ = now;
  neighbours_ = neighbours;
  if (words_.size() < kMaxStrangers) return;
  std::erase_if(words_, [&](const auto& entry) { return !neighbours_.contains(entry.first); });
}

void DefinitionWatch::heard(SteadyTime now, const Ipv6Address& address, DefinitionHashes hashes) {
  if (!neighbours_.contains(address) && !words_.contains(address) && words_.size() >= kMaxStrangers) return;
  words_.insert_or_assign(address, Word{now, std::move(hashes)});
}

std::vector<Offender> DefinitionWatch::offenders(SteadyTime now) const {
  std::set<Offender> found;
  for (const auto& [address, node] : neighbours_) {
    const auto word = words_.find(address);
    if (word == words_.end() || now - word->second.when > kMaxAge) continue;
    const DefinitionHashes& theirs = word->second.hashes;
    for (const auto& [algorithm, hash] : own_) {
      const auto other = theirs.find(algorithm);
      if (other == theirs.end() || other->second != hash) found.insert({algorithm, node, other == theirs.end()});
    }
    for (const auto& [algorithm, hash] : theirs) {
      if (!own_.contains(algorithm)) found.insert({algorithm, node, true});
    }
  }
  return {found.begin(), found.end()};
}

std::set<Algorithm> DefinitionWatch::held(SteadyTime now) const {
  std::set<Algorithm> algorithms;
  for (const Offender& offender : offenders(now)) algorithms.insert(offender.algorithm);
  const bool silent = std::ranges::any_of(neighbours_, [&](const auto& each) { return !words_.contains(each.first); });
  if (silent && now - *first_neighbours_ < kStartGrace) {
    for (const auto& [algorithm, hash] : own_) algorithms.insert(algorithm);
  }
  return algorithms;
}

}  // namespace pathwise::te
