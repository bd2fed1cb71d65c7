// SPDX-License-Identifier: Apache-2.0
#include "te_show.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/format.h"
#include "base/string_util.h"
#include "base/units.h"
#include "sid_text.h"
#include "table.h"

namespace pathwise::cli {
namespace {

using nlohmann::json;
using te::CandidatePathState;
using te::HopAnswer;
using te::PathState;

std::string name_of(const CandidatePathState& candidate) {
  return candidate.origin == te::PathOrigin::kFlexAlgo ? formatted("flex-algo {}", candidate.algorithm)
                                                       : std::string(to_string(candidate.origin));
}

std::string state_of(const PathState& path, std::size_t index) {
  const CandidatePathState& candidate = path.candidates[index];
  if (path.active == index) return "active";
  if (!candidate.valid) return "not valid";
  return candidate.alive ? "alive" : "not alive";
}

// Half of the median round trip: the way back is the mirror of the way there.
std::optional<Microseconds> measured_one_way(const CandidatePathState& candidate) {
  if (!candidate.measured.known()) return std::nullopt;
  return candidate.measured.rtt_p50 / 2;
}

std::string human(const std::optional<Microseconds>& value) {
  return value ? to_human(*value) : "-";
}

std::string with_sign(Microseconds value) {
  return (value.count() > 0 ? "+" : "") + to_human(value);
}

std::string age(SystemTime since, SystemTime now) {
  if (since == SystemTime{} || since > now) return "-";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
  if (seconds < 60) return formatted("{}s", seconds);
  if (seconds < 3600) return formatted("{}m{:02}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return formatted("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
  return formatted("{}d{:02}h", seconds / 86400, seconds / 3600 % 24);
}

std::string joined(const std::vector<NodeName>& names, std::string_view between) {
  std::string text;
  for (const NodeName& name : names) text += (text.empty() ? "" : std::string(between)) + escaped(name.str(), false);
  return text;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : std::move(text);
}

// Candidates by preference, best first; equal ones in their order.
std::vector<std::size_t> ranking(const PathState& path) {
  std::vector<std::size_t> order(path.candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return path.candidates[i].preference; });
  return order;
}

std::string candidates_table(const Explanation& explanation) {
  Table table(
      {"PREFERENCE", "PATH", "STATE", "COMPUTED", "MEASURED", "DIFFERENCE", "LOSS", "RESERVED", "SINCE", "REASON"});
  for (const std::size_t i : ranking(explanation.path)) {
    const CandidatePathState& candidate = explanation.path.candidates[i];
    const auto measured = measured_one_way(candidate);
    const bool both = measured && candidate.computed_delay;
    table.add({std::to_string(candidate.preference), name_of(candidate), state_of(explanation.path, i),
               human(candidate.computed_delay), human(measured),
               both ? with_sign(*measured - *candidate.computed_delay) : "-",
               candidate.measured.sent > 0 ? formatted("{:.1f}%", 100 * candidate.measured.loss) : "-",
               candidate.reserved_bandwidth ? to_human(*candidate.reserved_bandwidth) : "-",
               age(candidate.installed, explanation.now), or_dash(escaped(candidate.reason, false))});
  }
  return table.to_string();
}

std::string segment_lists(const Explanation& explanation) {
  std::string out;
  for (const std::size_t i : ranking(explanation.path)) {
    const CandidatePathState& candidate = explanation.path.candidates[i];
    if (candidate.segments.empty() && candidate.nodes.empty()) continue;
    out += formatted("{}: {}\n", name_of(candidate),
                     candidate.nodes.empty() ? "nodes not known" : joined(candidate.nodes, " > "));
    for (const Ipv6Address& carrier : candidate.segments) {
      out += "  " + (explanation.sids ? describe_carrier(*explanation.sids, carrier) : carrier.to_string()) + "\n";
    }
  }
  return out;
}

std::string transitions_table(const te::PathHistory& history) {
  if (history.recent.empty()) return "no transition since te started\n";
  std::string out = formatted(
      "transitions: {} since te started{}\n", history.transitions,
      history.transitions > history.recent.size() ? formatted(", the last {}", history.recent.size()) : std::string());
  Table table({"TIME", "FROM", "TO", "REASON"});
  for (const te::PathTransition& transition : history.recent) {
    table.add(
        {iso_time(transition.at), or_dash(transition.from), or_dash(transition.to), escaped(transition.reason, false)});
  }
  return out + table.to_string();
}

std::string observed(const te::JudgedHop& hop) {
  if (hop.seen.answer == HopAnswer::kNone) return "*";
  std::string text = hop.seen.answer == HopAnswer::kArrived ? "far end"
                     : hop.node                             ? escaped(hop.node->str(), false)
                                                            : "?";
  if (hop.seen.answer == HopAnswer::kRefused) text += " (unreachable)";
  return text;
}

std::string intended(const te::JudgedHop& hop) {
  constexpr std::size_t kShown = 3;
  if (hop.intended.size() <= kShown) return or_dash(joined(hop.intended, " or "));
  return formatted("{} or {} more", joined({hop.intended.begin(), hop.intended.begin() + kShown}, " or "),
                   hop.intended.size() - kShown);
}

std::string_view to_word(HopAnswer answer) {
  switch (answer) {
    case HopAnswer::kNone:
      return "none";
    case HopAnswer::kExpired:
      return "expired";
    case HopAnswer::kRefused:
      return "unreachable";
    case HopAnswer::kArrived:
      return "arrived";
  }
  return "unknown";
}

json names_json(const std::vector<NodeName>& names) {
  json list = json::array();
  for (const NodeName& name : names) list.push_back(name.str());
  return list;
}

json carriers_json(const std::vector<Ipv6Address>& carriers, const std::optional<te::SidNames>& sids) {
  json list = json::array();
  for (const Ipv6Address& carrier : carriers) {
    json item{{"sid", carrier.to_string()}};
    if (sids) item["meaning"] = spell_carrier(*sids, carrier);
    list.push_back(std::move(item));
  }
  return list;
}

json candidate_json(const Explanation& explanation, std::size_t index) {
  const CandidatePathState& candidate = explanation.path.candidates[index];
  json out{{"index", index},
           {"name", name_of(candidate)},
           {"preference", candidate.preference},
           {"valid", candidate.valid},
           {"alive", candidate.alive},
           {"active", explanation.path.active == index},
           {"reason", candidate.reason},
           {"nodes", names_json(candidate.nodes)},
           {"segments", carriers_json(candidate.segments, explanation.sids)}};
  const auto measured = measured_one_way(candidate);
  if (candidate.computed_delay) out["computed_one_way_us"] = candidate.computed_delay->count();
  if (measured) {
    out["measured_half_rtt_us"] = measured->count();
    out["measured"] = {{"rtt_min_us", candidate.measured.rtt_min.count()},
                       {"rtt_p50_us", candidate.measured.rtt_p50.count()},
                       {"rtt_p99_us", candidate.measured.rtt_p99.count()},
                       {"jitter_us", candidate.measured.jitter.count()},
                       {"loss", candidate.measured.loss},
                       {"sent", candidate.measured.sent},
                       {"received", candidate.measured.received}};
  }
  if (measured && candidate.computed_delay) out["difference_us"] = (*measured - *candidate.computed_delay).count();
  if (candidate.reserved_bandwidth) out["reserved_bandwidth_bps"] = candidate.reserved_bandwidth->value();
  if (candidate.installed != SystemTime{}) out["installed"] = iso_time(candidate.installed);
  return out;
}

}  // namespace

std::string iso_time(SystemTime time) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(since_epoch / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return formatted("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                   parts.tm_hour, parts.tm_min, parts.tm_sec, since_epoch % 1000);
}

std::vector<std::string> why_active(const PathState& path) {
  std::vector<std::string> lines;
  const auto reason = [](const CandidatePathState& candidate) {
    return candidate.reason.empty() ? std::string() : ": " + escaped(candidate.reason, false);
  };
  for (const std::size_t i : ranking(path)) {
    const CandidatePathState& candidate = path.candidates[i];
    if (path.active == i) {
      lines.push_back(formatted(
          "{} ({}) is active: {}", name_of(candidate), candidate.preference,
          lines.empty() ? "valid, alive, and nothing is preferred to it" : "the best that is valid and alive"));
      return lines;
    }
    const std::string which = formatted("{} ({})", name_of(candidate), candidate.preference);
    if (!candidate.valid) {
      lines.push_back(formatted("{} is not valid{}", which, reason(candidate)));
    } else if (!candidate.alive) {
      lines.push_back(formatted("{} is not alive{}", which, reason(candidate)));
    } else if (path.active) {
      lines.push_back(formatted("{} is usable and must stay so for the hold-down before it is taken", which));
    } else {
      lines.push_back(formatted("{} is usable, but the tier is strict", which));
    }
  }
  lines.emplace_back("nothing is active: the tier's packets are dropped, not sent another way");
  return lines;
}

std::string render_explanation(const Explanation& explanation) {
  const PathState& path = explanation.path;
  std::string out = formatted("{} {}: {}{} since {} ({})\n", path.site, path.tier, to_string(path.status),
                              path.active ? " on " + name_of(*path.active_candidate()) : "", iso_time(path.since),
                              age(path.since, explanation.now));
  out += formatted("last transition: {}\n", escaped(path.reason, false));
  for (const std::string& line : why_active(path)) out += "  " + line + "\n";
  out += "\n" + candidates_table(explanation);
  out +=
      "COMPUTED: one way between the edge routers, the sum of the links' delays. MEASURED: half of the median round "
      "trip\n"
      "of probes from host to host; with the links to the hosts, and with what the way back takes longer or shorter.\n";
  if (explanation.topology_state != "live") {
    out += formatted("The topology is {}: computed delays and node names may be old or missing.\n",
                     explanation.topology_state);
  }
  if (const std::string lists = segment_lists(explanation); !lists.empty()) out += "\n" + lists;
  return out + "\n" + transitions_table(explanation.history);
}

json explanation_json(const Explanation& explanation) {
  const PathState& path = explanation.path;
  json out{{"site", path.site.str()},
           {"tier", path.tier.str()},
           {"color", path.color.value()},
           {"status", to_string(path.status)},
           {"active", path.active ? json(*path.active) : json(nullptr)},
           {"since", iso_time(path.since)},
           {"reason", path.reason},
           {"why", why_active(path)},
           {"topology", explanation.topology_state},
           {"candidates", json::array()},
           {"transitions", explanation.history.transitions},
           {"history", json::array()}};
  for (std::size_t i = 0; i < path.candidates.size(); ++i) out["candidates"].push_back(candidate_json(explanation, i));
  for (const te::PathTransition& transition : explanation.history.recent) {
    out["history"].push_back({{"at", iso_time(transition.at)},
                              {"from", transition.from},
                              {"to", transition.to},
                              {"reason", transition.reason}});
  }
  return out;
}

std::string render_verified(const std::vector<te::VerifiedPath>& paths) {
  std::string out;
  for (const te::VerifiedPath& path : paths) {
    const te::JudgedPath& judged = path.judged;
    out += formatted("{}{} {} over {}{}: {}{}\n", out.empty() ? "" : "\n", path.site, path.tier, path.name,
                     path.active ? " (active)" : "", to_string(judged.verdict),
                     judged.detail.empty() ? "" : ", " + escaped(judged.detail, false));
    if (judged.hops.empty()) continue;
    Table table({"  HOP", "INTENDED", "OBSERVED", "ADDRESS", "RTT", ""});
    for (std::size_t i = 0; i < judged.hops.size(); ++i) {
      const te::JudgedHop& hop = judged.hops[i];
      const bool seen = hop.seen.answer != HopAnswer::kNone;
      table.add({formatted("  {}", i + 1), intended(hop), observed(hop), seen ? hop.seen.responder.to_string() : "",
                 seen ? to_human(hop.seen.rtt) : "", hop.deviates ? "deviates" : ""});
    }
    out += table.to_string();
  }
  if (std::ranges::any_of(paths, [](const te::VerifiedPath& path) { return !path.judged.hops.empty(); })) {
    out +=
        "\nRTT: the far end's answer comes back on its own path of this kind; those of the hops before by the IGP.\n";
  }
  return out;
}

json verified_json(const std::vector<te::VerifiedPath>& paths) {
  json list = json::array();
  for (const te::VerifiedPath& path : paths) {
    json hops = json::array();
    for (const te::JudgedHop& hop : path.judged.hops) {
      json item{{"intended", names_json(hop.intended)},
                {"node", hop.node ? json(hop.node->str()) : json(nullptr)},
                {"answer", to_word(hop.seen.answer)},
                {"deviates", hop.deviates}};
      if (hop.seen.answer != HopAnswer::kNone) {
        item["address"] = hop.seen.responder.to_string();
        item["rtt_us"] = hop.seen.rtt.count();
      }
      hops.push_back(std::move(item));
    }
    list.push_back({{"site", path.site.str()},
                    {"tier", path.tier.str()},
                    {"candidate", path.candidate},
                    {"name", path.name},
                    {"active", path.active},
                    {"segments", carriers_json(path.segments, std::nullopt)},
                    {"verdict", to_string(path.judged.verdict)},
                    {"detail", path.judged.detail},
                    {"hops", std::move(hops)}});
  }
  return {{"paths", std::move(list)}};
}

bool any_wrong(const std::vector<te::VerifiedPath>& paths) {
  return std::ranges::any_of(paths, [](const te::VerifiedPath& path) {
    return path.judged.verdict == te::VerifyVerdict::kDeviates || path.judged.verdict == te::VerifyVerdict::kIncomplete;
  });
}

}  // namespace pathwise::cli
