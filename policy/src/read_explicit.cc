// SPDX-License-Identifier: Apache-2.0
// A tier's explicit path: segment lists between pairs of sites.
#include <algorithm>
#include <optional>

#include "reading.h"

namespace pathwise::policy {
namespace {

constexpr std::size_t kMostLists = 8;      // between two sites; each is probed all the time
constexpr std::size_t kMostSegments = 16;  // carriers; the kernel's SRH takes no more than 127

std::optional<SiteName> read_site(const config::Value* value, Reading& reading) {
  std::string name;
  if (value == nullptr || !config::read(*value, reading.problems, name)) return std::nullopt;
  if (!known_name(value->at, reading.problems, "site", name, reading.sites)) return std::nullopt;
  return SiteName(name);
}

bool in_a_block(const Reading& reading, const Ipv6Address& sid) {
  return std::ranges::any_of(reading.config.srv6.blocks, [&](const auto& block) { return block.second.contains(sid); });
}

std::vector<Ipv6Address> read_segments(const config::Value& value, Reading& reading) {
  std::vector<Ipv6Address> segments;
  for_each_item(value, reading.problems, [&](const config::Value& item) {
    Ipv6Address sid;
    if (!config::read(item, reading.problems, sid)) return;
    if (!in_a_block(reading, sid)) {
      return reading.problems.add(item.at, "{} is in none of the srv6 blocks", sid);
    }
    segments.push_back(sid);
  });
  if (segments.size() > kMostSegments) {
    reading.problems.add(value.at, "at most {} segments a list", kMostSegments);
  }
  return segments;
}

void read_list(const config::Value& value, Reading& reading, ExplicitPath& path) {
  config::MapReader map(value, reading.problems);
  ExplicitPath::List list;
  const auto from = read_site(map.required_child("from"), reading);
  const auto to = read_site(map.required_child("to"), reading);
  map.optional("weight", list.weight);
  const config::Value* weight = map.child("weight");
  if (weight != nullptr && list.weight == 0) reading.problems.add(weight->at, "must be from 1 to 255");
  const config::Value* segments = map.required_child("segments");
  if (segments != nullptr) list.segments = read_segments(*segments, reading);
  map.finish();
  if (!from || !to || list.segments.empty()) {
    if (segments != nullptr && segments->items.empty()) {
      reading.problems.add(segments->at, "a list needs at least one segment");
    }
    return;
  }
  if (*from == *to) return reading.problems.add(value.at, "a path from {} to itself", *from);
  list.from = *from;
  list.to = *to;
  const auto same = [&](const ExplicitPath::List& other) {
    return other.from == list.from && other.to == list.to && other.segments == list.segments;
  };
  if (std::ranges::any_of(path.lists, same)) {
    return reading.problems.add(value.at, "{} to {} has this list already", list.from, list.to);
  }
  path.lists.push_back(std::move(list));
}

}  // namespace

std::optional<PathConfig> read_explicit(const config::Value& value, Reading& reading) {
  ExplicitPath path;
  for_each_item(value, reading.problems, [&](const config::Value& item) { read_list(item, reading, path); });
  if (path.lists.empty()) {
    if (value.items.empty()) {
      reading.problems.add(value.at, "must be a list of {{from: SITE, to: SITE, segments: [SID, …]}}");
    }
    return std::nullopt;
  }
  if (path.most_lists() > kMostLists) {
    reading.problems.add(value.at, "at most {} lists from one site to another", kMostLists);
  }
  return path;
}

}  // namespace pathwise::policy
