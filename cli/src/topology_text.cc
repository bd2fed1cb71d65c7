// SPDX-License-Identifier: Apache-2.0
#include "topology_text.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/string_util.h"
#include "table.h"

namespace pathwise::cli {
namespace {

using te::kNoLink;
using te::kNoNode;
using te::Link;
using te::Node;
using te::NodeIndex;
using te::TopologySnapshot;

constexpr double kInchesPerHop = 2;  // for Graphviz

std::string or_dash(std::string text) {
  return text.empty() ? "-" : std::move(text);
}

std::string address_text(const Ipv6Address& address) {
  return address.is_unspecified() ? "-" : address.to_string();
}

std::string rate(const std::optional<BitsPerSecond>& value) {
  return value ? to_human(*value) : "-";
}

std::string locators(const Node& node) {
  std::string text;
  for (const auto& [algorithm, prefix] : node.locators) {
    text += formatted("{}{}: {}", text.empty() ? "" : "  ", algorithm, prefix);
  }
  return or_dash(std::move(text));
}

std::string admin_groups(const Link& link) {
  std::string text;
  for (unsigned bit = 0; bit < 256; ++bit) {
    if (link.admin_groups.test(bit)) text += formatted("{}{}", text.empty() ? "" : ",", bit);
  }
  return or_dash(std::move(text));
}

std::string srlgs(const Link& link) {
  std::string text;
  for (const std::uint32_t group : link.srlgs) text += formatted("{}{}", text.empty() ? "" : ",", group);
  return or_dash(std::move(text));
}

std::string nodes_table(const TopologySnapshot& topology) {
  Table table({"NODE", "SYSTEM ID", "ROUTER ID", "LOCATORS (algorithm: prefix)"});
  for (const Node& node : topology.nodes) {
    table.add({escaped(node.name.str(), false), or_dash(escaped(node.system_id, false)), address_text(node.router_id6),
               locators(node)});
  }
  return table.to_string();
}

std::string links_table(const TopologySnapshot& topology) {
  Table table({"LINK", "LOCAL ADDRESS", "IGP", "TE", "DELAY", "RATE", "RESERVABLE", "GROUPS", "SRLG", "STATE"});
  for (const Link& link : topology.links) {
    const auto name = [&](NodeIndex node) { return escaped(topology.nodes[node].name.str(), false); };
    table.add({formatted("{} > {}", name(link.from), name(link.to)), address_text(link.local_address),
               std::to_string(link.igp_metric), link.te_metric ? std::to_string(*link.te_metric) : "-",
               delay_text(link), rate(link.max_bandwidth), rate(link.max_reservable_bandwidth), admin_groups(link),
               srlgs(link), link.unusable.empty() ? "usable" : "unusable: " + escaped(link.unusable, false)});
  }
  return table.to_string();
}

std::string tiers_table(const std::vector<TierPaths>& tiers) {
  Table table({"TIER", "SITE", "ACTIVE PATH"});
  for (const TierPaths& tier : tiers) {
    for (const auto& path : tier.paths) {
      std::string nodes;
      for (const NodeName& node : path.nodes) nodes += (nodes.empty() ? "" : " > ") + escaped(node.str(), false);
      table.add({tier.tier.str(), path.site.str(), std::move(nodes)});
    }
  }
  return table.to_string();
}

// A quoted string of the DOT language.
std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

void add_dot_links(const TopologySnapshot& topology, std::string& out) {
  for (te::LinkIndex index = 0; index < topology.links.size(); ++index) {
    const Link& link = topology.links[index];
    if (link.reverse != kNoLink && link.reverse < index) continue;  // drawn with its other direction
    const bool usable =
        link.unusable.empty() && link.reverse != kNoLink && topology.links[link.reverse].unusable.empty();
    const std::string& why =
        !link.unusable.empty() || link.reverse == kNoLink ? link.unusable : topology.links[link.reverse].unusable;
    out += formatted("  {} -> {} [dir={}, label={}, tooltip={}, {}];\n",
                     dot_string(topology.nodes[link.from].name.str()), dot_string(topology.nodes[link.to].name.str()),
                     link.reverse == kNoLink ? "forward" : "none", dot_string(delay_label(topology, link)),
                     dot_string(usable ? formatted("igp {}, {}", link.igp_metric, rate(link.max_bandwidth)) : why),
                     usable ? "color=gray55" : "color=firebrick, style=dashed");
  }
}

void add_dot_tiers(const TopologyPicture& picture, std::string& out) {
  for (std::size_t i = 0; i < picture.tiers.size(); ++i) {
    for (const auto& [hop, sites] : hops_of(picture.topology, picture.tiers[i])) {
      std::string names;
      for (const SiteName& site : sites) names += (names.empty() ? "" : ", ") + site.str();
      out += formatted("  {} -> {} [color=\"{}\", penwidth=3, arrowsize=0.6, tooltip={}];\n",
                       dot_string(picture.topology.nodes[hop.first].name.str()),
                       dot_string(picture.topology.nodes[hop.second].name.str()), tier_colour(i),
                       dot_string(formatted("{} to {}", picture.tiers[i].tier, names)));
    }
  }
}

// The legend: Graphviz keeps a graph's label out of the way of its nodes.
std::string dot_legend(const TopologyPicture& picture) {
  std::string out = xml_escaped(formatted("topology {}, version {}", picture.state, picture.topology.version));
  for (std::size_t i = 0; i < picture.tiers.size(); ++i) {
    out += formatted("<br/><font color=\"{}\">━ {}</font>", tier_colour(i), xml_escaped(picture.tiers[i].tier.str()));
  }
  return out;
}

// Two digits, for a picture.
std::string about(Microseconds delay) {
  Microseconds::rep unit = 1;
  while (delay.count() / unit >= 100) unit *= 10;
  return to_human(Microseconds((delay.count() + unit / 2) / unit * unit));
}

}  // namespace

std::vector<TierPaths> tier_paths(const te::PathSnapshot& snapshot) {
  std::map<std::pair<Color, TierName>, TierPaths> tiers;
  for (const te::PathState& path : snapshot.paths) {  // sorted by site
    TierPaths& tier = tiers[{path.color, path.tier}];
    tier.tier = path.tier;
    tier.color = path.color;
    const te::CandidatePathState* active = path.active_candidate();
    if (active != nullptr && active->nodes.size() > 1) tier.paths.push_back({path.site, active->nodes});
  }
  std::vector<TierPaths> result;
  result.reserve(tiers.size());
  for (auto& [key, tier] : tiers) result.push_back(std::move(tier));
  return result;
}

std::string_view tier_colour(std::size_t tier) {
  static constexpr std::array<std::string_view, 7> kColours{"#d55e00", "#0072b2", "#009e73", "#cc79a7",
                                                            "#e69f00", "#56b4e9", "#8c6d31"};
  return kColours[tier % kColours.size()];
}

TierHops hops_of(const TopologySnapshot& topology, const TierPaths& tier) {
  TierHops hops;
  for (const auto& path : tier.paths) {
    for (std::size_t i = 0; i + 1 < path.nodes.size(); ++i) {
      const NodeIndex from = topology.find(path.nodes[i]);
      const NodeIndex to = topology.find(path.nodes[i + 1]);
      if (from != kNoNode && to != kNoNode) hops[{from, to}].push_back(path.site);
    }
  }
  return hops;
}

std::map<NodeIndex, std::vector<SiteName>> sites_at(const TopologyPicture& picture) {
  std::map<NodeIndex, std::vector<SiteName>> sites;
  for (const TierPaths& tier : picture.tiers) {
    for (const auto& path : tier.paths) {
      const NodeIndex end = picture.topology.find(path.nodes.back());
      if (end == kNoNode) continue;
      auto& here = sites[end];
      if (std::ranges::find(here, path.site) == here.end()) here.push_back(path.site);
    }
  }
  return sites;
}

NodeIndex head_of(const TopologyPicture& picture) {
  for (const TierPaths& tier : picture.tiers) {
    if (!tier.paths.empty()) return picture.topology.find(tier.paths.front().nodes.front());
  }
  return kNoNode;
}

std::string delay_text(const Link& link) {
  const auto human = [](std::uint32_t value) { return to_human(Microseconds{value}); };
  const auto average = link.delay_us ? link.delay_us : link.min_delay_us;
  if (!average) return "-";
  const std::uint32_t low = link.min_delay_us.value_or(*average);
  const std::uint32_t high = link.max_delay_us.value_or(*average);
  if (human(low) == human(*average) && human(high) == human(*average)) return human(*average);
  return formatted("{} ({}–{})", human(*average), human(low), human(high));
}

std::vector<GraphEdge> edges_of(const TopologySnapshot& topology) {
  std::vector<GraphEdge> edges;
  for (te::LinkIndex i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    if (link.reverse == kNoLink || i < link.reverse) edges.emplace_back(link.from, link.to);
  }
  return edges;
}

std::vector<Point> place_nodes(const TopologyPicture& picture) {
  std::vector<Point> points = layout(picture.topology.nodes.size(), edges_of(picture.topology));
  const NodeIndex head = head_of(picture);
  if (head == kNoNode || points[head].x <= 0) return points;
  for (Point& point : points) point.x = -point.x;
  return points;
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string delay_label(const TopologySnapshot& topology, const Link& link) {
  const auto one = [](const Link& way) { return way.min_delay_us ? way.min_delay_us : way.delay_us; };
  const auto there = one(link);
  const auto back = link.reverse == kNoLink ? there : one(topology.links[link.reverse]);
  if (!there && !back) return "";
  const Microseconds first(there.value_or(back.value_or(0)));
  const Microseconds second(back.value_or(there.value_or(0)));
  const Microseconds larger = std::max(first, second);
  if (10 * (larger - std::min(first, second)) <= larger) return about(larger);
  return about(first) + "/" + about(second);
}

std::string topology_to_text(const TopologyPicture& picture) {
  const TopologySnapshot& topology = picture.topology;
  std::size_t unusable = 0;
  for (const Link& link : topology.links) unusable += link.unusable.empty() ? 0 : 1;
  std::string out = formatted("topology {}, version {}: {} nodes, {} links (one a direction), {} unusable\n\n",
                              picture.state, topology.version, topology.nodes.size(), topology.links.size(), unusable);
  out += nodes_table(topology) + "\n" + links_table(topology);
  if (!picture.tiers.empty()) out += "\n" + tiers_table(picture.tiers);
  return out;
}

std::string topology_to_dot(const TopologyPicture& picture) {
  const TopologySnapshot& topology = picture.topology;
  std::string out =
      "digraph pathwise {\n  layout=neato; overlap=false; splines=true; sep=\"+12\";\n"
      "  node [shape=box, style=\"rounded,filled\", fillcolor=gray95, fontname=\"Helvetica\", fontsize=12];\n"
      "  edge [fontname=\"Helvetica\", fontsize=10, len=2.5];\n";
  out += formatted("  label=<{}>; labelloc=t; fontname=\"Helvetica\"; fontsize=13;\n", dot_legend(picture));
  const auto sites = sites_at(picture);
  const NodeIndex head = head_of(picture);
  const bool placed = topology.nodes.size() <= kMaxDrawnNodes;  // otherwise Graphviz does it
  const std::vector<Point> points = placed ? place_nodes(picture) : std::vector<Point>{};
  for (NodeIndex node = 0; node < topology.nodes.size(); ++node) {
    const std::string& name = topology.nodes[node].name.str();
    std::string label = name;
    if (const auto here = sites.find(node); here != sites.end()) {
      for (const SiteName& site : here->second) label += "\n" + site.str();
    }
    // \n is DOT's own line break and stands outside of what dot_string() escapes.
    std::string text;
    for (const auto part : split(label, '\n')) {
      const std::string word = dot_string(part);
      text += (text.empty() ? "" : "\\n") + word.substr(1, word.size() - 2);
    }
    std::string more = node == head ? ", penwidth=2.5" : "";
    if (placed) {
      more += formatted(", pos=\"{:.2f},{:.2f}!\"", points[node].x * kInchesPerHop, -points[node].y * kInchesPerHop);
    }
    out += formatted("  {} [label=\"{}\"{}];\n", dot_string(name), text, more);
  }
  add_dot_links(topology, out);
  add_dot_tiers(picture, out);
  return out + "}\n";
}

}  // namespace pathwise::cli
