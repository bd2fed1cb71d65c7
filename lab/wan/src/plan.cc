// SPDX-License-Identifier: Apache-2.0
#include "lab/wan/plan.h"

#include <algorithm>
#include <charconv>

namespace pathwise::wan {
namespace {

using config::Diagnostics;
using config::MapReader;
using config::Value;

// "pune-pa1" → "pa1-pune"; empty unless there is exactly one '-' with a name on each side.
std::string reverse_of(std::string_view interface) {
  const std::size_t dash = interface.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == interface.size()) return {};
  if (interface.find('-', dash + 1) != std::string_view::npos) return {};
  return std::string(interface.substr(dash + 1)) + "-" + std::string(interface.substr(0, dash));
}

void read_loss(const Value& value, Diagnostics& problems, double& out) {
  auto loss = parse_loss(value.scalar);
  if (loss) {
    out = *loss;
  } else {
    problems.append(value.at, loss.error().message);
  }
}

void read_queue(const Value& value, Diagnostics& problems, std::uint64_t& out) {
  auto bytes = config::parse_bytes(value.scalar);
  if (bytes) {
    out = *bytes;
  } else {
    problems.append(value.at, bytes.error().message);
  }
}

Shape read_shape(const Value& vars, Diagnostics& problems) {
  Shape shape;
  MapReader map(vars, problems);
  if (map.optional("delay", shape.delay) && shape.delay > kDelayMax) {
    problems.add(map.child("delay")->at, "delay is above 10s");
  }
  map.optional("rate", shape.rate);
  if (const Value* loss = map.child("loss")) read_loss(*loss, problems, shape.loss);
  if (const Value* queue = map.child("queue")) read_queue(*queue, problems, shape.queue);
  map.finish();
  return shape;
}

void read_direction(const lab::Link& link, const std::string& interface, Diagnostics& problems,
                    std::vector<Direction>& out) {
  Direction direction{.in = interface, .out = reverse_of(interface)};
  if (direction.out.empty()) {
    problems.add(link.at, "wan interface '{}' must be named x-y, paired with y-x", interface);
    return;
  }
  if (link.vars) direction.shape = read_shape(*link.vars, problems);
  out.push_back(std::move(direction));
}

}  // namespace

Result<double> parse_loss(std::string_view text) {
  double value = 0;
  const bool percent = text.ends_with('%');
  const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (percent) value /= 100;
  if (error != std::errc{} || end != digits.data() + digits.size() || !(value >= 0 && value <= 1)) {
    return fail(ErrorCode::kInvalidArgument, "loss '{}' must be 0 to 1, or 0% to 100%", text);
  }
  return value;
}

Result<std::vector<Direction>> plan(const lab::Topology& topology, std::string_view node) {
  Diagnostics problems;
  std::vector<Direction> out;
  for (const lab::Link& link : topology.links) {
    for (const lab::LinkEnd& end : link.ends) {
      if (end.node == node) read_direction(link, end.interface, problems, out);
    }
  }
  for (const lab::Link& link : topology.links) {
    for (const lab::LinkEnd& end : link.ends) {
      const std::string pair = end.node == node ? reverse_of(end.interface) : std::string();
      if (pair.empty() || std::ranges::contains(out, pair, &Direction::in)) continue;
      problems.add(link.at, "wan interface {} has no pair: no link ends at {}:{}", end.interface, node, pair);
    }
  }
  if (!problems.empty()) return std::unexpected(problems.error());
  if (out.empty()) return fail(ErrorCode::kNotFound, "{}: no link ends at node {}", topology.file, node);
  return out;
}

}  // namespace pathwise::wan
