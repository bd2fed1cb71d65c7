// SPDX-License-Identifier: Apache-2.0
#include "link_fields.h"

#include <algorithm>
#include <cctype>

#include "node_fields.h"

namespace pathwise::lab {
namespace {

using config::Diagnostics;
using config::MapReader;
using config::Value;

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separator = i % 3 == 2;
    if (separator ? text[i] != ':' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

void read_short_end(const Value& item, Diagnostics& problems, LinkEnd& out) {
  const std::size_t colon = item.scalar.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == item.scalar.size()) {
    problems.add(item.at, "endpoint '{}' must be node:interface", item.scalar);
    return;
  }
  out.node = item.scalar.substr(0, colon);
  out.interface = item.scalar.substr(colon + 1);
}

void read_extended_end(const Value& item, Diagnostics& problems, LinkEnd& out) {
  MapReader map(item, problems);
  map.required("node", out.node);
  map.required("interface", out.interface);
  if (map.optional("mac", out.mac) && !is_mac(out.mac)) {
    problems.add(map.at(), "mac '{}' must be six pairs of hex digits, like 02:00:00:00:00:01", out.mac);
  }
  map.finish();
}

void read_ends(const Value& value, Diagnostics& problems, Link& out) {
  if (value.kind != Value::Kind::kSequence || value.items.size() != 2) {
    problems.add(value.at, "a link has exactly two endpoints");
    return;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const Value& item = value.items[i];
    if (item.kind == Value::Kind::kMap) {
      read_extended_end(item, problems, out.ends[i]);
    } else {
      read_short_end(item, problems, out.ends[i]);
    }
  }
}

Link read_link(const Value& value, Diagnostics& problems) {
  MapReader map(value, problems);
  Link link;
  link.at = value.at;
  std::string type = "veth";
  if (map.optional("type", type) && type != "veth") {
    problems.add(map.child("type")->at, "link type '{}' is not supported; only veth is", type);
  }
  if (const Value* ends = map.required_child("endpoints")) read_ends(*ends, problems, link);
  if (map.optional("mtu", link.mtu) && (link.mtu < 68 || link.mtu > 65535)) {
    problems.add(map.child("mtu")->at, "mtu {} is not within 68..65535", link.mtu);
  }
  if (const Value* labels = map.child("labels")) read_string_map(*labels, problems, link.labels);
  if (const Value* vars = map.child("vars")) {
    if (vars->kind != Value::Kind::kMap) problems.add(vars->at, "vars must be a map");
    link.vars = *vars;
  }
  map.finish();
  return link;
}

}  // namespace

std::vector<Link> read_links(const Value& value, Diagnostics& problems) {
  std::vector<Link> links;
  if (value.kind != Value::Kind::kSequence) {
    problems.add(value.at, "links must be a list");
    return links;
  }
  for (const Value& item : value.items) links.push_back(read_link(item, problems));
  return links;
}

}  // namespace pathwise::lab
