// SPDX-License-Identifier: Apache-2.0
// Section models.
#include <cmath>
#include <limits>
#include <map>

#include "base/string_util.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

using Owners = std::map<std::string, std::string>;  // name or alias → the model it means

bool read_price(const config::Value& value, config::Diagnostics& problems, double& out) {
  if (!config::read(value, problems, out)) return false;
  if (out >= 0 && std::isfinite(out)) return true;
  problems.add(value.at, "a price must be 0 or more");
  return false;
}

// One number for every site, or a map from sites (and "default") to numbers.
void read_prices(const config::Value& value, Reading& reading, ModelConfig& model) {
  double price = 0;
  if (value.kind != config::Value::Kind::kMap) {
    if (read_price(value, reading.problems, price)) model.price_per_million_tokens.emplace(SiteName(), price);
    return;
  }
  for (const config::Entry& entry : value.entries) {
    const bool is_default = entry.key == "default";
    if (!is_default) known_name(entry.at, reading.problems, "site", entry.key, reading.sites);
    if (read_price(entry.value, reading.problems, price)) {
      model.price_per_million_tokens.emplace(is_default ? SiteName() : SiteName(entry.key), price);
    }
  }
}

void read_aliases(const config::Value& list, Reading& reading, ModelConfig& model, Owners& owners) {
  model.aliases = read_texts(list, reading.problems, [&](const config::Value& item) {
    if (!check_token(item.at, reading.problems, "alias", item.scalar)) return false;
    const auto [owner, added] = owners.emplace(item.scalar, model.name.str());
    if (!added && owner->second != model.name.str()) {
      reading.problems.add(item.at, "'{}' already means model '{}'", item.scalar, owner->second);
      return false;
    }
    if (item.scalar == model.name.str()) {
      reading.problems.add(item.at, "an alias must differ from the model's own name");
      return false;
    }
    return true;
  });
}

void read_context(const config::Value& value, Reading& reading, ModelConfig& model) {
  std::uint64_t tokens = 0;
  if (!config::read(value, reading.problems, tokens)) return;
  if (tokens == 0 || tokens > std::numeric_limits<std::uint32_t>::max()) {
    reading.problems.add(value.at, "a context must be from 1 to {} tokens", std::numeric_limits<std::uint32_t>::max());
    return;
  }
  model.context_tokens = static_cast<std::uint32_t>(tokens);
}

void read_model(const config::Entry& entry, Reading& reading, Owners& owners) {
  ModelConfig model;
  model.name = ModelName(entry.key);
  check_token(entry.at, reading.problems, "model", entry.key);
  config::MapReader map(entry.value, reading.problems);
  if (const config::Value* aliases = map.child("aliases")) read_aliases(*aliases, reading, model, owners);
  if (const config::Value* context = map.required_child("context")) read_context(*context, reading, model);
  if (const config::Value* price = map.child("price_per_million_tokens")) read_prices(*price, reading, model);
  if (const config::Value* ratio = map.child("bytes_per_token"); ratio != nullptr) {
    if (config::read(*ratio, reading.problems, model.bytes_per_token) &&
        (model.bytes_per_token < 0.1 || model.bytes_per_token > 100)) {
      reading.problems.add(ratio->at, "must be from 0.1 to 100 bytes a token");
    }
  }
  map.finish();
  reading.config.models.push_back(std::move(model));
}

}  // namespace

void read_models(const config::Value* section, Reading& reading) {
  if (section == nullptr) return;
  Owners owners;
  for (const std::string& name : keys_of(section)) owners.emplace(name, name);
  for_each_entry(*section, reading.problems, [&](const config::Entry& entry) { read_model(entry, reading, owners); });
}

}  // namespace pathwise::policy
