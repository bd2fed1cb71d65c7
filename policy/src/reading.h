// SPDX-License-Identifier: Apache-2.0
// What the readers of the sections of fabric.yaml share. A section is read by one function, which
// reports what is wrong in it by itself and against the names of the other sections. Names are known
// as soon as they are written, good entry or not, so that one mistake is not reported twice.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "base/config.h"
#include "policy/fabric_config.h"

namespace pathwise::policy {

using Names = std::set<std::string, std::less<>>;

struct Reading {
  config::Diagnostics& problems;
  FabricConfig config;
  Names sites, tiers, tenants, affinities, flex_algos;  // as written
};

// In this order: later sections look at earlier ones.
void read_affinities(const config::Value* section, Reading& reading);
void read_srv6(const config::Value* section, Reading& reading);
void read_flex_algos(const config::Value* section, Reading& reading);
void read_tiers(const config::Value* section, Reading& reading);
// `explicit:` of a tier's path; nullopt with the problem recorded.
[[nodiscard]] std::optional<PathConfig> read_explicit(const config::Value& value, Reading& reading);
void read_sites(const config::Value* section, Reading& reading);
void read_models(const config::Value* section, Reading& reading);
void read_tenants(const config::Value* section, Reading& reading);
void read_residency(const config::Value* section, Reading& reading);

// The keys of a map; empty for anything else.
[[nodiscard]] Names keys_of(const config::Value* map);
// "'a', 'b' or 'c'"; "none" if empty.
[[nodiscard]] std::string alternatives(const Names& names);
// True if `name` is one of `known`; otherwise records "unknown tier 'x'; known: …".
bool known_name(const config::Location& at, config::Diagnostics& problems, std::string_view what, std::string_view name,
                const Names& known);

// Sites, tiers, tenants and routers go into SPIFFE ids, metric labels and addresses of files: lower-case
// letters, digits, '-' and '_', at most 63. False with the problem recorded.
bool check_label(const config::Location& at, config::Diagnostics& problems, std::string_view what,
                 std::string_view name);
// Nodes, models and regions: letters, digits and "._:/-", at most 128.
bool check_token(const config::Location& at, config::Diagnostics& problems, std::string_view what,
                 std::string_view name);

// Calls `each` for the entries of a map; records the problem if `value` is something else.
void for_each_entry(const config::Value& value, config::Diagnostics& problems,
                    const std::function<void(const config::Entry&)>& each);
// Calls `each` for the items of a list, the same way.
void for_each_item(const config::Value& value, config::Diagnostics& problems,
                   const std::function<void(const config::Value&)>& each);
// A list of distinct texts. `check` says whether an item is acceptable (and records why not).
[[nodiscard]] std::vector<std::string> read_texts(const config::Value& value, config::Diagnostics& problems,
                                                  const std::function<bool(const config::Value&)>& check);
// A key as if it were a value, so that the readers of base apply to it.
[[nodiscard]] config::Value key_value(const config::Entry& entry);

// "scrypt:N=…,r=…,p=…:salt:hash" is well-formed and within the cost limits.
[[nodiscard]] Result<void> check_scrypt(std::string_view text);
// A label's key or value: 1 to 63 letters, digits and "._-/".
[[nodiscard]] bool is_label_text(std::string_view text);

}  // namespace pathwise::policy
