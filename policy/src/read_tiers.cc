// SPDX-License-Identifier: Apache-2.0
// Section tiers.
#include <algorithm>
#include <optional>

#include "base/string_util.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

constexpr std::size_t kMostPaths = 8;  // each is probed all the time
constexpr std::string_view kPathForms = "{pcep: {…}}, {flex_algo: 128}, {explicit: […]}, best_effort or underlay";

template <typename Duration>
bool read_positive(const config::Value& value, config::Diagnostics& problems, Duration& out) {
  if (!config::read(value, problems, out)) return false;
  if (out > Duration{}) return true;
  problems.add(value.at, "must be more than 0");
  return false;
}

void read_objective(const config::Value& value, Reading& reading, TierConfig& tier) {
  config::MapReader map(value, reading.problems);
  const config::Value* ttft = map.child("ttft");
  const config::Value* e2e = map.child("e2e");
  const config::Value* cost = map.child("cost");
  map.finish();
  if ((ttft != nullptr) + (e2e != nullptr) + (cost != nullptr) != 1) {
    reading.problems.add(value.at, "must be one of {{ttft: 300ms}}, {{e2e: 20s}} and {{cost: {{deadline: 1h}}}}");
    return;
  }
  if (ttft != nullptr) {
    tier.objective = Objective::kTtft;
    read_positive(*ttft, reading.problems, tier.budget);
  } else if (e2e != nullptr) {
    tier.objective = Objective::kE2e;
    read_positive(*e2e, reading.problems, tier.budget);
  } else {
    tier.objective = Objective::kCost;
    config::MapReader inner(*cost, reading.problems);
    if (const config::Value* deadline = inner.required_child("deadline")) {
      read_positive(*deadline, reading.problems, tier.budget);
    }
    inner.finish();
  }
}

PcepPath read_pcep(const config::Value& value, Reading& reading) {
  static const std::map<std::string, Optimise, std::less<>> kOptimise{
      {"igp", Optimise::kIgp}, {"te", Optimise::kTe}, {"delay", Optimise::kDelay}};
  PcepPath path;
  config::MapReader map(value, reading.problems);
  if (const config::Value* optimise = map.required_child("optimise")) {
    std::string text;
    if (config::read(*optimise, reading.problems, text) &&
        known_name(optimise->at, reading.problems, "metric", text, {"igp", "te", "delay"})) {
      path.optimise = kOptimise.at(text);
    }
  }
  if (const config::Value* delay = map.child("max_delay")) {
    Microseconds bound{};
    if (read_positive(*delay, reading.problems, bound)) path.max_delay = bound;
  }
  if (const config::Value* bandwidth = map.child("bandwidth")) {
    BitsPerSecond rate;
    if (read_positive(*bandwidth, reading.problems, rate)) path.bandwidth = rate;
  }
  if (const config::Value* list = map.child("exclude_any")) {
    path.exclude_any = read_texts(*list, reading.problems, [&reading](const config::Value& item) {
      return known_name(item.at, reading.problems, "affinity", item.scalar, reading.affinities);
    });
  }
  map.finish();
  return path;
}

std::optional<PathConfig> read_flex_algo_path(const config::Value& value, Reading& reading) {
  std::uint8_t number = 0;
  if (!config::read(value, reading.problems, number)) return std::nullopt;
  if (!is_flex_algo(Algorithm(number))) {
    reading.problems.add(value.at, "a Flex-Algo must be a number from 128 to 255 (RFC 9350), not {}", number);
    return std::nullopt;
  }
  if (!known_name(value.at, reading.problems, "Flex-Algo", std::to_string(number), reading.flex_algos)) {
    return std::nullopt;
  }
  return FlexAlgoPath{Algorithm(number)};
}

std::optional<PathConfig> read_path(const config::Value& value, Reading& reading) {
  if (value.kind == config::Value::Kind::kScalar) {
    if (value.scalar == "best_effort") return BestEffortPath{};
    if (value.scalar == "underlay") return UnderlayPath{};
    reading.problems.add(value.at, "unknown path {}; must be {}", excerpt(value.scalar), kPathForms);
    return std::nullopt;
  }
  config::MapReader map(value, reading.problems);
  const config::Value* pcep = map.child("pcep");
  const config::Value* flex_algo = map.child("flex_algo");
  const config::Value* lists = map.child("explicit");
  map.finish();
  if (value.kind != config::Value::Kind::kMap) return std::nullopt;
  if (value.entries.size() != 1) {
    reading.problems.add(value.at, "a path must be exactly one of {}", kPathForms);
    return std::nullopt;
  }
  if (pcep != nullptr) return read_pcep(*pcep, reading);
  if (flex_algo != nullptr) return read_flex_algo_path(*flex_algo, reading);
  if (lists != nullptr) return read_explicit(*lists, reading);
  return std::nullopt;
}

// The same path twice can never help. A tier has at most one LSP and one explicit path: named by (peer, tier).
bool same_path(const PathConfig& a, const PathConfig& b) {
  if (a.index() != b.index()) return false;
  const auto* flex_algo = std::get_if<FlexAlgoPath>(&a);
  return flex_algo == nullptr || flex_algo->algorithm == std::get<FlexAlgoPath>(b).algorithm;
}

bool is_unconstrained(const PathConfig& path) {
  return std::holds_alternative<BestEffortPath>(path) || std::holds_alternative<UnderlayPath>(path);
}

void read_paths(const config::Value& list, Reading& reading, TierConfig& tier) {
  for_each_item(list, reading.problems, [&](const config::Value& item) {
    const auto path = read_path(item, reading);
    if (!path) return;
    if (std::ranges::any_of(tier.paths, [&path](const PathConfig& other) { return same_path(*path, other); })) {
      reading.problems.add(item.at, "the tier has this path already; each once");
    } else if (tier.strict && is_unconstrained(*path)) {
      reading.problems.add(item.at, "a strict tier must not list best_effort or underlay");
    } else {
      tier.paths.push_back(*path);
    }
  });
  if (list.kind != config::Value::Kind::kSequence) return;
  if (list.items.empty()) reading.problems.add(list.at, "a tier needs at least one path: {}", kPathForms);
  if (list.items.size() > kMostPaths) reading.problems.add(list.at, "at most {} paths a tier", kMostPaths);
  const bool listed = std::ranges::any_of(
      tier.paths, [](const PathConfig& path) { return std::holds_alternative<BestEffortPath>(path); });
  if (!tier.strict && !listed) tier.paths.emplace_back(BestEffortPath{});
}

void read_color(const config::Value& value, Reading& reading, TierConfig& tier) {
  std::uint32_t color = 0;
  if (!config::read(value, reading.problems, color)) return;
  if (color == 0) {
    reading.problems.add(value.at, "color 0 is reserved (RFC 9256); must be from 1 to 4294967295");
    return;
  }
  for (const TierConfig& other : reading.config.tiers) {
    if (other.color.value() == color) {
      reading.problems.add(value.at, "color {} is tier '{}' already", color, other.name);
    }
  }
  tier.color = Color(color);
}

void read_tier(const config::Entry& entry, Reading& reading) {
  TierConfig tier;
  tier.name = TierName(entry.key);
  check_label(entry.at, reading.problems, "tier", entry.key);
  config::MapReader map(entry.value, reading.problems);
  if (const config::Value* color = map.required_child("color")) read_color(*color, reading, tier);
  if (const config::Value* objective = map.required_child("objective")) read_objective(*objective, reading, tier);
  map.optional("strict", tier.strict);
  if (const config::Value* paths = map.required_child("paths")) read_paths(*paths, reading, tier);
  if (const config::Value* timeout = map.child("queue_timeout")) {
    Microseconds limit{};
    if (read_positive(*timeout, reading.problems, limit)) tier.queue_timeout = limit;
  }
  map.finish();
  reading.config.tiers.push_back(std::move(tier));
}

}  // namespace

void read_tiers(const config::Value* section, Reading& reading) {
  if (section == nullptr) return;
  for_each_entry(*section, reading.problems, [&](const config::Entry& entry) { read_tier(entry, reading); });
  if (section->kind == config::Value::Kind::kMap && section->entries.empty()) {
    reading.problems.add(section->at, "at least one tier is needed");
  }
}

}  // namespace pathwise::policy
