// SPDX-License-Identifier: Apache-2.0
#include <openssl/rand.h>

#include <array>
#include <iostream>

#include "commands.h"
#include "policy/fabric_config.h"
#include "policy/node_config.h"
#include "policy/policy_snapshot.h"

namespace pathwise::cli {
namespace {

// A node.yaml has `site:` at its top, a fabric.yaml `sites:`.
bool is_node_file(const std::string& path) {
  config::Diagnostics ignored;
  const auto root = config::parse_file(path, ignored);
  return root && root->find("site") != nullptr;
}

// Lines that begin with file:line:column, so that editors and scripts find the place.
int show_mistakes(const Error& error) {
  std::cerr << error.message << "\n";
  return 1;
}

int check(const std::string& path) {
  if (is_node_file(path)) {
    const auto node = policy::load_node(path);
    if (!node) return show_mistakes(node.error());
    std::cout << path << ": good: router " << node->router << " of site " << node->site << "\n";
    return 0;
  }
  const auto fabric = policy::load_fabric(path);
  if (!fabric) return show_mistakes(fabric.error());
  std::cout << path << ": good: " << fabric->sites.size() << " sites, " << fabric->tiers.size() << " tiers, "
            << fabric->tenants.size() << " tenants, " << fabric->models.size() << " models; hash " << fabric->hash
            << "\n";
  return 0;
}

int hash_key(const std::string& key) {
  std::array<std::uint8_t, 16> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) {
    return complain({ErrorCode::kInternal, "no randomness from OpenSSL"});
  }
  const auto line = policy::hash_api_key(key, salt);
  if (!line) return complain(line.error());
  std::cout << *line << "\n";
  return 0;
}

}  // namespace

int run_policy(Words words) {
  if (words.size() == 2 && words[0] == "check") return check(words[1]);
  if (words.size() == 2 && words[0] == "hash-key") return hash_key(words[1]);
  std::cerr << "usage: pathwise policy check FILE | pathwise policy hash-key KEY\n";
  return 2;
}

int complain(const Error& error) {
  std::cerr << "pathwise: " << error.message << "\n";
  return 1;
}

}  // namespace pathwise::cli
