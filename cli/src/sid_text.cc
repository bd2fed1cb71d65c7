// SPDX-License-Identifier: Apache-2.0
#include "sid_text.h"

#include <algorithm>

#include "base/format.h"

namespace pathwise::cli {
namespace {

constexpr std::size_t kBlockGroups = 2;           // 16-bit groups of a block
constexpr std::uint16_t kFirstFunction = 0xE000;  // ids from here are functions, not nodes

const Algorithm* algorithm_of(const te::SidNames& names, const Ipv6Address& carrier) {
  const auto found =
      std::ranges::find_if(names.blocks, [&](const auto& block) { return block.second.contains(carrier); });
  return found == names.blocks.end() ? nullptr : &found->first;
}

std::string name_of(const te::SidNames& names, std::uint16_t id) {
  const auto found = names.nodes.find(NodeId(id));
  return found == names.nodes.end() ? formatted("node {:x}", id) : found->second.str();
}

// `function` stands behind the id of `node`.
std::string spell_function(const te::SidNames& names, std::uint16_t node, std::uint16_t function) {
  if (function == names.udt6_function) return "uDT6 " + name_of(names, node);
  if (function > names.ua_function && function - names.ua_function < kFirstFunction) {
    const auto neighbour = static_cast<std::uint16_t>(function - names.ua_function);
    return formatted("uA {}→{}", name_of(names, node), name_of(names, neighbour));
  }
  return formatted("function {:x} of {}", function, name_of(names, node));
}

}  // namespace

std::vector<std::string> spell_carrier(const te::SidNames& names, const Ipv6Address& carrier) {
  if (algorithm_of(names, carrier) == nullptr) return {"in no block of the fabric"};
  std::vector<std::string> words;
  for (std::size_t group = kBlockGroups; group < 8 && carrier.group(group) != 0; ++group) {
    const std::uint16_t id = carrier.group(group);
    if (id >= kFirstFunction) {  // without a node before it
      words.push_back(formatted("function {:x}", id));
      continue;
    }
    const std::uint16_t behind = group + 1 < 8 ? carrier.group(group + 1) : 0;
    if (behind >= kFirstFunction) {
      words.push_back(spell_function(names, id, behind));
      ++group;
    } else {
      words.push_back("uN " + name_of(names, id));
    }
  }
  return words;
}

std::string describe_carrier(const te::SidNames& names, const Ipv6Address& carrier) {
  std::string text = carrier.to_string() + "  ";
  if (const Algorithm* algorithm = algorithm_of(names, carrier)) text += formatted("algorithm {}: ", *algorithm);
  const auto words = spell_carrier(names, carrier);
  for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : ", ") + words[i];
  return text;
}

}  // namespace pathwise::cli
