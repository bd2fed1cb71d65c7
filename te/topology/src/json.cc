// SPDX-License-Identifier: Apache-2.0
#include "te/topology/json.h"

#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/format.h"
#include "base/process.h"
#include "te/topology/builder.h"

namespace pathwise::te {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

// Reads the members of one object; the first problem wins and later reads do nothing.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string where, std::string& problem)
      : object_(object), where_(std::move(where)), problem_(problem) {
    if (!object_.is_object()) report("", "must be an object");
  }

  template <std::unsigned_integral T>
  void read(const char* key, T& out) {
    const Json* value = member(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > std::numeric_limits<T>::max()) {
      return report(key, formatted("must be a whole number of 0..{}", std::numeric_limits<T>::max()));
    }
    out = value->get<T>();
  }
  void read(const char* key, std::string& out) {
    const Json* value = member(key);
    if (value == nullptr) return;
    if (!value->is_string()) return report(key, "must be a text");
    out = value->get<std::string>();
  }
  template <typename T>
    requires requires(std::string_view text) { T::parse(text); }
  void read(const char* key, T& out) {
    std::string text;
    read(key, text);
    if (text.empty()) return;
    const auto parsed = T::parse(text);
    if (!parsed) return report(key, parsed.error().message);
    out = *parsed;
  }
  template <typename T>
  void read(const char* key, std::optional<T>& out) {
    if (!object_.is_object() || !object_.contains(key)) return;
    T value{};
    read(key, value);
    out = value;
  }
  void read(const char* key, BitsPerSecond& out) {
    std::uint64_t value = 0;
    read(key, value);
    out = BitsPerSecond(value);
  }
  // Calls `each` with every element of the list under `key` and its place.
  template <typename Each>
  void read_list(const char* key, Each each) {
    const Json* list = member(key);
    if (list == nullptr) return;
    if (!list->is_array()) return report(key, "must be a list");
    for (std::size_t i = 0; i < list->size() && problem_.empty(); ++i) {
      each((*list)[i], formatted("{}[{}]", path(key), i));
    }
  }
  void require(const char* key, bool present) {
    if (!present) report(key, "is missing");
  }
  void finish() {
    if (!problem_.empty()) return;
    for (const auto& [key, value] : object_.items()) {
      if (!known_.contains(key)) return report(key, "is not known");
    }
  }
  void report(const std::string& key, const std::string& what) {
    if (problem_.empty()) problem_ = formatted("{}: {}", path(key), what);
  }

 private:
  const Json* member(const char* key) {
    known_.insert(key);
    if (!problem_.empty() || !object_.is_object()) return nullptr;
    const auto at = object_.find(key);
    return at == object_.end() ? nullptr : &*at;
  }
  [[nodiscard]] std::string path(const std::string& key) const {
    if (key.empty()) return where_.empty() ? "topology" : where_;
    return where_.empty() ? key : where_ + "." + key;
  }

  const Json& object_;
  std::string where_;
  std::string& problem_;
  std::set<std::string, std::less<>> known_;
};

void read_locator(const Json& value, const std::string& where, std::string& problem, Node& node) {
  ObjectReader reader(value, where, problem);
  std::uint8_t algorithm = 0;
  Ipv6Prefix prefix;
  reader.read("algorithm", algorithm);
  reader.read("prefix", prefix);
  reader.require("prefix", prefix.length != 0);
  reader.finish();
  node.locators.emplace_back(Algorithm(algorithm), prefix);
}

void read_node(const Json& value, const std::string& where, std::string& problem, TopologyBuilder& builder) {
  ObjectReader reader(value, where, problem);
  Node node;
  std::string name;
  reader.read("name", name);
  reader.require("name", !name.empty());
  node.name = NodeName(name);
  reader.read("system_id", node.system_id);
  reader.read("router_id6", node.router_id6);
  reader.read_list("locators", [&](const Json& item, const std::string& at) { read_locator(item, at, problem, node); });
  reader.finish();
  builder.add_node(std::move(node));
}

void read_admin_group(const Json& value, const std::string& where, std::string& problem, Link& link) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 255) {
    problem = formatted("{}: must be a bit position of 0..255", where);
    return;
  }
  link.admin_groups.set(value.get<unsigned>());
}

void read_link(const Json& value, const std::string& where, std::string& problem, TopologyBuilder& builder) {
  ObjectReader reader(value, where, problem);
  std::string from;
  std::string to;
  Link link;
  reader.read("from", from);
  reader.require("from", !from.empty());
  reader.read("to", to);
  reader.require("to", !to.empty());
  reader.read("local_address", link.local_address);
  reader.read("remote_address", link.remote_address);
  reader.read("igp_metric", link.igp_metric);
  reader.read("te_metric", link.te_metric);
  reader.read("delay_us", link.delay_us);
  reader.read("min_delay_us", link.min_delay_us);
  reader.read("max_delay_us", link.max_delay_us);
  reader.read("max_bandwidth_bps", link.max_bandwidth);
  reader.read("max_reservable_bandwidth_bps", link.max_reservable_bandwidth);
  reader.read_list("admin_groups",
                   [&](const Json& item, const std::string& at) { read_admin_group(item, at, problem, link); });
  reader.read("unusable", link.unusable);
  reader.finish();
  builder.add_link({NodeName(from), NodeName(to), std::move(link)});
}

Json node_to_json(const Node& node) {
  Json out{{"name", node.name.str()}};
  if (!node.system_id.empty()) out["system_id"] = node.system_id;
  if (!node.router_id6.is_unspecified()) out["router_id6"] = node.router_id6.to_string();
  for (const auto& [algorithm, prefix] : node.locators) {
    out["locators"].push_back({{"algorithm", algorithm.value()}, {"prefix", prefix.to_string()}});
  }
  return out;
}

Json link_to_json(const TopologySnapshot& snapshot, const Link& link) {
  Json out{{"from", snapshot.nodes[link.from].name.str()}, {"to", snapshot.nodes[link.to].name.str()}};
  const auto put = [&out](const char* key, const auto& value) {
    if (value) out[key] = *value;
  };
  const auto put_address = [&out](const char* key, const Ipv6Address& address) {
    if (!address.is_unspecified()) out[key] = address.to_string();
  };
  put_address("local_address", link.local_address);
  put_address("remote_address", link.remote_address);
  out["igp_metric"] = link.igp_metric;
  put("te_metric", link.te_metric);
  put("delay_us", link.delay_us);
  put("min_delay_us", link.min_delay_us);
  put("max_delay_us", link.max_delay_us);
  if (link.max_bandwidth) out["max_bandwidth_bps"] = link.max_bandwidth->value();
  if (link.max_reservable_bandwidth) out["max_reservable_bandwidth_bps"] = link.max_reservable_bandwidth->value();
  for (unsigned bit = 0; bit < 256; ++bit) {
    if (link.admin_groups.test(bit)) out["admin_groups"].push_back(bit);
  }
  if (!link.unusable.empty()) out["unusable"] = link.unusable;
  return out;
}

}  // namespace

Result<TopologySnapshot> parse_topology_json(std::string_view text) {
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return fail(ErrorCode::kInvalidArgument, "topology: not JSON");
  std::string problem;
  TopologyBuilder builder;
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  ObjectReader reader(root, "", problem);
  reader.read("epoch", epoch);
  reader.read("version", version);
  reader.read_list("nodes", [&](const Json& item, const std::string& at) { read_node(item, at, problem, builder); });
  reader.read_list("links", [&](const Json& item, const std::string& at) { read_link(item, at, problem, builder); });
  reader.finish();
  if (problem.empty()) {
    if (const auto left_out = builder.problems(); !left_out.empty()) problem = left_out.front();
  }
  if (!problem.empty()) return fail(ErrorCode::kInvalidArgument, "{}", problem);
  return builder.build(epoch, version);
}

std::string topology_to_json(const TopologySnapshot& snapshot) {
  Json out{
      {"epoch", snapshot.epoch}, {"version", snapshot.version}, {"nodes", Json::array()}, {"links", Json::array()}};
  for (const Node& node : snapshot.nodes) out["nodes"].push_back(node_to_json(node));
  for (const Link& link : snapshot.links) out["links"].push_back(link_to_json(snapshot, link));
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";  // names may hold any bytes
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
