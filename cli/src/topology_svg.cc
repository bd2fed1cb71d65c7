// SPDX-License-Identifier: Apache-2.0
#include "topology_svg.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/format.h"
#include "graph_layout.h"
#include "table.h"

namespace pathwise::cli {
namespace {

using te::kNoLink;
using te::Link;
using te::LinkIndex;
using te::NodeIndex;
using te::TopologySnapshot;

// Pixels.
constexpr double kHop = 190;  // between neighbours
constexpr double kMargin = 40;
constexpr double kLetter = 7.6;       // of a name, 13 px
constexpr double kSmallLetter = 6.2;  // of a label, 11 px
constexpr double kNodeHeight = 30;
constexpr double kSiteHeight = 14;
constexpr double kLane = 6;        // between the strokes of two tiers
constexpr double kBow = 26;        // between parallel links
constexpr double kClearance = 26;  // around nodes
constexpr double kLegendLine = 20;
constexpr double kLabelHeight = 16;

double text_width(std::string_view text, double letter) {
  return static_cast<double>(display_width(text)) * letter;
}

// One line on paper: both directions of a link, or the one that is advertised.
struct Cable {
  LinkIndex link = kNoLink;
  Point control;  // of the curve
  bool bowed = false;
};

Point between(Point a, Point b, double share) {
  return {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
}
// Of the quadratic curve a, control, b.
Point on_curve(Point a, Point control, Point b, double share) {
  return between(between(a, control, share), between(control, b, share), share);
}
// `by` to the right of the way from a to b (y grows downwards).
Point beside(Point a, Point b, double by) {
  const double length = std::max(std::hypot(b.x - a.x, b.y - a.y), 1e-6);
  return {-(b.y - a.y) / length * by, (b.x - a.x) / length * by};
}

struct Rectangle {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
  [[nodiscard]] bool overlaps(const Rectangle& other) const {
    return left < other.left + other.width && other.left < left + width && top < other.top + other.height &&
           other.top < top + height;
  }
  // Whether the line from a to b runs through it: cut down to the strip between left and right, then to the
  // one between top and bottom (Liang and Barsky).
  [[nodiscard]] bool meets(Point a, Point b) const {
    double begin = 0;
    double end = 1;
    const auto cut = [&](double from, double step, double low, double high) {
      if (std::abs(step) < 1e-9) return from > low && from < high;
      const double first = (low - from) / step;
      const double second = (high - from) / step;
      begin = std::max(begin, std::min(first, second));
      end = std::min(end, std::max(first, second));
      return begin < end;
    };
    return cut(a.x, b.x - a.x, left, left + width) && cut(a.y, b.y - a.y, top, top + height);
  }
};

class Painter {
 public:
  explicit Painter(const TopologyPicture& picture)
      : picture_(picture), topology_(picture.topology), sites_(sites_at(picture)), head_(head_of(picture)) {}

  std::string paint() {
    place_boxes();
    place_cables();
    std::string body;
    for (const Cable& cable : cables_) body += draw_cable(cable);
    for (std::size_t tier = 0; tier < picture_.tiers.size(); ++tier) body += draw_tier(tier);
    for (NodeIndex node = 0; node < topology_.nodes.size(); ++node) body += draw_node(node);
    for (const Cable& cable : cables_) body += draw_label(cable);
    return head_of_file() + body + draw_legend() + "</svg>\n";
  }

 private:
  void place_boxes() {
    points_ = place_nodes(picture_);
    std::vector<Box> roomy;
    for (NodeIndex node = 0; node < points_.size(); ++node) {
      points_[node] = {points_[node].x * kHop, points_[node].y * kHop * 0.8};
      boxes_.push_back(box_of(node));
      roomy.push_back({boxes_.back().width + kClearance, boxes_.back().height + kClearance});
    }
    separate(points_, roomy, edges_of(topology_));
    fit();
  }

  [[nodiscard]] Box box_of(NodeIndex node) const {
    double width = text_width(topology_.nodes[node].name.str(), kLetter);
    double height = kNodeHeight;
    if (const auto here = sites_.find(node); here != sites_.end()) {
      for (const SiteName& site : here->second) width = std::max(width, text_width(site.str(), kSmallLetter));
      height += kSiteHeight * static_cast<double>(here->second.size());
    }
    return {width + 20, height};
  }

  // Moves the picture to the margins, below the legend.
  void fit() {
    double left = 0, right = 0, top = 0, bottom = 0;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const auto [width, height] = boxes_[i];
      const Rectangle box{points_[i].x - width / 2, points_[i].y - height / 2, width, height};
      left = i == 0 ? box.left : std::min(left, box.left);
      top = i == 0 ? box.top : std::min(top, box.top);
      right = i == 0 ? box.left + width : std::max(right, box.left + width);
      bottom = i == 0 ? box.top + height : std::max(bottom, box.top + height);
    }
    const double legend = kLegendLine * static_cast<double>(picture_.tiers.size() + 1);
    for (Point& point : points_) {
      point.x += kMargin - left;
      point.y += kMargin + legend - top;
    }
    width_ = std::max(right - left, 420.0) + 2 * kMargin;
    height_ = bottom - top + legend + 2 * kMargin;
  }

  void place_cables() {
    std::map<std::pair<NodeIndex, NodeIndex>, std::vector<LinkIndex>> parallel;
    for (LinkIndex i = 0; i < topology_.links.size(); ++i) {
      const Link& link = topology_.links[i];
      if (link.reverse == kNoLink || i < link.reverse) parallel[std::minmax(link.from, link.to)].push_back(i);
    }
    for (const auto& [ends, links] : parallel) {
      const Point a = points_[ends.first];
      const Point b = points_[ends.second];
      for (std::size_t i = 0; i < links.size(); ++i) {
        const double by = (static_cast<double>(i) - static_cast<double>(links.size() - 1) / 2) * 2 * kBow;
        const Point off = beside(a, b, by);
        const Point middle = between(a, b, 0.5);
        cables_.push_back({.link = links[i], .control = {middle.x + off.x, middle.y + off.y}, .bowed = by != 0});
      }
    }
  }

  [[nodiscard]] bool usable(const Link& link) const {
    return link.unusable.empty() && link.reverse != kNoLink && topology_.links[link.reverse].unusable.empty();
  }

  // What the pointer shows: both directions in full.
  [[nodiscard]] std::string describe(const Link& link) const {
    const auto one = [&](const Link& way) {
      std::string text = formatted("{} > {}: igp {}, delay {}", topology_.nodes[way.from].name,
                                   topology_.nodes[way.to].name, way.igp_metric, delay_text(way));
      if (way.max_bandwidth) text += ", " + to_human(*way.max_bandwidth);
      if (!way.unusable.empty()) text += ", unusable: " + way.unusable;
      return text;
    };
    return link.reverse == kNoLink ? one(link) : one(link) + "; " + one(topology_.links[link.reverse]);
  }

  std::string draw_cable(const Cable& cable) const {
    const Link& link = topology_.links[cable.link];
    const Point a = points_[link.from];
    const Point b = points_[link.to];
    const std::string way = cable.bowed
                                ? formatted("Q{:.1f} {:.1f} {:.1f} {:.1f}", cable.control.x, cable.control.y, b.x, b.y)
                                : formatted("L{:.1f} {:.1f}", b.x, b.y);
    return formatted("<path class=\"{}\" d=\"M{:.1f} {:.1f}{}\"><title>{}</title></path>\n",
                     usable(link) ? "link" : "link bad", a.x, a.y, way, xml_escaped(describe(link)));
  }

  std::string draw_tier(std::size_t tier) const {
    const double lane = (static_cast<double>(tier) - static_cast<double>(picture_.tiers.size() - 1) / 2) * kLane;
    std::string out;
    for (const auto& [hop, sites] : hops_of(topology_, picture_.tiers[tier])) {
      const Point a = points_[hop.first];
      const Point b = points_[hop.second];
      const Point off = beside(a, b, lane);
      std::string names;
      for (const SiteName& site : sites) names += (names.empty() ? "" : ", ") + site.str();
      out += formatted(
          "<line class=\"tier\" stroke=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\">"
          "<title>{} to {}</title></line>\n",
          tier_colour(tier), a.x + off.x, a.y + off.y, b.x + off.x, b.y + off.y,
          xml_escaped(picture_.tiers[tier].tier.str()), xml_escaped(names));
    }
    return out;
  }

  std::string draw_node(NodeIndex node) const {
    const auto [width, height] = boxes_[node];
    const Point at = points_[node];
    std::string out =
        formatted("<rect class=\"node{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"7\"/>",
                  node == head_ ? " head" : "", at.x - width / 2, at.y - height / 2, width, height);
    double y = at.y - height / 2 + kNodeHeight / 2 + 4.5;
    out += formatted("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", at.x, y,
                     xml_escaped(topology_.nodes[node].name.str()));
    if (const auto here = sites_.find(node); here != sites_.end()) {
      for (const SiteName& site : here->second) {
        y += kSiteHeight;
        out += formatted("<text class=\"site\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", at.x, y, xml_escaped(site.str()));
      }
    }
    return out + "\n";
  }

  std::string draw_label(const Cable& cable) {
    const Link& link = topology_.links[cable.link];
    const std::string label = usable(link) ? delay_label(topology_, link) : "unusable";
    if (label.empty()) return "";
    const Rectangle place = place_label(cable, text_width(label, kSmallLetter) + 6);
    labels_.push_back(place);
    return formatted(
        "<rect class=\"halo\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" rx=\"4\"/>"
        "<text class=\"label{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
        place.left, place.top, place.width, place.height, usable(link) ? "" : " bad", place.left + place.width / 2,
        place.top + 12, xml_escaped(label));
  }

  // Along the link where the label covers neither a node, another label, nor another link; as far as there is
  // such a place: the links first give way.
  [[nodiscard]] Rectangle place_label(const Cable& cable, double width) const {
    const Link& link = topology_.links[cable.link];
    const Point a = points_[link.from];
    const Point b = points_[link.to];
    std::vector<Rectangle> places;
    for (const double share : {0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73}) {
      const Point at = cable.bowed ? on_curve(a, cable.control, b, share) : between(a, b, share);
      places.push_back({at.x - width / 2, at.y - kLabelHeight / 2, width, kLabelHeight});
    }
    for (const bool links_count : {true, false}) {
      for (const Rectangle& place : places) {
        if (is_free(place) && (!links_count || !crosses_another(place, cable))) return place;
      }
    }
    return places.front();
  }

  [[nodiscard]] bool is_free(const Rectangle& place) const {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const auto [width, height] = boxes_[i];
      if (place.overlaps({points_[i].x - width / 2, points_[i].y - height / 2, width, height})) return false;
    }
    return std::ranges::none_of(labels_, [&](const Rectangle& label) { return label.overlaps(place); });
  }

  // As far as their straight lines tell.
  [[nodiscard]] bool crosses_another(const Rectangle& place, const Cable& cable) const {
    return std::ranges::any_of(cables_, [&](const Cable& other) {
      const Link& link = topology_.links[other.link];
      return other.link != cable.link && place.meets(points_[link.from], points_[link.to]);
    });
  }

  [[nodiscard]] std::string draw_legend() const {
    double y = kMargin / 2 + 8;
    std::string out = formatted("<text class=\"title\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", kMargin / 2, y,
                                xml_escaped(formatted("topology {}, version {}", picture_.state, topology_.version)));
    for (std::size_t tier = 0; tier < picture_.tiers.size(); ++tier) {
      y += kLegendLine;
      std::string sites;
      for (const auto& path : picture_.tiers[tier].paths) sites += (sites.empty() ? "" : ", ") + path.site.str();
      out += formatted(
          "<line class=\"tier\" stroke=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>"
          "<text class=\"legend\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
          tier_colour(tier), kMargin / 2, y - 4, kMargin / 2 + 30, y - 4, kMargin / 2 + 40, y,
          xml_escaped(formatted("{}: {}", picture_.tiers[tier].tier,
                                sites.empty() ? "no path whose nodes are known" : "to " + sites)));
    }
    return out;
  }

  [[nodiscard]] std::string head_of_file() const {
    return formatted(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
               "height=\"{1:.0f}\" font-family=\"Helvetica, Arial, sans-serif\">\n<title>{2}</title>\n",
               width_, height_, xml_escaped(formatted("topology {}, version {}", picture_.state, topology_.version))) +
           "<style>\n"
           ".paper,.halo{fill:#ffffff} .halo{fill-opacity:.85}\n"
           ".link{fill:none;stroke:#9ca3af;stroke-width:2} .bad{stroke:#b91c1c;stroke-dasharray:5 4}\n"
           ".tier{stroke-width:4;stroke-linecap:round}\n"
           ".node{fill:#f3f4f6;stroke:#4b5563;stroke-width:1.2} .head{stroke-width:3}\n"
           "text{fill:#111827} .name{font-size:13px;text-anchor:middle;font-weight:600}\n"
           ".site{font-size:11px;text-anchor:middle;fill:#4b5563} .title{font-size:14px;font-weight:600}\n"
           ".legend{font-size:12px} .label{font-size:11px;text-anchor:middle;fill:#374151}\n"
           ".label.bad{fill:#b91c1c;stroke:none}\n"
           "@media (prefers-color-scheme:dark){.paper,.halo{fill:#0f172a} .link{stroke:#64748b}"
           " .bad{stroke:#f87171} .node{fill:#1e293b;stroke:#94a3b8} text{fill:#f1f5f9} .site,.label{fill:#cbd5e1}"
           " .label.bad{fill:#f87171}}\n"
           "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
  }

  const TopologyPicture& picture_;
  const TopologySnapshot& topology_;
  const std::map<NodeIndex, std::vector<SiteName>> sites_;
  const NodeIndex head_;
  std::vector<Point> points_;
  std::vector<Box> boxes_;
  std::vector<Cable> cables_;
  std::vector<Rectangle> labels_;
  double width_ = 0;
  double height_ = 0;
};

}  // namespace

Result<std::string> topology_to_svg(const TopologyPicture& picture) {
  if (picture.topology.nodes.size() > kMaxDrawnNodes) {
    return fail(ErrorCode::kResourceExhausted, "{} nodes are too many for a picture ({} at most); --dot and sfdp can",
                picture.topology.nodes.size(), kMaxDrawnNodes);
  }
  return Painter(picture).paint();
}

}  // namespace pathwise::cli
