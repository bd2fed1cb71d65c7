// SPDX-License-Identifier: Apache-2.0
#include "te/topology/json.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/process.h"
#include "json_reader.h"
#include "te/topology/builder.h"

namespace pathwise::te {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

// The whole file: what was read, and where each element stood first.
struct Reading {
  TopologyBuilder builder;
  std::string problem;  // the first
  std::map<NodeName, std::string> nodes;
  std::map<LinkId, std::string> links;
  std::set<std::string> told;  // the file's own `problems`
};

void read_locator(const Json& value, const std::string& where, std::string& problem, Node& node) {
  ObjectReader reader(value, where, problem);
  Algorithm algorithm;
  Ipv6Prefix prefix;
  reader.read("algorithm", algorithm);
  reader.read("prefix", prefix);
  reader.require("prefix", prefix.length != 0);
  reader.finish();
  node.locators.emplace_back(algorithm, prefix);
}

SidStructure read_structure(const Json& value, const std::string& where, std::string& problem) {
  ObjectReader reader(value, where, problem);
  SidStructure structure;
  reader.read("block", structure.block);
  reader.read("node", structure.node);
  reader.read("function", structure.function);
  reader.read("argument", structure.argument);
  reader.finish();
  if (!structure.fits()) reader.report("", "its lengths are more than 128 bits together");
  return structure;
}

void read_sid(const Json& value, const std::string& where, std::string& problem, std::vector<Srv6Sid>& out) {
  ObjectReader reader(value, where, problem);
  Srv6Sid sid;
  reader.read("sid", sid.sid);
  reader.require("sid", !sid.sid.is_unspecified());
  reader.read("behavior", sid.behavior);
  reader.read("algorithm", sid.algorithm);
  reader.read_object(
      "structure", [&](const Json& item, const std::string& at) { sid.structure = read_structure(item, at, problem); });
  reader.finish();
  out.push_back(sid);
}

void read_sids(ObjectReader& reader, std::string& problem, std::vector<Srv6Sid>& out) {
  reader.read_list("sids", [&](const Json& item, const std::string& at) { read_sid(item, at, problem, out); });
}

void read_depths(const Json& value, const std::string& where, std::string& problem, SidDepths& out) {
  ObjectReader reader(value, where, problem);
  reader.read("max_segments_left", out.max_segments_left);
  reader.read("max_end_pop", out.max_end_pop);
  reader.read("max_h_encaps", out.max_h_encaps);
  reader.read("max_end_d", out.max_end_d);
  reader.finish();
}

// Name that is written for the second time: where it stood first.
template <typename Key>
void check_once(std::map<Key, std::string>& seen, Key key, const std::string& where, std::string& problem) {
  const auto [first, fresh] = seen.emplace(std::move(key), where);
  if (!fresh && problem.empty()) problem = formatted("{}: is {} already", where, first->second);
}

void read_node(const Json& value, const std::string& where, Reading& reading) {
  ObjectReader reader(value, where, reading.problem);
  Node node;
  std::string name;
  reader.read("name", name);
  reader.require("name", !name.empty());
  node.name = NodeName(name);
  reader.read("system_id", node.system_id);
  reader.read("router_id6", node.router_id6);
  reader.read_list("locators",
                   [&](const Json& item, const std::string& at) { read_locator(item, at, reading.problem, node); });
  read_sids(reader, reading.problem, node.sids);
  if (reader.has("algorithms")) {
    std::vector<std::uint8_t> numbers;
    reader.read_numbers<std::uint8_t>("algorithms", 255, 256, numbers);
    node.algorithms.emplace(numbers.begin(), numbers.end());
  }
  reader.read_object(
      "depths", [&](const Json& item, const std::string& at) { read_depths(item, at, reading.problem, node.depths); });
  reader.finish();
  check_once(reading.nodes, node.name, where, reading.problem);
  reading.builder.add_node(std::move(node));
}

void read_admin_group(const Json& value, const std::string& where, std::string& problem, Link& link) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 255) {
    problem = formatted("{}: must be a bit position of 0..255", where);
    return;
  }
  link.admin_groups.set(value.get<unsigned>());
}

void read_bandwidths(ObjectReader& reader, Link& link) {
  reader.read("max_bandwidth_bps", link.max_bandwidth);
  reader.read("max_reservable_bandwidth_bps", link.max_reservable_bandwidth);
  if (!reader.has("unreserved_bandwidth_bps")) return;
  std::vector<std::uint64_t> rates;
  reader.read_numbers<std::uint64_t>("unreserved_bandwidth_bps", std::numeric_limits<std::uint64_t>::max(), 8, rates);
  UnreservedBandwidth& out = link.unreserved_bandwidth.emplace();
  if (rates.size() != out.size()) {
    return reader.report("unreserved_bandwidth_bps", "must be eight numbers, of the priorities 0 to 7");
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = BitsPerSecond(rates[i]);
}

void read_link(const Json& value, const std::string& where, Reading& reading) {
  ObjectReader reader(value, where, reading.problem);
  std::string from;
  std::string to;
  Link link;
  reader.read("from", from);
  reader.require("from", !from.empty());
  reader.read("to", to);
  reader.require("to", !to.empty());
  reader.read("local_address", link.local_address);
  reader.read("remote_address", link.remote_address);
  reader.read("local_id", link.local_id);
  reader.read("remote_id", link.remote_id);
  reader.read("igp_metric", link.igp_metric);
  reader.read("te_metric", link.te_metric);
  reader.read("delay_us", link.delay_us);
  reader.read("min_delay_us", link.min_delay_us);
  reader.read("max_delay_us", link.max_delay_us);
  read_bandwidths(reader, link);
  reader.read_list("admin_groups",
                   [&](const Json& item, const std::string& at) { read_admin_group(item, at, reading.problem, link); });
  reader.read_numbers<std::uint32_t>("srlgs", std::numeric_limits<std::uint32_t>::max(), 1000, link.srlgs);
  read_sids(reader, reading.problem, link.sids);
  reader.read("unusable", link.unusable);
  reader.require("igp_metric", reader.has("igp_metric"));
  reader.finish();
  check_once(reading.links, LinkId{NodeName(from), NodeName(to), link.local_address, link.local_id}, where,
             reading.problem);
  reading.builder.add_link({NodeName(from), NodeName(to), std::move(link)});
}

void read_problem(const Json& value, const std::string& where, Reading& reading) {
  if (!value.is_string()) {
    reading.problem = formatted("{}: must be a text", where);
  } else {
    reading.told.insert(value.get<std::string>());
    reading.builder.add_problem(value.get<std::string>());
  }
}

}  // namespace

Result<TopologySnapshot> parse_topology_json(std::string_view text) {
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return fail(ErrorCode::kInvalidArgument, "topology: not JSON");
  Reading reading;
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  ObjectReader reader(root, "", reading.problem);
  reader.read("epoch", epoch);
  reader.read("version", version);
  reader.read_list("nodes", [&](const Json& item, const std::string& at) { read_node(item, at, reading); });
  reader.read_list("links", [&](const Json& item, const std::string& at) { read_link(item, at, reading); });
  reader.read_list("problems", [&](const Json& item, const std::string& at) { read_problem(item, at, reading); });
  reader.finish();
  if (!reading.problem.empty()) return fail(ErrorCode::kInvalidArgument, "{}", reading.problem);
  TopologySnapshot snapshot = reading.builder.build(epoch, version);
  // A snapshot that was saved says what was wrong in its source; anything else is this file's mistake.
  const auto fresh = [&](const std::string& each) { return !reading.told.contains(each); };
  const auto own = std::ranges::find_if(snapshot.problems, fresh);
  if (own != snapshot.problems.end()) return fail(ErrorCode::kInvalidArgument, "{}", *own);
  return snapshot;
}

Result<TopologySnapshot> load_topology_json(const std::string& path) {
  const auto text = read_file(path, kMaxFileBytes);
  if (!text) return std::unexpected(text.error());
  auto snapshot = parse_topology_json(*text);
  if (!snapshot) return std::unexpected(snapshot.error().within(path));
  return snapshot;
}

Result<void> save_topology_json(const TopologySnapshot& snapshot, const std::string& path) {
  return write_file_atomically(path, topology_to_json(snapshot));
}

}  // namespace pathwise::te
